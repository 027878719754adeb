// What Glue says in a language, and where it comes from: the picture's text, else the store view's label, else the label.

import { T } from "../core/texts.js";

/** @typedef {import("../elements/picture-tile.js").Image} Image */

/** @param {Image} image @param {{ code: string, locale: string } | null} store @param {string} locale @returns {{ text: string | null, from: string }} */
export function said(image, store, locale) {
  const { large } = image.picture.texts[locale] ?? {};
  if (large) return { text: large, from: T.image.from.picture(locale) };
  const own = store && image.stores[store.code]?.label;
  if (store && own) return { text: own, from: T.image.from.store(store.code) };
  return image.label ? { text: image.label, from: T.image.from.global } : { text: null, from: T.image.from.none };
}
