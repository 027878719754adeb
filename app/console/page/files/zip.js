// The files of a zip, unpacked by the browser itself, one after the other and never more than is said.

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LONGEST_END = 65_557;
const MOST_FILES = 5000;
const DEFLATED = 8;
const STORED = 0;
const ENCRYPTED = 1;

/** A file within a zip; `open` unpacks it. @typedef {{ name: string, size: number, open: () => Promise<File> }} Packed */

/** It cannot be read: `reason` is damaged, encrypted, too_many or too_large. */
export class BadZip extends Error {
  /** @param {"damaged" | "encrypted" | "too_many" | "too_large"} reason */
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/** What a zip holds, by its directory at the end. `most` is how many bytes of a file are unpacked. @param {Blob} zip @param {number} most @returns {Promise<Packed[]>} */
export async function contents(zip, most) {
  const tail = await view(zip, Math.max(0, zip.size - LONGEST_END), zip.size);
  const end = lastEnd(tail);
  const count = tail.getUint16(end + 10, true);
  const [length, start] = [tail.getUint32(end + 12, true), tail.getUint32(end + 16, true)];
  if (count > MOST_FILES) throw new BadZip("too_many");
  if (start + length > zip.size) throw new BadZip("damaged");
  return entries(zip, await view(zip, start, start + length), count, most).filter((one) => !one.name.endsWith("/"));
}

/** @param {DataView} tail */
function lastEnd(tail) {
  for (let at = tail.byteLength - 22; at >= 0; at -= 1) if (tail.getUint32(at, true) === END) return at;
  throw new BadZip("damaged");
}

/** @param {Blob} zip @param {DataView} list @param {number} count @param {number} most @returns {Packed[]} */
function entries(zip, list, count, most) {
  /** @type {Packed[]} */
  const found = [];
  let at = 0;
  for (let number = 0; number < count; number += 1) {
    if (at + 46 > list.byteLength || list.getUint32(at, true) !== ENTRY) throw new BadZip("damaged");
    const [flags, method] = [list.getUint16(at + 8, true), list.getUint16(at + 10, true)];
    const [packed, size] = [list.getUint32(at + 20, true), list.getUint32(at + 24, true)];
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => list.getUint16(at + offset, true));
    const start = list.getUint32(at + 42, true);
    if (at + 46 + nameLength > list.byteLength) throw new BadZip("damaged");
    const name = new TextDecoder().decode(new Uint8Array(list.buffer, list.byteOffset + at + 46, nameLength));
    found.push({ name, size, open: () => unpacked(zip, { name, start, packed, size, method, flags }, most) });
    at += 46 + nameLength + extra + comment;
  }
  return found;
}

/** @param {Blob} zip @param {{ name: string, start: number, packed: number, size: number, method: number, flags: number }} entry @param {number} most */
async function unpacked(zip, { name, start, packed, size, method, flags }, most) {
  if (flags & ENCRYPTED || (method !== DEFLATED && method !== STORED)) throw new BadZip("encrypted");
  if (size > most) throw new BadZip("too_large");
  const head = await view(zip, start, start + 30);
  const from = start + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  const body = zip.slice(from, from + packed);
  const file = method === STORED ? body : await inflated(body, size);
  return new File([file], name.replace(/^.*\//, ""));
}

/** No more than the directory has promised, whatever the bytes unpack to. @param {Blob} body @param {number} size */
async function inflated(body, size) {
  const reader = body.stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const parts = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new BadZip("damaged");
    });
    if (done) break;
    length += value.byteLength;
    parts.push(value);
    if (length > size) {
      reader.cancel();
      throw new BadZip("damaged");
    }
  }
  return new Blob(parts);
}

/** @param {Blob} blob @param {number} from @param {number} until */
async function view(blob, from, until) {
  const buffer = await blob.slice(from, until).arrayBuffer();
  if (buffer.byteLength < until - from) throw new BadZip("damaged");
  return new DataView(buffer);
}
