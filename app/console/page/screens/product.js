// A product: its gallery, filled, put in order and described; what belongs to it beside.

import { all, change, get, path, Refused, read, unique } from "../core/api.js";
import { define, fill, h } from "../core/element.js";
import { onEvent } from "../core/feed.js";
import { InTurn } from "../core/in-turn.js";
import { go, guardWork, setQuery, to } from "../core/router.js";
import { Screen } from "../core/screen.js";
import { may } from "../core/session.js";
import { T } from "../core/texts.js";
import { announce, toast } from "../elements/announcer.js";
import { ask } from "../elements/ask.js";
import { attempt, tellFailure } from "../elements/failure.js";
import { badge } from "../elements/state-badge.js";
import { family, previews, sets, suggestSkus } from "../gallery/beside.js";
import { changeAll, patch, remove, undo } from "../gallery/changes.js";
import { sha256 } from "../gallery/digest.js";
import { chosen, inOrder, onFiles } from "../gallery/dropped.js";
import { GalleryTiles } from "../gallery/gallery-tiles.js";
import { excludedIn, own, saidIn } from "../gallery/scope.js";
import { uploadTile } from "../gallery/upload-tile.js";
import { Uploads } from "../gallery/uploads.js";

/** @typedef {import("../elements/picture-tile.js").Image} Image */
/** @typedef {import("../gallery/dropped.js").Found} Found */
/** An order that somebody made, of what was shown as `kept` in this scope. @typedef {{ store: string | null, images: number[], kept: number[] }} Move */

const SETTLE = 600;
const LOOK_AGAIN = 1500;

class ProductScreen extends Screen {
  #product = /** @type {any} */ (null);
  /** @type {any[]} */
  #stores = [];
  /** @type {any[]} */
  #types = [];
  /** @type {string | null} */
  #tag = null;
  /** @type {number[]} The order as the service has it, or is about to. */
  #kept = [];
  /** @type {Move | null} Not sent yet. */
  #move = null;
  #settling = 0;
  #moves = new InTurn();
  #empty = h("p", { class: "drop-here" }, T.product.empty);
  #over = h("div", { class: "drop-over", hidden: true }, h("p", {}, T.product.drop));
  #count = h("p", { class: "quiet", role: "status" });
  #bar = h("div", { class: "selection", role: "group", "aria-label": T.product.selection, hidden: true });
  #beside = h("div", { class: "beside" });
  #tiles = new GalleryTiles(may("editor"), {
    moved: () => this.#orderChanged(),
    chosen: () => this.#showSelection(),
    open: (id) => go(to("/images/{id}", { id })),
    remove: () => this.#remove(),
    useGlobal: (image) => this.#useGlobal([image]),
  });
  /** @type {Map<import("../gallery/uploads.js").Upload, ReturnType<typeof uploadTile>>} */
  #sent = new Map();
  #uploads = new Uploads((one) => this.#uploadChanged(one));

  get #sku() {
    return this.params.sku;
  }

  get #store() {
    return this.query.get("store");
  }

  async show() {
    const options = { signal: this.signal };
    [this.#product, this.#stores, this.#types] = await Promise.all([
      get(path`/v1/products/${this.#sku}`, options),
      all("/v1/stores", options),
      all("/v1/image-types", options),
    ]);
    document.title = `${this.#sku} · ${T.name}`;
    await this.#read();
    fill(this, this.#head(), this.#tools(), this.#bar, this.#tiles.element, this.#empty, this.#over, this.#beside);
    this.#listen();
    this.#showBeside();
  }

  /** Another scope, or back from it. */
  moved() {
    this.#settle();
    const select = this.querySelector("select[name=store]");
    if (select instanceof HTMLSelectElement) select.value = this.#store ?? "";
    this.#refresh();
  }

  #head() {
    const { sku, name, enabled, parent } = this.#product;
    return h(
      "div",
      { class: "head" },
      h("h1", {}, sku),
      name && h("span", {}, name),
      !enabled && badge(T.products.disabled, "off"),
      parent &&
        h("span", { class: "quiet" }, T.product.variantOf, " ", h("a", { href: to("/products/{sku}", { sku: parent }) }, parent)),
      this.#count,
    );
  }

  #tools() {
    const scopes = [["", T.product.global], ...this.#stores.map((store) => [store.code, `${store.code} (${store.locale})`])];
    const select = h(
      "select",
      { name: "store" },
      scopes.map(([value, word]) => h("option", { value, selected: value === (this.#store ?? "") }, word)),
    );
    select.addEventListener("change", () => {
      this.#settle();
      setQuery({ store: select.value || null }, true);
      this.query = new URLSearchParams(location.search);
      this.#refresh();
    });
    const takes = may("editor") && this.#product.supports_images;
    return h(
      "div",
      { class: "row tools" },
      h("label", {}, T.product.scope, select),
      takes && [this.#picker(T.product.add, false), this.#picker(T.product.addFolder, true)],
      h("p", { class: "quiet keyboard-hint" }, T.product.keys),
    );
  }

  /** @param {string} word @param {boolean} folder */
  #picker(word, folder) {
    const input = h("input", {
      type: "file",
      multiple: true,
      accept: folder ? null : "image/*,.heic,.tif,.tiff,.avif",
      webkitdirectory: folder,
      class: "visually-hidden",
      tabindex: "-1",
      "aria-hidden": "true",
    });
    input.addEventListener("change", () => {
      this.#take(chosen(input.files));
      input.value = "";
    });
    return h(
      "span",
      {},
      h("button", { type: "button", class: folder ? "plain" : "main", onclick: () => input.click() }, word),
      input,
    );
  }

  #listen() {
    const { signal } = this;
    if (may("editor") && this.#product.supports_images) {
      onFiles({ found: (files) => this.#take(files), over: (is) => (this.#over.hidden = !is), signal });
    }
    guardWork(() => this.#uploads.open > 0, signal);
    signal.addEventListener("abort", () => {
      this.#settle();
      for (const url of this.#tiles.local.values()) URL.revokeObjectURL(url);
    });
    onEvent((event) => event.data.product?.sku === this.#sku && this.#isQuiet() && this.#refresh(), signal);
    const timer = setInterval(() => {
      const isBusy = this.#tiles.images.some((image) => image.state === "processing");
      if (isBusy && !document.hidden && this.#isQuiet()) this.#refresh();
    }, LOOK_AGAIN);
    signal.addEventListener("abort", () => clearInterval(timer));
  }

  /** Nothing that somebody moved waits to be saved. */
  #isQuiet() {
    return !this.#move && !this.#moves.open && !this.signal.aborted;
  }

  async #refresh() {
    await attempt(() => this.#read());
  }

  /** The gallery as the scope has it; in a store view also what that one hides, behind the others. */
  async #read() {
    const address = path`/v1/products/${this.#sku}/images`;
    const store = this.#store;
    const answer = await this.#changed(address);
    if (!answer) return;
    const hidden = store
      ? (await get(address, { signal: this.signal })).items.filter((/** @type {Image} */ image) => own(image, store).hidden)
      : [];
    if (store !== this.#store) return; // another scope was chosen meanwhile
    this.#tag = answer.etag && `${this.#store} ${answer.etag}`;
    this.#show([...answer.value.items, ...hidden]);
  }

  /** What the service has, if it is not what is shown. @param {string} address */
  async #changed(address) {
    const [store, tag] = this.#tag?.split(" ") ?? [];
    /** @type {Record<string, string>} */
    const headers = tag && store === String(this.#store) ? { "If-None-Match": tag } : {};
    try {
      return await read(address, { query: { store: this.#store }, headers, signal: this.signal });
    } catch (error) {
      if (error instanceof Refused && error.problem.status === 304) return null;
      throw error;
    }
  }

  /** @param {Image[]} images */
  #show(images) {
    this.#tiles.show(images, this.#store);
    this.#kept = this.#tiles.ordered.map((image) => image.id);
    this.#count.textContent = T.products.images(images.length);
    this.#empty.hidden = images.length > 0 || this.#sent.size > 0 || !this.#product.supports_images;
    for (const { item } of this.#sent.values()) this.#tiles.element.append(item);
  }

  async #showBeside() {
    const parts = [family(this.#product, this.signal), sets(this.#sku, this.#tiles.images, this.signal)];
    const found = await Promise.allSettled(parts);
    if (this.signal.aborted) return;
    for (const part of found) if (part.status === "rejected") tellFailure(part.reason);
    const shown = found.map((part) => (part.status === "fulfilled" ? part.value : null));
    fill(this.#beside, ...shown, may("editor") && previews(this.#sku, this.signal));
  }

  // Order

  /** Moves that follow one another at once are one change. */
  #orderChanged() {
    const { store, ordered } = this.#tiles;
    if (this.#move && this.#move.store !== store) this.#settle();
    this.#move = { store, images: ordered.map((image) => image.id), kept: this.#kept };
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#settle(), SETTLE);
  }

  /** What is moved from now on builds on this move, which may be under way still. */
  #settle() {
    clearTimeout(this.#settling);
    const move = this.#move;
    if (!move) return;
    this.#move = null;
    if (move.store === this.#tiles.store) this.#kept = move.images;
    this.#moves.add(
      () => attempt(() => this.#saveOrder(move)),
      () => this.#isQuiet() && this.#refresh(),
    );
  }

  /** Only if the order is still the one that was shown: nobody's order is overwritten unseen. @param {Move} move */
  async #saveOrder({ store, images, kept }) {
    const address = path`/v1/products/${this.#sku}/images`;
    const now = (await get(address, { query: { store } })).items.map((/** @type {Image} */ image) => image.id);
    this.#tag = null;
    if (now.join() !== kept.join()) {
      toast(T.product.orderedMeanwhile, { kind: "wrong" });
      return;
    }
    const batch = unique();
    await change("PUT", `${address}/order`, { query: { store }, body: { images }, batch });
    toast(T.product.ordered, { undo: () => undo(batch, () => this.#refresh()) });
  }

  // Uploads

  /** @param {Found[]} found */
  async #take(found) {
    if (!found.length) return;
    const files = await this.#withoutKnown(inOrder(found));
    const batch = unique();
    const last = Math.max(0, ...this.#tiles.images.map((image) => image.position ?? 0)) + this.#uploads.open;
    for (const [place, { file }] of files.entries()) {
      const query = { file_name: file.name, position: last + place + 1 };
      const one = this.#uploads.add(file, path`/v1/products/${this.#sku}/images`, { query, batch });
      const tile = uploadTile(one, { again: () => this.#uploads.again(one), drop: () => this.#drop(one) });
      this.#sent.set(one, tile);
      this.#tiles.element.append(tile.item);
    }
    this.#empty.hidden = this.#tiles.images.length + files.length > 0;
    if (files.length) announce(T.uploads.begun(files.length));
  }

  /** Asks about files whose bytes are in the gallery already, or come twice. @param {Found[]} found */
  async #withoutKnown(found) {
    const there = new Map(this.#tiles.images.map((image) => [image.picture.sha256, T.image.number(image.id)]));
    const sizes = new Set(this.#tiles.images.map((image) => image.picture.size));
    const counted = Map.groupBy(found, ({ file }) => file.size);
    /** @type {Map<Found, string>} */
    const known = new Map();
    for (const one of found) {
      if (!sizes.has(one.file.size) && (counted.get(one.file.size)?.length ?? 0) < 2) continue;
      const digest = await sha256(one.file);
      const where = digest && there.get(digest);
      if (where) known.set(one, where);
      else if (digest) there.set(digest, one.name);
    }
    if (!known.size) return found;
    const rows = [...known].map(([{ name }, where]) => h("li", {}, T.uploads.same(name, where)));
    const said = await ask({
      title: T.uploads.sameTitle(known.size),
      content: h("ul", { class: "list" }, rows),
      actions: [
        { text: T.uploads.leaveOut, value: "out" },
        { text: T.uploads.allTheSame, value: "in" },
      ],
    });
    if (said === "in") return found;
    return said === "out" ? found.filter((one) => !known.has(one)) : [];
  }

  /** @param {import("../gallery/uploads.js").Upload} one */
  async #uploadChanged(one) {
    const tile = this.#sent.get(one);
    if (!tile) return;
    tile.draw();
    if (one.state === "refused") announce(T.uploads.refused(one.file.name, one.said));
    if (one.state !== "done" && one.state !== "cancelled") return;
    if (one.image && tile.url) this.#tiles.local.set(one.image.id, tile.url);
    if (one.state === "done" && this.#isQuiet()) await this.#refresh();
    this.#sent.delete(one);
    tile.end();
    if (this.#uploads.open || this.signal.aborted) return;
    await this.#refresh();
    announce(T.uploads.finished);
  }

  /** @param {import("../gallery/uploads.js").Upload} one */
  #drop(one) {
    this.#uploads.cancel(one);
    const tile = this.#sent.get(one);
    tile?.end();
    if (tile?.url) URL.revokeObjectURL(tile.url);
    this.#sent.delete(one);
    this.#empty.hidden = this.#tiles.images.length + this.#sent.size > 0;
  }

  // What is done with those that are chosen

  #showSelection() {
    const { selection } = this.#tiles;
    this.#bar.hidden = !selection.length;
    if (!selection.length) return;
    const [one] = selection;
    const isOut = selection.every((image) => excludedIn(image, this.#store));
    const button = (/** @type {string} */ word, /** @type {() => unknown} */ work, kind = "small") =>
      h("button", { type: "button", class: kind, onclick: work }, word);
    fill(
      this.#bar,
      h("strong", {}, T.product.selected(selection.length)),
      button(T.product.remove, () => this.#remove(), "small grave"),
      button(isOut ? T.product.include : T.product.exclude, () => this.#exclude(!isOut)),
      selection.length === 1 ? this.#typeChoice(one) : h("span", { class: "quiet" }, T.product.oneForType),
      button(T.product.copyTo, () => this.#copy()),
      this.#store && button(T.product.useGlobal, () => this.#useGlobal(selection)),
      button(T.product.chooseAll, () => this.#tiles.choose(true)),
      button(T.product.chooseNone, () => this.#tiles.choose(false), "small plain"),
    );
  }

  /** @param {Image} image */
  #typeChoice(image) {
    const held = this.#store ? own(image, this.#store).types : image.types;
    const menu = h(
      "select",
      { "aria-label": T.product.setType },
      h("option", { value: "" }, T.product.setType),
      this.#types.map(({ code }) =>
        h("option", { value: code }, held.includes(code) ? T.product.takeType(code) : T.product.giveType(code)),
      ),
    );
    menu.addEventListener("change", () => {
      const types = held.includes(menu.value) ? held.filter((type) => type !== menu.value) : [...held, menu.value];
      this.#change([image], { types }, T.product.done.typed);
    });
    return menu;
  }

  /** @param {Image[]} images @param {Record<string, unknown>} said @param {(count: number) => string} words */
  #change(images, said, words) {
    return changeAll(
      images,
      (image, options) => patch(image, options, saidIn(this.#store, said)),
      words,
      () => this.#refresh(),
    );
  }

  /** @param {boolean} is */
  #exclude(is) {
    return this.#change(this.#tiles.selection, { exclude: is }, is ? T.product.done.excluded : T.product.done.included);
  }

  /** @param {Image[]} images */
  #useGlobal(images) {
    return this.#change(images, { label: null, position: null, exclude: null, types: null }, T.product.done.global);
  }

  async #remove() {
    const { selection } = this.#tiles;
    const place = this.#tiles.images.indexOf(selection[0]);
    await changeAll(selection, remove, T.product.done.removed, () => this.#refresh());
    this.#tiles.focus(Math.min(place, this.#tiles.images.length - 1));
  }

  async #copy() {
    const { selection } = this.#tiles;
    const field = h("input", { required: true, autocomplete: "off", spellcheck: "false" });
    const end = new AbortController();
    const content = h("label", {}, T.product.copyInto, field, suggestSkus(field, end.signal));
    const said = await ask({
      title: T.product.copyTitle(selection.length),
      content,
      actions: [{ text: T.product.copy, value: "copy" }],
    });
    end.abort();
    const sku = field.value.trim();
    if (!said || !sku) return;
    const copied = (/** @type {Image} */ image, /** @type {{ batch: string }} */ { batch }) =>
      change("POST", path`/v1/images/${image.id}/copy`, { batch, body: { sku, label: image.label, exclude: image.exclude } });
    await changeAll(
      selection,
      copied,
      (count) => T.product.done.copied(count, sku),
      () => this.#refresh(),
    );
  }
}

define("product-screen", ProductScreen);
