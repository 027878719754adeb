// What is known of an image's file: the facts, what was found in it, and the renditions made of it.

import { path } from "../core/api.js";
import { h } from "../core/element.js";
import { may } from "../core/session.js";
import { bytes, number, T, time } from "../core/texts.js";
import { stateBadge } from "../elements/state-badge.js";

/** @typedef {import("../elements/picture-tile.js").Image} Image */

/** @param {Image} image @param {Node | null} replace what gives it another file */
export function facts(image, replace) {
  const { picture } = image;
  const texts = T.image.names;
  const isOther = picture.source_format && picture.source_format !== picture.format;
  /** @type {[string, Node | string | null | undefined | false][]} */
  const rows = [
    [texts.file_name, image.file_name],
    [texts.format, picture.format && (isOther ? T.image.converted(picture.format, picture.source_format) : picture.format)],
    [texts.size, picture.size && bytes(picture.size)],
    [texts.pixels, picture.width && picture.height && `${number(picture.width)} × ${number(picture.height)}`],
    [texts.alpha, picture.alpha !== null && (picture.alpha ? T.yes : T.no)],
    [texts.frames, picture.frames > 1 && number(picture.frames)],
    [texts.sha256, picture.sha256 && h("code", {}, picture.sha256)],
    [texts.created, time(image.created_at)],
    [texts.updated, time(image.updated_at)],
  ];
  const download = picture.sha256 && may("editor");
  return h(
    "section",
    { class: "panel" },
    h("h2", {}, T.image.facts),
    h(
      "dl",
      { class: "facts" },
      rows.flatMap(([name, value]) => (value ? [h("dt", {}, name), h("dd", {}, value)] : [])),
    ),
    h(
      "p",
      { class: "row after" },
      image.original && h("a", { href: image.original, target: "_blank", rel: "noreferrer" }, T.image.original),
      download && h("a", { href: path`/v1/images/${image.id}/file`, download: image.file_name }, T.image.download),
      replace,
    ),
  );
}

/** @param {Image} image */
export function notes(image) {
  const rows = image.picture.notes.map((/** @type {any} */ note) =>
    h("li", {}, h("span", { class: `badge ${note.severity}` }, T.image.severities[note.severity]), h("span", {}, note.message)),
  );
  return h(
    "section",
    { class: "panel" },
    h("h2", {}, T.image.notes),
    rows.length ? h("ul", { class: "list notes" }, rows) : h("p", { class: "quiet" }, T.image.noNotes),
  );
}

/** @param {Image} image */
export function renditions(image) {
  const texts = T.image.columns;
  const rows = image.renditions.map((/** @type {any} */ one) =>
    h(
      "tr",
      {},
      h("td", {}, one.url && one.state === "ready" ? link(one) : one.recipe),
      h("td", {}, one.format),
      h("td", {}, stateBadge(one.state), one.reason && h("span", { class: "wrong" }, ` ${one.reason}`)),
      h("td", { class: "number" }, one.width ? `${one.width} × ${one.height}` : T.nothing),
      h("td", { class: "number" }, one.size === null ? T.nothing : bytes(one.size)),
    ),
  );
  const heads = [
    h("th", {}, texts.recipe),
    h("th", {}, texts.format),
    h("th", {}, texts.state),
    h("th", { class: "number" }, texts.pixels),
    h("th", { class: "number" }, texts.bytes),
  ];
  return h(
    "section",
    { class: "panel" },
    h("h2", {}, T.image.renditions),
    rows.length
      ? h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows)))
      : h("p", { class: "quiet" }, T.image.noRenditions),
  );
}

/** @param {any} one */
const link = (one) => h("a", { href: one.url, target: "_blank", rel: "noreferrer" }, one.recipe);

/** What is done to the picture for this image alone; null for nothing. @param {any} edit */
export function edited(edit) {
  if (!edit) return null;
  const texts = T.image.edit;
  const what = [edit.rotate && texts.isTurned(edit.rotate), edit.crop && texts.isCropped, edit.focal && texts.hasPoint];
  return h("p", { class: "quiet after" }, texts.said(what.filter(Boolean).join(", ")));
}
