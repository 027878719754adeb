// The tiles of a gallery in order: chosen, moved by dragging, buttons, a typed position or keys.

import { fill, h } from "../core/element.js";
import { to } from "../core/router.js";
import { T } from "../core/texts.js";
import { announce } from "../elements/announcer.js";
import { pictureTile } from "../elements/picture-tile.js";
import { badge } from "../elements/state-badge.js";
import { differs, own, seenIn } from "./scope.js";

/** @typedef {import("../elements/picture-tile.js").Image} Image */
/** @typedef {{ moved: () => void, chosen: () => void, open: (id: number) => void, remove: () => void, useGlobal: (image: Image) => void }} Callbacks */
/** @typedef {{ item: HTMLLIElement, place: HTMLInputElement, draw: (image: Image, place: number, of: number) => void }} Drawn */

const DRAGGED = "application/x-images";
const STEPS = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowRight: 1 });

export class GalleryTiles {
  element = h("ul", { class: "tiles gallery", "aria-label": T.product.gallery });
  /** @type {Image[]} */
  images = [];
  /** @type {Set<number>} */
  chosen = new Set();
  /** @type {string | null} */
  store = null;
  /** @type {Map<number, string>} Addresses of files just sent, for images that are not ready yet. */
  local = new Map();
  /** @type {Map<number, Drawn>} */
  #drawn = new Map();
  #isEditor;
  #say;
  /** @type {number | null} */
  #last = null;

  /** @param {boolean} isEditor @param {Callbacks} say */
  constructor(isEditor, say) {
    this.#isEditor = isEditor;
    this.#say = say;
    this.element.addEventListener("keydown", (event) => this.#key(event));
    if (isEditor) this.#takeDrags();
  }

  /** Images in order, as a store view (null: none) sees them. @param {Image[]} images @param {string | null} store */
  show(images, store) {
    this.images = images;
    this.store = store;
    const there = new Set(images.map((image) => image.id));
    for (const id of this.chosen) if (!there.has(id)) this.chosen.delete(id);
    for (const [id, { item }] of this.#drawn) {
      if (there.has(id)) continue;
      item.remove();
      this.#drawn.delete(id);
    }
    this.#draw();
    this.#say.chosen();
  }

  /** The chosen ones in order, or else the one that has the focus. @returns {Image[]} */
  get selection() {
    return this.images.filter((image) => this.chosen.has(image.id));
  }

  /** The images that a store view shows, which are those that have a place there. */
  get ordered() {
    return this.images.filter((image) => !own(image, this.store).hidden);
  }

  /** @param {boolean} all */
  choose(all) {
    this.chosen = new Set(all ? this.images.map((image) => image.id) : []);
    this.#draw();
    this.#say.chosen();
  }

  /** Puts images at a place, the first being 0. @param {number[]} ids @param {number} place */
  move(ids, place) {
    const moving = new Set(ids);
    const { ordered } = this;
    const staying = ordered.filter((image) => !moving.has(image.id));
    const at = Math.max(0, Math.min(place, staying.length));
    const next = [...staying.slice(0, at), ...ordered.filter((image) => moving.has(image.id)), ...staying.slice(at)];
    if (next.every((image, index) => image === ordered[index])) return;
    this.images = [...next, ...this.images.filter((image) => own(image, this.store).hidden)];
    this.#draw();
    announce(T.product.movedTo(at + 1, ordered.length, ids.length));
    this.#say.moved();
  }

  #draw() {
    const active = document.activeElement;
    const total = this.ordered.length;
    /** @type {HTMLElement | null} */
    let before = null;
    for (const [place, image] of this.images.entries()) {
      const drawn = this.#tile(image);
      drawn.draw(image, place, total);
      /** @type {Element | null} */
      const follows = before ? before.nextElementSibling : this.element.firstElementChild;
      if (follows !== drawn.item) this.element.insertBefore(drawn.item, follows);
      before = drawn.item;
    }
    if (active instanceof HTMLElement && this.element.contains(active)) active.focus(); // a moved element loses it
    if (!this.element.querySelector('li[tabindex="0"]')) this.element.querySelector("li")?.setAttribute("tabindex", "0");
  }

  /** @param {Image} image @returns {Drawn} */
  #tile(image) {
    let drawn = this.#drawn.get(image.id);
    if (!drawn) {
      drawn = this.#made(image.id);
      this.#drawn.set(image.id, drawn);
    }
    return drawn;
  }

  /** @param {number} id @returns {Drawn} */
  #made(id) {
    const tile = pictureTile(null);
    const choose = h("input", { type: "checkbox" });
    const at = h("input", { class: "place", inputmode: "numeric", autocomplete: "off" });
    const name = h("a", { class: "label", href: to("/images/{id}", { id }), draggable: "false" });
    const about = h("p", { class: "own" });
    const item = h("li", { tabindex: "-1", draggable: this.#isEditor ? "true" : null, "data-id": id });
    const back = h("button", { type: "button", class: "small", onclick: () => this.#by(id, -1) }, "‹");
    const on = h("button", { type: "button", class: "small", onclick: () => this.#by(id, 1) }, "›");
    choose.addEventListener("click", (event) => this.#choose(id, event.shiftKey));
    at.addEventListener("change", () => this.#typed(id, at));
    const moves = h("div", { class: "moves" }, back, at, on);
    const controls = this.#isEditor ? [h("label", { class: "choose" }, choose)] : [];
    item.append(tile, ...controls, name, about, ...(this.#isEditor ? [moves] : []));
    const draw = (/** @type {Image} */ image, /** @type {number} */ place, /** @type {number} */ of) => {
      const shown = seenIn(image, this.store, this.images);
      const isHidden = own(image, this.store).hidden;
      const word = shown.label || T.tile.unnamed(id);
      tile.hiddenHere = isHidden;
      tile.local = this.local.get(id) ?? null;
      tile.image = shown;
      choose.checked = this.chosen.has(id);
      choose.setAttribute("aria-label", T.product.choose(word));
      item.classList.toggle("chosen", choose.checked);
      item.setAttribute("aria-label", T.product.tile(word, place + 1, of));
      if (document.activeElement !== at) at.value = String(place + 1);
      at.setAttribute("aria-label", T.product.position(word));
      back.setAttribute("aria-label", T.product.back(word));
      on.setAttribute("aria-label", T.product.on(word));
      back.disabled = place === 0;
      on.disabled = place >= of - 1;
      moves.hidden = isHidden;
      name.textContent = shown.label || T.product.noLabel;
      name.classList.toggle("quiet", !shown.label);
      fill(about, ...this.#about(image));
    };
    return { item, place: at, draw };
  }

  /** What a store view has of its own, or that it has nothing. @param {Image} image */
  #about(image) {
    if (!this.store) return [];
    if (!differs(image, this.store)) return [badge(T.product.inherited)];
    const { label, position, exclude, types } = own(image, this.store);
    const words = [
      label !== null && T.product.values.label,
      position !== null && T.product.values.position,
      exclude !== null && T.product.values.exclude,
      types.length > 0 && T.product.values.types,
    ].filter((word) => word !== false);
    const use = h("button", { type: "button", class: "small", onclick: () => this.#say.useGlobal(image) }, T.product.useGlobal);
    return [badge(T.product.ownHere(words.join(", ")), "type"), this.#isEditor && use];
  }

  /** @param {number} id @param {boolean} through whether those between the last one and this are meant, too */
  #choose(id, through) {
    const ids = this.images.map((image) => image.id);
    const [from, until] = [ids.indexOf(this.#last ?? id), ids.indexOf(id)].sort((one, other) => one - other);
    const is = !this.chosen.has(id);
    for (const one of through ? ids.slice(from, until + 1) : [id]) this.chosen[is ? "add" : "delete"](one);
    this.#last = id;
    this.#draw();
    announce(T.product.selected(this.chosen.size));
    this.#say.chosen();
  }

  /** @param {number} id @param {number} by */
  #by(id, by) {
    const place = this.ordered.findIndex((image) => image.id === id);
    if (place >= 0) this.move([id], place + by);
  }

  /** @param {number} id @param {HTMLInputElement} field */
  #typed(id, field) {
    const wanted = Number.parseInt(field.value, 10);
    if (Number.isNaN(wanted)) this.#draw();
    else this.move([id], wanted - 1);
    field.value = String(this.images.findIndex((image) => image.id === id) + 1);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const item = event.target instanceof HTMLLIElement ? event.target : null;
    if (!item || event.altKey) return;
    const id = Number(item.dataset.id);
    const work = this.#isEditor && (event.shiftKey ? this.#moveKey(event.key, id) : this.#actionKey(event, id));
    const done = work || (!event.shiftKey && this.#focusKey(event.key, id));
    if (!done) return;
    event.preventDefault();
    done();
  }

  /** @param {string} key @param {number} id @returns {(() => void) | null} */
  #moveKey(key, id) {
    if (key in STEPS) return () => this.#by(id, STEPS[key]);
    if (key === "ArrowUp" || key === "ArrowDown") return () => this.#by(id, this.#columns() * (key === "ArrowUp" ? -1 : 1));
    if (key === "Home" || key === "End") return () => this.move([id], key === "Home" ? 0 : this.images.length);
    return null;
  }

  /** @param {KeyboardEvent} event @param {number} id @returns {(() => void) | null} */
  #actionKey(event, id) {
    if ((event.ctrlKey || event.metaKey) && event.key === "a") return () => this.choose(true);
    if (event.ctrlKey || event.metaKey) return null;
    if (event.key === " ") return () => this.#choose(id, false);
    if (event.key === "Escape") return () => this.choose(false);
    if (event.key === "p") return () => this.#drawn.get(id)?.place.focus();
    if (event.key !== "Delete") return null;
    return () => {
      if (!this.chosen.size) this.chosen.add(id);
      this.#say.remove();
    };
  }

  /** @param {string} key @param {number} id @returns {(() => void) | null} */
  #focusKey(key, id) {
    const place = this.images.findIndex((image) => image.id === id);
    const last = this.images.length - 1;
    if (key === "Enter") return () => this.#say.open(id);
    const columns = key === "ArrowUp" || key === "ArrowDown" ? this.#columns() : 0;
    const target = {
      ArrowLeft: place - 1,
      ArrowRight: place + 1,
      ArrowUp: place - columns,
      ArrowDown: place + columns,
      Home: 0,
      End: last,
    }[key];
    return target === undefined ? null : () => this.focus(Math.max(0, Math.min(target, last)));
  }

  /** @param {number} place */
  focus(place) {
    const item = this.element.children[place];
    if (!(item instanceof HTMLElement)) return;
    for (const other of this.element.querySelectorAll('li[tabindex="0"]')) other.setAttribute("tabindex", "-1");
    item.setAttribute("tabindex", "0");
    item.focus();
  }

  #columns() {
    const items = /** @type {HTMLElement[]} */ ([...this.element.children]);
    const below = items.findIndex((item) => item.offsetTop > items[0].offsetTop);
    return below < 0 ? items.length : below;
  }

  #takeDrags() {
    const { element } = this;
    const mark = h("span", { class: "drop-mark" });
    /** @type {number[]} */
    let dragged = [];
    element.addEventListener("dragstart", (event) => {
      const item = event.target instanceof Element ? event.target.closest("li") : null;
      if (!item || !event.dataTransfer) return;
      const id = Number(item.dataset.id);
      dragged = this.chosen.has(id) ? this.selection.map((image) => image.id) : [id];
      event.dataTransfer.setData(DRAGGED, dragged.join());
      event.dataTransfer.effectAllowed = "move";
      item.classList.add("dragged");
    });
    element.addEventListener("dragover", (event) => {
      const item = dragged.length && event.target instanceof Element ? event.target.closest("li") : null;
      if (!item) return;
      event.preventDefault();
      item[isBehind(item, event) ? "append" : "prepend"](mark);
      mark.classList.toggle("behind", isBehind(item, event));
    });
    element.addEventListener("drop", (event) => {
      const item = dragged.length && event.target instanceof Element ? event.target.closest("li") : null;
      if (!item) return;
      event.preventDefault();
      const target = Number(item.dataset.id);
      const moving = new Set(dragged);
      const place = this.ordered.findIndex((image) => image.id === target) + (isBehind(item, event) ? 1 : 0);
      const before = this.ordered.slice(0, place).filter((image) => moving.has(image.id)).length;
      this.move(dragged, place - before);
    });
    element.addEventListener("dragend", () => {
      dragged = [];
      mark.remove();
      element.querySelector(".dragged")?.classList.remove("dragged");
    });
  }
}

/** @param {Element} item @param {DragEvent} event */
function isBehind(item, event) {
  const box = item.getBoundingClientRect();
  return event.clientX > box.left + box.width / 2;
}
