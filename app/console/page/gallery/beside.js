// What stands beside a gallery: the parent and the variants, Glue's other sets, and what the shops' interfaces answer now.

import { all, get, path } from "../core/api.js";
import { fill, h } from "../core/element.js";
import { to } from "../core/router.js";
import { T } from "../core/texts.js";
import { failure } from "../elements/failure.js";
import { coverTile } from "../elements/picture-tile.js";
import { copyButton } from "../elements/request-view.js";
import { badge } from "../elements/state-badge.js";

const MOST_RELATED = 60;

/** The parent and its variants, with covers; null where there are none. @param {any} product @param {AbortSignal} signal */
export async function family(product, signal) {
  const root = product.parent ? await get(path`/v1/products/${product.parent}`, { signal }) : product;
  const skus = [...(product.parent ? [product.parent] : []), ...root.children].filter((sku) => sku !== product.sku);
  if (!skus.length) return null;
  const shown = skus.slice(0, MOST_RELATED);
  const { items } = await get("/v1/products", { query: { sku: shown, limit: MOST_RELATED }, signal });
  const by = new Map(items.map((/** @type {any} */ one) => [one.sku, one]));
  const rows = shown.flatMap((sku) => (by.has(sku) ? [related(by.get(sku), sku === product.parent)] : []));
  return h(
    "section",
    { class: "panel" },
    h("h2", {}, product.parent ? T.product.family : T.product.variants),
    h("ul", { class: "tiles small" }, rows),
    skus.length > shown.length && h("p", { class: "quiet" }, T.product.more(skus.length - shown.length)),
  );
}

/** @param {any} product @param {boolean} isParent */
function related(product, isParent) {
  const link = h("a", { href: to("/products/{sku}", product) }, product.sku);
  const count = h("span", { class: "quiet" }, T.products.images(product.images.total));
  return h(
    "li",
    {},
    coverTile(product.cover, ""),
    link,
    h("div", { class: "marks" }, count, isParent && badge(T.product.parent)),
  );
}

/** The sets beside the gallery; null where there are none. @param {string} sku @param {import("../elements/picture-tile.js").Image[]} images @param {AbortSignal} signal */
export async function sets(sku, images, signal) {
  const { items } = await get(path`/v1/products/${sku}/sets`, { signal });
  if (!items.length) return null;
  const covers = new Map(images.map((image) => [image.picture.id, image]));
  return h(
    "section",
    { class: "panel" },
    h("h2", {}, T.product.sets),
    items.map((/** @type {any} */ set) =>
      h(
        "div",
        { class: "set" },
        h("h3", {}, set.name, " ", badge(set.locale ?? T.product.everyLanguage)),
        h(
          "ul",
          { class: "tiles small" },
          set.members.map((/** @type {any} */ member) => memberTile(member, covers)),
        ),
      ),
    ),
  );
}

/** @param {any} member @param {Map<number, any>} images */
function memberTile(member, images) {
  const image = images.get(member.picture);
  const small = image?.renditions.find((/** @type {any} */ one) => one.recipe === "small" && one.url)?.url ?? null;
  const id = image?.id ?? member.images[0];
  return h(
    "li",
    {},
    coverTile(small, ""),
    id
      ? h("a", { href: to("/images/{id}", { id }) }, T.image.number(id))
      : h("span", { class: "quiet" }, T.image.picture(member.picture)),
  );
}

/** What Glue, OpenMage and Spree answer now, asked for when it is opened. @param {string} sku @param {AbortSignal} signal */
export function previews(sku, signal) {
  const place = h("div", {});
  const box = h(
    "details",
    { class: "panel previews" },
    h("summary", {}, h("h2", {}, T.previews.title)),
    h("p", { class: "quiet" }, T.previews.about),
    place,
  );
  box.addEventListener("toggle", async () => {
    if (!box.open) return;
    fill(place, h("p", { class: "quiet" }, T.loading));
    try {
      const { items } = await get(path`/v1/products/${sku}/previews`, { signal });
      fill(place, chooser(items));
    } catch (error) {
      if (!signal.aborted) fill(place, failure(error));
    }
  });
  return box;
}

/** @param {any[]} items */
function chooser(items) {
  const shown = h("div", {});
  const select = h(
    "select",
    {},
    items.map((item, place) => h("option", { value: place }, named(item))),
  );
  const show = () => fill(shown, document_(items[Number(select.value)]));
  select.addEventListener("change", show);
  if (items.length) show();
  return h("div", {}, h("label", {}, T.previews.which, select), shown);
}

/** @param {any} item */
const named = (item) => [T.previews.apis[item.api], T.previews.as[item.as], item.store, item.accept].filter(Boolean).join(" · ");

/** @param {any} item */
function document_(item) {
  const address = new URL(item.path, location.origin).href;
  const headers = Object.entries(item.headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");
  return h(
    "div",
    { class: "preview" },
    h(
      "p",
      { class: "row" },
      badge(String(item.status), item.status < 400 ? "state-ok" : "state-failed"),
      h("code", {}, address),
      copyButton(() => address, T.previews.copyAddress),
    ),
    h("details", {}, h("summary", {}, T.previews.headers), h("pre", { tabindex: "0" }, headers)),
    h("pre", { tabindex: "0", class: "body", "aria-label": T.previews.body }, readable(item.body)),
    copyButton(() => item.body),
  );
}

/** JSON with lines; the copy is exact. @param {string} body */
function readable(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

/** Products for a field to choose from, as one types. @param {HTMLInputElement} field @param {AbortSignal} signal */
export function suggestSkus(field, signal) {
  const list = h("datalist", { id: "skus" });
  field.setAttribute("list", "skus");
  field.addEventListener("input", async () => {
    const items = await all("/v1/products", { query: { q: field.value.trim(), limit: 12 }, most: 12, signal }).catch(() => []);
    fill(
      list,
      items.map((product) => h("option", { value: product.sku }, product.name ?? "")),
    );
  });
  return list;
}
