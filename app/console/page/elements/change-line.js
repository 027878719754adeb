// A change as a line: who did what to which product, when. From the log, and from the feed, which tell it differently.

import { h } from "../core/element.js";
import { to } from "../core/router.js";
import { ago, T, time } from "../core/texts.js";

/** @typedef {{ at: string, kind: string, who: string | null, via: string, sku: string | null, image: number | null }} Line */

/** Of a row of the log. @param {any} row @returns {Line} */
export const ofRow = (row) => ({
  at: row.at,
  kind: row.kind,
  who: row.actor.name,
  via: row.via,
  sku: row.sku,
  image: row.image_id,
});

/** Of an event of the feed. @param {import("../core/feed.js").CatalogueEvent} event @returns {Line} */
export const ofEvent = ({ type, timestamp, data }) => ({
  at: timestamp,
  kind: type,
  who: data.actor,
  via: data.via,
  sku: data.product?.sku ?? null,
  image: data.image_id,
});

/** @param {Line} line */
export function changeLine({ at, kind, who, via, sku, image }) {
  const through = T.via[via] ?? via;
  const isGone = kind === "image.deleted" || image === null;
  const address = sku && (isGone ? to("/products/{sku}", { sku }) : to("/images/{id}", { id: Number(image) }));
  return h(
    "li",
    {},
    h("time", { datetime: at, title: time(at), class: "quiet" }, ago(at)),
    h("span", {}, h("strong", {}, who ?? through), ` ${T.kinds[kind] ?? kind} `, sku && h("a", { href: address }, sku)),
    who && h("span", { class: "quiet" }, through),
  );
}
