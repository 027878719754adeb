// Texts: labels of many images side by side in all languages, saved cell by cell; and as a table for spreadsheets.

import { all, change, get, path, Refused, unique, withQuery } from "../core/api.js";
import { define, fill, h } from "../core/element.js";
import { InTurn } from "../core/in-turn.js";
import { noteChange } from "../core/requests.js";
import { guardUnsaved, setQuery, to } from "../core/router.js";
import { Screen } from "../core/screen.js";
import { may } from "../core/session.js";
import { T } from "../core/texts.js";
import { toast } from "../elements/announcer.js";
import { ask } from "../elements/ask.js";
import { card } from "../elements/cards.js";
import { endlessList } from "../elements/endless-list.js";
import { attempt } from "../elements/failure.js";
import { pictureTile } from "../elements/picture-tile.js";
import { undo } from "../gallery/changes.js";
import { saidIn, tagOf } from "../gallery/scope.js";
import { isTyped, isUnsaved, keptOver, text, unsent } from "../image/scopes.js";
import { outcome } from "../texts/outcome.js";

/** @typedef {import("../elements/picture-tile.js").Image} Image */
/** `drawn`: the image as the row shows it. @typedef {{ element: HTMLTableRowElement, image: Image, drawn: Image, changes: InTurn }} Row */

const PAGE = 50;

class TextsScreen extends Screen {
  /** @type {any[]} */
  #stores = [];
  #body = h("tbody", {});
  /** @type {string[]} */
  #heads = [];
  #count = h("p", { class: "quiet", role: "status" });
  #round = new AbortController();

  async show() {
    this.#stores = await all("/v1/stores", { signal: this.signal });
    this.#heads = ["", T.texts.image, T.image.global, ...this.#stores.map((store) => `${store.code} (${store.locale})`)];
    fill(
      this,
      h("div", { class: "head" }, h("h1", {}, T.screens.texts), this.#count),
      this.#tools(),
      h(
        "div",
        { class: "scroll" },
        h(
          "table",
          { class: "labels cards", role: "table" },
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              this.#heads.map((word) => h("th", {}, word)),
            ),
          ),
          this.#body,
        ),
      ),
    );
    guardUnsaved({ isTyped: () => isTyped(this), isUnsaved: () => isUnsaved(this) }, this.signal);
    await this.#find();
  }

  #tools() {
    const missing = h(
      "select",
      { name: "missing" },
      [["", T.all], ...this.#stores.map((store) => [`label:${store.code}`, T.products.missingLabel(store.code)])].map(
        ([value, word]) => h("option", { value, selected: value === (this.query.get("missing") ?? "") }, word),
      ),
    );
    const sku = h("input", {
      name: "sku",
      type: "search",
      value: this.query.get("sku") ?? "",
      autocomplete: "off",
      spellcheck: "false",
    });
    for (const field of [missing, sku])
      field.addEventListener("change", () => this.#filter({ missing: missing.value || null, sku: sku.value.trim() || null }));
    return h(
      "div",
      { class: "row tools" },
      h("label", {}, T.products.missing, missing),
      h("label", {}, T.texts.sku, sku),
      this.#download(),
      may("editor") && this.#upload(),
    );
  }

  #download() {
    const button = h("a", { class: "button", href: "#", download: "texts.csv" }, T.texts.download);
    button.addEventListener("click", () => {
      button.href = withQuery("/v1/texts", { sku: this.query.get("sku") });
    });
    return button;
  }

  #upload() {
    const input = h("input", {
      type: "file",
      accept: ".csv,text/csv",
      class: "visually-hidden",
      tabindex: "-1",
      "aria-hidden": "true",
    });
    input.addEventListener("change", () => {
      const file = input.files?.[0];
      input.value = "";
      if (file) this.#takeIn(file);
    });
    return h("span", {}, h("button", { type: "button", onclick: () => input.click() }, T.texts.upload), input);
  }

  /** First only told what would change; then, if that is meant, done. @param {File} file */
  async #takeIn(file) {
    await attempt(async () => {
      const options = { body: file, headers: { "Content-Type": "text/csv" }, quiet: true };
      const { value: tried } = await change("POST", "/v1/texts", { ...options, query: { dry_run: "true" } });
      const said = await ask({
        title: T.texts.tried(tried.lines.changed, tried.images),
        content: outcome(tried),
        actions: tried.lines.changed ? [{ text: T.texts.takeIn, value: "in" }] : [],
        cancel: tried.lines.changed ? T.cancel : T.close,
      });
      if (!said) return;
      const { value } = await change("POST", "/v1/texts", options);
      noteChange({ method: "POST", path: "/v1/texts", file: file.name, headers: { "Content-Type": "text/csv" } });
      toast(T.texts.taken(value.lines.changed, value.images), {
        undo: value.batch ? () => undo(value.batch, () => this.#find()) : null,
      });
      await this.#find();
    });
  }

  /** @param {Record<string, string | null>} filters */
  #filter(filters) {
    setQuery(filters, true);
    this.query = new URLSearchParams(location.search);
    this.#find();
  }

  async #find() {
    this.#round.abort();
    this.#round = new AbortController();
    const signal = AbortSignal.any([this.#round.signal, this.signal]);
    const query = { limit: PAGE, missing: this.query.get("missing"), sku: this.query.get("sku") };
    let isFirst = true;
    await endlessList({
      list: this.#body,
      end: /** @type {HTMLElement} */ (this.querySelector(".scroll")),
      row: (/** @type {Image} */ image) => this.#row(image),
      signal,
      next: async (after) => {
        const page = await get("/v1/images", { query: { ...query, after }, signal });
        if (isFirst && !signal.aborted) fill(this.#body);
        isFirst = false;
        return page;
      },
      shown: (count, more) => {
        this.#count.textContent = count || more ? T.texts.found(count, more) : T.texts.none;
      },
    });
  }

  /** @param {Image} image */
  #row(image) {
    const row = { element: h("tr", {}), image, drawn: image, changes: new InTurn() };
    this.#drawRow(row);
    return row.element;
  }

  /** @param {Row} row */
  #drawRow(row) {
    const { element, image } = row;
    row.drawn = image;
    const cell = (/** @type {string | null} */ store) => {
      const own = store ? image.stores[store]?.label : image.label;
      const about = `${T.image.labelOf(store ?? T.image.global)}, ${T.image.number(image.id)}`;
      return h(
        "td",
        {},
        text(own, store ? (image.label ?? "") : "", about, (value) => this.#save(row, store, value)),
      );
    };
    const link = h("a", { href: to("/images/{id}", { id: image.id }) }, image.product.sku);
    const name = h("span", { class: "quiet" }, image.file_name);
    const putBack = keptOver(element);
    fill(
      element,
      h("td", {}, pictureTile({ ...image, types: [] })),
      h("td", { class: "what" }, link, name),
      cell(null),
      this.#stores.map((store) => cell(store.code)),
    );
    card(element, this.#heads);
    putBack();
  }

  /** @param {Row} row @param {string | null} store @param {string} value */
  #save(row, store, value) {
    return row.changes.add(
      () => attempt(() => this.#saveCell(row, store, value)),
      () => (row.image === row.drawn ? unsent(row.element) : this.#drawRow(row)),
    );
  }

  /** One cell; who has written it meanwhile is not overwritten. @param {Row} row @param {string | null} store @param {string} value */
  async #saveCell(row, store, value) {
    const [batch, { id }] = [unique(), row.image];
    const body = saidIn(store, { label: value || null });
    try {
      row.image = (await change("PATCH", path`/v1/images/${id}`, { body, batch, ifMatch: tagOf(row.image) })).value;
    } catch (error) {
      if (error instanceof Refused && error.problem.current) row.image = error.problem.current;
      throw error;
    }
    toast(T.image.saved, { undo: () => undo(batch, () => this.#again(row)) });
  }

  /** @param {Row} row */
  async #again(row) {
    if (this.signal.aborted) return;
    row.image = await get(path`/v1/images/${row.image.id}`, { signal: this.signal });
    this.#drawRow(row);
  }
}

define("texts-screen", TextsScreen);
