// What is done to a picture for one image, as values: a turn, the part of the turned picture that is kept, the point that matters.

/** Pixels of each side that have to be left. */
const LEAST = 16;
/** To which the service rounds fractions. */
const FINEST = 1e-6;

/** Left edge, top edge, width, height: fractions of the turned picture. @typedef {[number, number, number, number]} Crop */
/** As it is worked on; `focal` is a place on the turned picture. @typedef {{ rotate: number, crop: Crop, focal: [number, number] | null }} Edit */
/** As /v1 has it; there `focal` is a place on what is kept. @typedef {{ rotate?: number | null, crop?: number[] | null, focal?: number[] | null } | null} Told */

/** @returns {Edit} */
export const untouched = () => ({ rotate: 0, crop: [0, 0, 1, 1], focal: null });

/** @param {Told} told @returns {Edit} */
export function opened(told) {
  const crop = /** @type {Crop} */ (told?.crop ?? untouched().crop);
  const [x, y, width, height] = crop;
  const focal = told?.focal;
  return { rotate: told?.rotate ?? 0, crop, focal: focal ? [x + focal[0] * width, y + focal[1] * height] : null };
}

/** What is saved: null where nothing is done. @param {Edit} edit */
export function saved({ rotate, crop, focal }) {
  const part = kept(crop);
  const [x, y, width, height] = part;
  const isWhole = width === 1 && height === 1;
  if (!rotate && isWhole && !focal) return null;
  const place = focal && [rounded(within((focal[0] - x) / width)), rounded(within((focal[1] - y) / height))];
  return { rotate, crop: isWhole ? null : part, focal: place };
}

/** Edges are rounded and not sides, so that none lies beyond the picture. @param {Crop} crop @returns {Crop} */
function kept([x, y, width, height]) {
  const [left, top] = [rounded(within(x)), rounded(within(y))];
  return [left, top, rounded(rounded(within(x + width)) - left), rounded(rounded(within(y + height)) - top)];
}

/** What is left at least of a side of so many pixels, however edges are rounded. @param {number} pixels */
export const least = (pixels) => Math.min(1, LEAST / pixels + 2 * FINEST);

/** A quarter clockwise; the same part is kept. @param {Edit} edit @returns {Edit} */
export function turned({ rotate, crop: [x, y, width, height], focal }) {
  return { rotate: (rotate + 90) % 360, crop: [1 - y - height, x, height, width], focal: focal && [1 - focal[1], focal[0]] };
}

/** @param {Crop} crop @param {number} by @param {number} down @returns {Crop} */
export function moved([x, y, width, height], by, down) {
  return [within(x + by, 1 - width), within(y + down, 1 - height), width, height];
}

/**
 * With one of the four as somebody has typed it: where the left or top edge is, what is kept is as much smaller as it has to be.
 * @param {Crop} crop @param {number} place @param {number} value @param {[number, number]} least @returns {Crop}
 */
export function typed(crop, place, value, least) {
  const next = /** @type {Crop} */ ([...crop]);
  const [side, most] = [(place % 2) + 2, 1 - least[place % 2]];
  next[place] = place < 2 ? within(value, most) : value;
  next[side] = Math.max(1 - most, Math.min(next[side], place < 2 ? 1 - next[place] : 1));
  return moved(next, 0, 0);
}

/**
 * With edges moved: `edges` has some of n, e, s, w. No side is shorter than `least`.
 * @param {Crop} crop @param {string} edges @param {number} by @param {number} down @param {[number, number]} least @returns {Crop}
 */
export function resized([x, y, width, height], edges, by, down, [narrow, low]) {
  let [left, top, right, bottom] = [x, y, x + width, y + height];
  if (edges.includes("w")) left = Math.max(0, Math.min(left + by, right - narrow));
  if (edges.includes("e")) right = Math.min(1, Math.max(right + by, left + narrow));
  if (edges.includes("n")) top = Math.max(0, Math.min(top + down, bottom - low));
  if (edges.includes("s")) bottom = Math.min(1, Math.max(bottom + down, top + low));
  return [left, top, right - left, bottom - top];
}

/** The focal point stays on what is kept. @param {Edit} edit @returns {Edit} */
export function settled({ rotate, crop, focal }) {
  const [x, y, width, height] = crop;
  return { rotate, crop, focal: focal && [x + within(focal[0] - x, width), y + within(focal[1] - y, height)] };
}

/** @param {number} value @param {number} [most] */
const within = (value, most = 1) => Math.max(0, Math.min(value, most));

/** @param {number} value */
const rounded = (value) => Math.round(value / FINEST) / Math.round(1 / FINEST);
