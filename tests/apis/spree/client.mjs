// A shop's script: uploads two pictures, describes one, puts it first, and deletes the other.
// Arguments: address of the list, API key, file. Prints what it saw as one line of JSON.
import { readFile } from "node:fs/promises";

const [, , list, key, file] = process.argv;
const seen = [];

async function call(method, url, body, headers = {}) {
  const answer = await fetch(url, { method, body, headers: { "X-Spree-Token": key, ...headers } });
  const text = await answer.text();
  seen.push(answer.status);
  return text ? JSON.parse(text) : null;
}

async function upload(alt) {
  const form = new FormData();
  form.append("image[attachment]", new Blob([await readFile(file)], { type: "image/png" }), "größe [1].png");
  form.append("image[alt]", alt);
  return call("POST", list, form);
}

const first = await upload("first");
const second = await upload("second");
const json = { "Content-Type": "application/json" };
await call("PUT", `${list}/${second.id}`, JSON.stringify({ image: { alt: "described", position: 1 } }), json);
const { images } = await call("GET", list);
await call("DELETE", `${list}/${first.id}`);
const left = await call("GET", `${list}.json`);
console.log(JSON.stringify({
  seen,
  order: images.map((image) => image.alt),
  left: left.images.map((image) => [image.alt, image.position, image.attachment_file_name]),
}));
