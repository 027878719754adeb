// What holds of an image in a scope: for all, or as a store view sees it, with what that one has of its own.

/** @typedef {import("../elements/picture-tile.js").Image} Image */
/** What a store view has of its own; null where the value for all holds. @typedef {{ label: string | null, position: number | null, exclude: boolean | null, hidden: boolean, types: string[] }} Own */

/** @type {Own} */
const NOTHING = { label: null, position: null, exclude: null, hidden: false, types: [] };

/** @param {Image} image @param {string | null} store @returns {Own} */
export const own = (image, store) => (store && image.stores[store]) || NOTHING;

/** Whether a store view has anything of its own. @param {Image} image @param {string | null} store */
export function differs(image, store) {
  const { label, position, exclude, types } = own(image, store);
  return label !== null || position !== null || exclude !== null || types.length > 0;
}

/** @param {Image} image @param {string | null} store @returns {string | null} */
export const labelIn = (image, store) => own(image, store).label ?? image.label;

/** @param {Image} image @param {string | null} store @returns {boolean} */
export const excludedIn = (image, store) => own(image, store).exclude ?? image.exclude;

/** The types that an image holds in a scope: in a store view its own ones, and those for all that nobody has there. @param {Image} image @param {string | null} store @param {Image[]} gallery */
export function typesIn(image, store, gallery) {
  if (!store) return image.types;
  const taken = new Set(gallery.flatMap((other) => own(other, store).types));
  return [...new Set([...own(image, store).types, ...image.types.filter((type) => !taken.has(type))])];
}

/** An image as a scope sees it, for a tile. @param {Image} image @param {string | null} store @param {Image[]} gallery @returns {Image} */
export function seenIn(image, store, gallery) {
  return { ...image, label: labelIn(image, store), exclude: excludedIn(image, store), types: typesIn(image, store, gallery) };
}

/** A merge patch that says this in a scope. @param {string | null} store @param {Record<string, unknown>} said */
export const saidIn = (store, said) => (store ? { stores: { [store]: said } } : said);

/** For `If-Match`: ids and revisions alone are compared. @param {Image} image */
export const tagOf = (image) => `"${image.id}-${image.revision}"`;
