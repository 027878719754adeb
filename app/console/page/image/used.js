// A picture's own texts, which Glue says before any label, and every place where it is used.

import { h } from "../core/element.js";
import { to } from "../core/router.js";
import { session } from "../core/session.js";
import { T } from "../core/texts.js";
import { cards } from "../elements/cards.js";
import { text } from "./scopes.js";

const SIZES = /** @type {const} */ (["large", "small"]);

/** How many images and sets show it. @param {any} picture */
export const places = (picture) => picture.images.length + picture.sets.length;

/** @param {any} picture @param {(texts: Record<string, Record<string, string | null>>) => unknown} save */
export function pictureTexts(picture, save) {
  const locales = [...new Set([...(session()?.locales ?? []), ...Object.keys(picture.texts)])];
  const cell = (/** @type {string} */ locale, /** @type {"large" | "small"} */ size) =>
    h(
      "td",
      {},
      text(picture.texts[locale]?.[size], "", `${T.image.pictureText(locale)}, ${T.image[size]}`, (value) =>
        save({ [locale]: { [size]: value || null } }),
      ),
    );
  return h(
    "section",
    { class: "panel scopes" },
    h("h2", {}, T.image.pictureTexts),
    h("p", { class: "quiet" }, T.image.pictureTextsAbout(places(picture))),
    cards(
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            [T.image.scope, ...SIZES.map((size) => T.image[size])].map((word) => h("th", {}, word)),
          ),
        ),
        h(
          "tbody",
          {},
          locales.map((locale) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, locale),
              SIZES.map((size) => cell(locale, size)),
            ),
          ),
        ),
      ),
    ),
  );
}

/** @param {any} picture @param {number} image the one that is looked at */
export function used(picture, image) {
  const images = picture.images
    .filter((/** @type {any} */ one) => one.id !== image)
    .map((/** @type {any} */ one) =>
      h(
        "li",
        {},
        h("a", { href: to("/images/{id}", one) }, T.image.number(one.id)),
        h("span", {}, T.image.of, " ", productLink(one.product)),
      ),
    );
  const sets = picture.sets.map((/** @type {any} */ one) =>
    h(
      "li",
      {},
      h("span", {}, T.image.set(one.name, one.locale ?? T.product.everyLanguage), ` ${T.image.of} `, productLink(one.product)),
    ),
  );
  const rows = [...images, ...sets];
  return h(
    "section",
    { class: "panel" },
    h("h2", {}, T.image.used),
    rows.length
      ? h("ul", { class: "list" }, rows, picture.more && h("li", { class: "quiet" }, T.image.more))
      : h("p", { class: "quiet" }, T.image.usedNowhere),
  );
}

/** @param {any} product */
const productLink = (product) => h("a", { href: to("/products/{sku}", product) }, product.sku);
