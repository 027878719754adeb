// Runs the page's script over as much of a browser as it uses: page.mjs BASE_URL SCRIPT. Prints what stands on the page.
import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";

const [base, script] = process.argv.slice(2);

class Element {
  constructor(tag) {
    Object.assign(this, { tag, children: [], heard: {}, files: [], value: "" });
  }
  append(...children) { this.children.push(...children); }
  replaceChildren(...children) { this.children = children; }
  addEventListener(name, listener) { this.heard[name] = listener; }
  all(tag) {
    const below = this.children.flatMap((child) => (child instanceof Element ? child.all(tag) : []));
    return this.tag === tag ? [this, ...below] : below;
  }
}

const byId = { about: new Element("p"), operations: new Element("main"), credentials: new Element("form") };
const names = ["key", "consumer", "consumer_secret", "token", "token_secret"];
byId.credentials.elements = Object.fromEntries(names.map((name) => [name, new Element("input")]));
byId.credentials.elements.key.value = "a key";
const sent = [];
const reach = globalThis.fetch;
globalThis.document = { createElement: (tag) => new Element(tag), getElementById: (id) => byId[id] };
globalThis.fetch = (url, options) => {
  sent.push({ url, method: options?.method ?? "GET", headers: options?.headers ?? {} });
  return reach(new URL(url, base), options);
};

runInThisContext(readFileSync(script, "utf8"), { filename: script });
while (!byId.operations.all("details").length) await new Promise(setImmediate);

const operations = byId.operations.all("details");
const titled = (operation) => operation.all("summary")[0].children.map((child) => child.textContent).join(" ");
const tried = operations.find((operation) => titled(operation).startsWith("get /api/v1/products/{parent}/images "));
await tried.all("button")[0].heard.click();
console.log(JSON.stringify({
  about: byId.about.textContent,
  operations: operations.length,
  sent: sent.at(-1),
  shown: tried.all("pre").map((shown) => shown.textContent),
}));
