// A script with Node's oauth-1.0a: BASE KEY SECRET TOKEN TOKEN_SECRET JPEG SKU
import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import OAuth from "oauth-1.0a";

const [, , base, key, secret, token, tokenSecret, jpeg, sku] = process.argv;
const oauth = OAuth({
  consumer: { key, secret },
  signature_method: "HMAC-SHA1",
  hash_function: (text, secrets) => createHmac("sha1", secrets).update(text).digest("base64"),
});

async function call(method, path, fields) {
  const url = base + path;
  const headers = {
    ...oauth.toHeader(oauth.authorize({ url, method }, { key: token, secret: tokenSecret })),
    "Content-Type": "application/json",
    Accept: "application/json",
  };
  const answer = await fetch(url, { method, headers, body: fields && JSON.stringify(fields) });
  if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}

const images = `/api/rest/products/${encodeURIComponent(sku)}/images`;
const created = await call("POST", images, {
  file_mime_type: "image/jpeg", file_content: (await readFile(jpeg)).toString("base64"),
  file_name: "front", label: "Größe & <b>",
});
const image = created.headers.get("Location");
await call("PUT", image, { position: 3, types: ["image"] });
await call("PUT", `${image}/store/german`, { label: "Vorne" });
// this library signs names of a query as they are written, so brackets stay what they are
const query = "attrs[]=id&attrs[]=label&filter[1][like]=a%25b%20c";
const listed = await (await call("GET", `${images}?${query}`)).json();
const german = await (await call("GET", `${image}/store/german`)).json();
await call("DELETE", image);
console.log(JSON.stringify({ listed, german, left: await (await call("GET", images)).json() }));
