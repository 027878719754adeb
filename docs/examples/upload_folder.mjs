// Puts a folder of pictures into the catalogue, and may be killed and run again at any time without making a duplicate.
//
//     KEY=… node upload_folder.mjs http://127.0.0.1:8080 pictures/
//
// Each folder in it is a product and called after its SKU; its files are the product's pictures, in the order of their
// names. Needs Node 18 or newer. What became of each picture is printed, one line a file; the exit code is 1 where one
// of them was refused or failed.

import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const AT_ONCE = 3;
const WAIT_SECONDS = 50; // for which an answer may be held back until the picture is rendered: the most that is accepted
const TRIES = 8;
const LATER = [409, 429, 502, 503, 504]; // of these 409 only with Retry-After: the same request is still being answered
const TYPES = { ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp", ".avif": "image/avif" };

const [address, folder] = process.argv.slice(2);
const base = address.replace(/\/+$/, "");

// A request, again and again while the service or the way to it is busy: its idempotency key sees to it that what was
// done once is not done twice.
async function send(method, path, options = {}) {
  const headers = { Authorization: `Bearer ${process.env.KEY}`, ...options.headers };
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const answer = await fetch(base + path, { ...options, method, headers }).catch(() => null);
    const later = answer && LATER.includes(answer.status) && answer.headers.get("Retry-After");
    if (answer && !later) return answer;
    await sleep(later ? 1000 * Number(later) : 250 * 2 ** attempt);
  }
  throw new Error(`${method} ${path}: nobody answers.`);
}

const productPath = (sku) => `/v1/products/${encodeURIComponent(sku)}`;
const sha256 = (data, form) => createHash("sha256").update(data).digest(form);

// Makes the product, leaves it as it is where it is there already, and gives the hashes of the pictures that it shows.
async function putProduct(sku) {
  const json = { "Content-Type": "application/json" };
  const answer = await send("PUT", productPath(sku), { headers: json, body: "{}" });
  if (!answer.ok) throw new Error(`${sku}: ${await answer.text()}`);
  const { items } = await (await send("GET", `${productPath(sku)}/images`)).json();
  return new Set(items.map((image) => image.picture.sha256));
}

async function upload(sku, name, position, data) {
  const query = new URLSearchParams({ file_name: name, position });
  return send("POST", `${productPath(sku)}/images?${query}`, {
    body: data,
    headers: {
      "Content-Type": TYPES[extname(name).toLowerCase()] ?? "image/jpeg",
      "Content-Digest": `sha-256=:${sha256(data, "base64")}:`,
      "Idempotency-Key": sha256(`${sku}\0${name}\0${sha256(data, "hex")}`, "hex"),
      Prefer: `wait=${WAIT_SECONDS}`,
    },
  });
}

// The image once it is decided what became of it: what a retry is told is as of the first try.
async function settled(answer) {
  let image = await answer.json();
  while (image.state === "processing") {
    const headers = { Prefer: `wait=${WAIT_SECONDS}` };
    image = await (await send("GET", `/v1/images/${image.id}`, { headers })).json();
  }
  return image;
}

// What became of a file, and what else there is to say.
async function verdict({ sku, name, position, known }) {
  const data = await readFile(join(folder, sku, name));
  if (known.has(sha256(data, "hex"))) return ["there", ""];
  const answer = await upload(sku, name, position, data);
  if (!answer.ok) {
    const problem = await answer.json();
    return ["refused", (problem.errors ?? []).map((error) => error.code).join(", ") || problem.code];
  }
  const image = await settled(answer);
  return [image.state, image.picture.notes.map((note) => note.code).join(", ")];
}

const work = [];
for (const product of (await readdir(folder, { withFileTypes: true })).filter((one) => one.isDirectory())) {
  const known = await putProduct(product.name);
  const names = (await readdir(join(folder, product.name))).sort();
  work.push(...names.map((name, place) => ({ sku: product.name, name, position: place + 1, known })));
}

let isWell = true;
async function line() {
  for (let one = work.shift(); one; one = work.shift()) {
    const [said, more] = await verdict(one);
    console.log(`${`${one.sku}/${one.name}`.padEnd(40)} ${said.padEnd(10)} ${more}`);
    isWell &&= !["refused", "failed"].includes(said);
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, line));
process.exitCode = isWell ? 0 : 1;
