// Products: search as one types, filters, a list that goes on; what each lacks.

import { all, get } from "../core/api.js";
import { define, fill, h } from "../core/element.js";
import { setQuery, to } from "../core/router.js";
import { Screen } from "../core/screen.js";
import { T } from "../core/texts.js";
import { ask } from "../elements/ask.js";
import { endlessList } from "../elements/endless-list.js";
import { coverTile } from "../elements/picture-tile.js";
import { badge, stateBadge } from "../elements/state-badge.js";

const PAGE = 50;
const TYPING = 120;
const MOST_SKUS = 200;
const LONGEST = 3000;
const FILTERS = /** @type {const} */ (["missing", "state", "enabled"]);

class ProductsScreen extends Screen {
  #search = h("input", {
    type: "search",
    name: "q",
    placeholder: T.products.searchHint,
    autocomplete: "off",
    spellcheck: "false",
  });
  #filters = h("div", { class: "row" });
  #list = h("ul", { class: "products", "aria-label": T.screens.products });
  #count = h("p", { class: "quiet", role: "status" });
  #unknown = h("p", { class: "wrong" });
  #round = new AbortController();

  async show() {
    const options = { signal: this.signal };
    const [stores, types] = await Promise.all([all("/v1/stores", options), all("/v1/image-types", options)]);
    this.#search.value = this.query.get("q") ?? "";
    fill(
      this,
      h("div", { class: "head" }, h("h1", {}, T.screens.products), this.#count),
      h(
        "form",
        { class: "row filters", role: "search", onsubmit: (/** @type {Event} */ event) => event.preventDefault() },
        h("label", { class: "search" }, T.products.search, this.#search),
        this.#filters,
      ),
      this.#unknown,
      this.#list,
      h("p", { class: "quiet keyboard-hint" }, T.products.keys),
    );
    this.#showFilters(stores, types);
    this.#listen();
    await this.#find();
  }

  /** @param {any[]} stores @param {any[]} types */
  #showFilters(stores, types) {
    const texts = T.products;
    const labels = stores.map((store) => [`label:${store.code}`, texts.missingLabel(store.code)]);
    const held = types.map((type) => [`type:${type.code}`, texts.missingType(type.code)]);
    fill(
      this.#filters,
      this.#choice("missing", texts.missing, [["image", texts.filters.image], ...labels, ...held]),
      this.#choice("state", texts.states, [
        ["failed", texts.filters.failed],
        ["processing", texts.filters.processing],
      ]),
      this.#choice("enabled", texts.enabled, [
        ["true", texts.filters.enabled],
        ["false", texts.filters.disabled],
      ]),
      h("button", { type: "button", onclick: () => this.#paste() }, texts.paste),
      h("button", { type: "button", class: "plain", onclick: () => this.#clear() }, texts.clear),
    );
  }

  /** @param {string} name @param {string} text @param {string[][]} values */
  #choice(name, text, values) {
    const options = [["", T.all], ...values].map(([value, word]) =>
      h("option", { value, selected: this.query.get(name) === value }, word),
    );
    const select = h("select", { name }, options);
    select.addEventListener("change", () => this.#filter({ [name]: select.value }, true));
    return h("label", {}, text, select);
  }

  #listen() {
    let timer = 0;
    const typed = () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#filter({ q: this.#search.value.trim() }, false), TYPING);
    };
    this.#search.addEventListener("input", typed);
    document.addEventListener("keydown", (event) => this.#key(event), { signal: this.signal });
  }

  /** @param {Record<string, string | string[] | null>} filters @param {boolean} step */
  #filter(filters, step) {
    setQuery(filters, step);
    this.query = new URLSearchParams(location.search);
    this.#find();
  }

  #clear() {
    this.#search.value = "";
    for (const select of this.#filters.querySelectorAll("select")) select.value = "";
    this.#filter({ q: null, sku: null, list: null, missing: null, state: null, enabled: null }, true);
  }

  async #paste() {
    const area = h("textarea", { rows: 10, "aria-label": T.products.paste, spellcheck: "false" });
    const said = await ask({
      title: T.products.paste,
      text: T.products.pasteAbout,
      content: area,
      actions: [{ text: T.products.show, value: "show" }],
    });
    if (!said) return;
    const skus = [...new Set(area.value.split(/[\n\r,;\t]+/).map((sku) => sku.trim()))].filter(Boolean);
    const isLong = skus.join("&sku=").length > LONGEST;
    if (isLong) sessionStorage.setItem("skus", JSON.stringify(skus));
    this.#filter(isLong ? { list: String(skus.length), sku: null } : { sku: skus, list: null }, true);
  }

  #skus() {
    /** @type {string[]} */
    const kept = this.query.get("list") ? JSON.parse(sessionStorage.getItem("skus") ?? "[]") : [];
    return kept.length ? kept : this.query.getAll("sku");
  }

  /** A new search; an earlier one that is still under way counts no more. */
  async #find() {
    this.#round.abort();
    const round = new AbortController();
    this.#round = round;
    const signal = AbortSignal.any([round.signal, this.signal]);
    const skus = this.#skus();
    const query = {
      q: this.query.get("q"),
      limit: PAGE,
      ...Object.fromEntries(FILTERS.map((name) => [name, this.query.get(name)])),
    };
    let isFirst = true;
    await endlessList({
      list: this.#list,
      row: productRow,
      signal,
      next: async (after) => {
        const page = skus.length
          ? await listed(skus, query, signal)
          : await get("/v1/products", { query: { ...query, after }, signal });
        if (isFirst && !signal.aborted) fill(this.#list);
        isFirst = false;
        this.#unknown.textContent = page.unknown?.length ? T.products.unknown(page.unknown) : "";
        return page;
      },
      shown: (count, more) => this.#shown(count, more),
    });
  }

  /** @param {number} count @param {boolean} more */
  #shown(count, more) {
    this.#count.textContent = count || more ? T.products.found(count, more) : T.products.none;
  }

  /** Up and down through the rows, `/` to the search. @param {KeyboardEvent} event */
  #key(event) {
    const typed = event.target instanceof HTMLElement ? event.target : document.body;
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "/" && !typed.closest("input, textarea, select")) {
      event.preventDefault();
      this.#search.focus();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !typed.closest("select, textarea")) {
      event.preventDefault();
      this.#step(event.key === "ArrowDown" ? 1 : -1);
    }
  }

  /** @param {1 | -1} by */
  #step(by) {
    const links = /** @type {HTMLElement[]} */ ([...this.#list.querySelectorAll("a.open")]);
    const place = links.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (place + by < 0) this.#search.focus();
    else links[Math.min(place + by, links.length - 1)]?.focus();
  }
}

/**
 * Exactly these, in pieces that one request takes.
 * @param {string[]} skus @param {Record<string, unknown>} query @param {AbortSignal} signal
 * @returns {Promise<{ items: any[], next: null, unknown: string[] }>}
 */
async function listed(skus, query, signal) {
  const items = [];
  for (let at = 0; at < skus.length; at += MOST_SKUS) {
    const sku = skus.slice(at, at + MOST_SKUS);
    items.push(...(await all("/v1/products", { query: { ...query, sku, limit: MOST_SKUS }, signal })));
  }
  const found = new Set(items.map((product) => product.sku));
  const isFiltered = Boolean(query.q) || FILTERS.some((name) => query[name]);
  return { items, next: null, unknown: isFiltered ? [] : skus.filter((sku) => !found.has(sku)) };
}

/** @param {any} product */
function productRow(product) {
  const { images } = product;
  const name = h("a", { class: "open", href: to("/products/{sku}", product) }, product.sku);
  const facts = [
    product.name,
    product.parent && T.products.variantOf(product.parent),
    product.children.length > 0 && T.products.variants(product.children.length),
  ].filter(Boolean);
  return h(
    "li",
    { class: product.enabled ? "" : "disabled" },
    coverTile(product.cover, ""),
    h(
      "div",
      { class: "what" },
      h("div", {}, name, !product.enabled && badge(T.products.disabled, "off")),
      h("div", { class: "quiet" }, facts.join(" · ")),
    ),
    h(
      "div",
      { class: "counts-of" },
      product.supports_images
        ? h("span", { class: "number" }, T.products.images(images.total))
        : h("span", { class: "quiet" }, T.products.noImages),
      images.processing > 0 && stateBadge("processing", T.products.inWork(images.processing)),
      images.failed > 0 && stateBadge("failed", T.products.failed(images.failed)),
    ),
    h(
      "div",
      { class: "missing" },
      product.missing.map((/** @type {string} */ one) => badge(missingText(one), "lacks")),
    ),
  );
}

/** @param {string} missing */
function missingText(missing) {
  const [kind, name] = missing.split(":");
  if (kind === "label") return T.products.missingLabel(name);
  return kind === "type" ? T.products.missingType(name) : T.products.filters.image;
}

define("products-screen", ProductsScreen);
