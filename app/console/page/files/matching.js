// Which product each of many files belongs to, and whether its picture is there already.

import { all, get, path } from "../core/api.js";
import { sha256 } from "../gallery/digest.js";
import { readings } from "./names.js";

/**
 * A file that may be added. `state`: matched, unknown, unclear, there. `open` gives the file; `size` is known before.
 * @typedef {{ name: string, size: number, open: () => Promise<File>, state: string, named: import("./names.js").Named | null, existing: number | null, digest: string | null, reason?: string }} Candidate
 */

const AT_ONCE = 100;
const LONGEST = 1500;

/**
 * Finds out for all of them. Which of several readings is meant the products say: the first whose SKU exists.
 * @param {Candidate[]} candidates @param {RegExp[]} rule @param {Set<string>} types @param {AbortSignal} signal
 */
export async function matchAll(candidates, rule, types, signal) {
  const read = new Map(candidates.map((one) => [one, readings(one.name.replace(/^.*\//, ""), rule, types)]));
  const skus = await known([...new Set([...read.values()].flat().map((named) => named.sku))], signal);
  for (const [one, found] of read) {
    one.named = found.find((named) => skus.has(named.sku)) ?? found[0] ?? null;
    one.state = !one.named ? "unclear" : skus.has(one.named.sku) ? "matched" : "unknown";
    one.existing = null;
  }
  await findExisting(
    candidates.filter((one) => one.state === "matched"),
    signal,
  );
}

/** Those of these SKUs that are there. @param {string[]} skus @param {AbortSignal} signal */
async function known(skus, signal) {
  const found = new Set();
  for (const some of pieces(skus)) {
    for (const product of await all("/v1/products", { query: { sku: some, limit: 200 }, signal })) found.add(product.sku);
  }
  return found;
}

/** As many as the address of one request holds. @param {string[]} skus */
function* pieces(skus) {
  /** @type {string[]} */
  let some = [];
  for (const sku of skus) {
    if (some.length === AT_ONCE || encodeURIComponent([...some, sku].join()).length > LONGEST) {
      yield some;
      some = [];
    }
    some.push(sku);
  }
  if (some.length) yield some;
}

/** Only files of a size that its gallery has are read. @param {Candidate[]} matched @param {AbortSignal} signal */
async function findExisting(matched, signal) {
  const by = Map.groupBy(matched, (one) => one.named?.sku ?? "");
  for (const [sku, files] of by) {
    /** @type {import("../elements/picture-tile.js").Image[]} */
    const images = (await get(path`/v1/products/${sku}/images`, { signal })).items;
    for (const one of files) {
      const same = images.filter((image) => image.picture.size === one.size);
      if (!same.length) continue;
      one.digest ??= await digestOf(one);
      const there = one.digest && same.find((image) => image.picture.sha256 === one.digest);
      if (there) Object.assign(one, { state: "there", existing: there.id });
    }
  }
}

/** What cannot be opened is told of when it is sent. @param {Candidate} one */
const digestOf = (one) => one.open().then(sha256, () => null);
