// An image: large, its facts and renditions, what is said of it in every scope, where else it is, and its past.

import { all, change, get, path, unique, upload } from "../core/api.js";
import { define, fill, h } from "../core/element.js";
import { onEvent } from "../core/feed.js";
import { InTurn } from "../core/in-turn.js";
import { go, guardUnsaved, to } from "../core/router.js";
import { Screen } from "../core/screen.js";
import { may } from "../core/session.js";
import { T } from "../core/texts.js";
import { toast } from "../elements/announcer.js";
import { ask } from "../elements/ask.js";
import { attempt, tellFailure } from "../elements/failure.js";
import { pictureTile, source } from "../elements/picture-tile.js";
import { undo } from "../gallery/changes.js";
import { saidIn, tagOf } from "../gallery/scope.js";
import { refusal } from "../gallery/uploads.js";
import { checks } from "../image/checks.js";
import { editPicture } from "../image/editor.js";
import { edited, facts, notes, renditions } from "../image/facts.js";
import { past } from "../image/past.js";
import { isTyped, isUnsaved, keptOver, labels, types } from "../image/scopes.js";
import { pictureTexts, places, used } from "../image/used.js";
import { zoom } from "../image/zoom.js";

/** @typedef {import("../elements/picture-tile.js").Image} Image */

const LOOK_AGAIN = 1500;

class ImageScreen extends Screen {
  #image = /** @type {Image} */ (/** @type {unknown} */ (null));
  #picture = /** @type {any} */ (null);
  /** @type {any[]} */
  #stores = [];
  /** @type {any[]} */
  #types = [];
  /** @type {Image[]} */
  #gallery = [];
  #isListening = false;
  #asked = 0;
  #shown = 0;
  #round = new AbortController();
  #changes = new InTurn();

  get #id() {
    return Number(this.params.id);
  }

  async show() {
    const options = { signal: this.signal };
    [this.#stores, this.#types] = await Promise.all([all("/v1/stores", options), all("/v1/image-types", options)]);
    await this.#read();
    if (this.#isListening) return;
    this.#isListening = true;
    guardUnsaved({ isTyped: () => isTyped(this), isUnsaved: () => isUnsaved(this) }, this.signal);
    onEvent((event) => event.data.image_id === this.#id && this.#renew(), this.signal);
    const timer = setInterval(() => this.#image.state === "processing" && !document.hidden && this.#renew(), LOOK_AGAIN);
    this.signal.addEventListener("abort", () => clearInterval(timer));
  }

  /** Whether somebody is at work: typing, or waiting until it is saved. */
  get #isBusy() {
    return isUnsaved(this) || this.#changes.open > 0;
  }

  /** Reads again, unless somebody is typing, or has begun to meanwhile. */
  async #renew() {
    if (!this.#isBusy && !this.signal.aborted) await attempt(() => this.#read(() => !this.#isBusy));
  }

  /** What was read is shown if it may be, and if nothing was that was asked for later. */
  async #read(mayShow = () => true) {
    this.#asked += 1;
    const turn = this.#asked;
    const options = { signal: this.signal };
    const image = await get(path`/v1/images/${this.#id}`, options);
    const isGone = image.state === "deleted";
    const [picture, gallery] = await Promise.all([
      get(path`/v1/pictures/${image.picture.id}`, options),
      isGone ? [image] : get(path`/v1/products/${image.product.sku}/images`, options).then((found) => found.items),
    ]);
    if (turn < this.#shown || !mayShow()) return;
    this.#shown = turn;
    this.#image = image;
    this.#picture = picture;
    this.#gallery = gallery;
    document.title = `${image.label || T.image.number(image.id)} · ${T.name}`;
    this.#draw();
  }

  #draw() {
    const putBack = keptOver(this);
    const image = this.#image;
    this.#round.abort();
    this.#round = new AbortController();
    const signal = AbortSignal.any([this.#round.signal, this.signal]);
    const subject = { image, stores: this.#stores, types: this.#types, gallery: this.#gallery, save: this.#save };
    const isGone = image.state === "deleted";
    fill(
      this,
      this.#head(),
      isGone && this.#gone(),
      h(
        "div",
        { class: "image-columns" },
        h("div", {}, this.#large(), facts(image, isGone ? null : this.#replacer()), notes(image)),
        h(
          "div",
          {},
          !isGone && [labels(subject), pictureTexts(this.#picture, this.#saveTexts), types(subject)],
          renditions(image),
          !isGone && checks(image, signal),
          used(this.#picture, image.id),
          past(image.id, this.#stores, (revision) => this.#restore({ revision }), signal),
        ),
      ),
    );
    putBack();
  }

  #head() {
    const { id, label, product, state } = this.#image;
    const remove =
      may("editor") &&
      state !== "deleted" &&
      h("button", { type: "button", class: "small grave", onclick: () => this.#remove() }, T.image.remove);
    return h(
      "div",
      { class: "head" },
      h("h1", {}, label || T.image.number(id)),
      h(
        "span",
        { class: "quiet" },
        T.image.number(id),
        ` ${T.image.of} `,
        h("a", { href: to("/products/{sku}", product) }, product.sku),
      ),
      remove,
    );
  }

  #gone() {
    const button =
      may("editor") && h("button", { type: "button", class: "main", onclick: () => this.#restore({}) }, T.image.restoreDeleted);
    return h("p", { class: "away row" }, T.image.deleted, button);
  }

  #large() {
    const tile = pictureTile(this.#image, { large: true });
    const src = this.#image.original ?? source(this.#image, true);
    const label = this.#image.label ?? "";
    const open = () => src && zoom(src, label);
    tile.addEventListener("click", (event) => event.target instanceof HTMLImageElement && open());
    return h(
      "div",
      { class: "panel big" },
      tile,
      src &&
        h(
          "p",
          { class: "row after" },
          h("button", { type: "button", class: "small", onclick: open }, T.image.zoom),
          this.#editing(),
        ),
      edited(this.#image.edit),
    );
  }

  /** What turns and crops; not for pictures that lie elsewhere. */
  #editing() {
    const { original, state, external } = this.#image;
    if (!may("editor") || !original || external || state === "deleted") return null;
    const start = async () => {
      const edit = await editPicture(original, this.#image.edit);
      if (edit !== undefined && !this.signal.aborted) await this.#save(null, () => ({ edit }));
    };
    return h("button", { type: "button", class: "small", onclick: start }, T.image.edit.open);
  }

  #replacer() {
    if (!may("editor")) return null;
    const input = h("input", {
      type: "file",
      accept: "image/*,.heic,.tif,.tiff,.avif",
      class: "visually-hidden",
      tabindex: "-1",
      "aria-hidden": "true",
    });
    const bar = h("progress", { max: 1, value: 0, hidden: true, "aria-label": T.image.replace });
    const wrong = h("span", { class: "wrong", role: "alert" });
    const button = h("button", { type: "button", class: "small", onclick: () => input.click() }, T.image.replace);
    input.addEventListener("change", () => {
      const file = input.files?.[0];
      input.value = "";
      if (file) this.#replace(file, bar, wrong);
    });
    return h("span", { class: "row" }, button, input, bar, wrong);
  }

  /** @param {File} file @param {HTMLProgressElement} bar @param {HTMLElement} wrong */
  async #replace(file, bar, wrong) {
    const batch = unique();
    wrong.textContent = "";
    bar.hidden = false;
    const progress = (/** @type {number} */ sent, /** @type {number} */ of) => {
      bar.value = of ? sent / of : 1;
    };
    try {
      const query = { file_name: file.name };
      const target = path`/v1/images/${this.#id}/file`;
      const { value } = await upload("PUT", target, file, {
        query,
        batch,
        progress,
        ifMatch: tagOf(this.#image),
        signal: this.signal,
      });
      const isSame = value.picture.sha256 === this.#image.picture.sha256;
      toast(isSame ? T.image.sameFile : T.image.replaced, { undo: isSame ? null : () => this.#undo(batch) });
      await this.#read();
    } catch (error) {
      bar.hidden = true;
      if (!this.signal.aborted) wrong.textContent = refusal(error);
    }
  }

  /** @param {string | null} store @param {import("../image/scopes.js").Saying} saying */
  #save = (store, saying) =>
    this.#changed(async (options) => {
      const body = saidIn(store, saying(this.#image));
      this.#image = (
        await change("PATCH", path`/v1/images/${this.#id}`, { ...options, ifMatch: tagOf(this.#image), body })
      ).value;
    });

  /** @param {Record<string, Record<string, string | null>>} texts */
  #saveTexts = async (texts) => {
    const count = places(this.#picture);
    const said =
      count < 2 ||
      (await ask({ title: T.image.sharedTitle, text: T.image.shared(count), actions: [{ text: T.image.save, value: "save" }] }));
    if (!said) return this.#draw();
    return this.#changed(async (options) => {
      const ifMatch = `"picture${this.#picture.id}-${this.#picture.revision}"`;
      const address = path`/v1/pictures/${this.#picture.id}`;
      this.#picture = (await change("PATCH", address, { ...options, ifMatch, body: { texts } })).value;
    });
  };

  /** Saves one thing after the other, each on what the one before has made of it. @param {(options: { batch: string }) => Promise<unknown>} work */
  #changed(work) {
    return this.#changes.add(
      () => this.#saveOne(work),
      () => attempt(() => this.#read()),
    );
  }

  /** A refusal is told, and what was typed gives way to what there is. @param {(options: { batch: string }) => Promise<unknown>} work */
  async #saveOne(work) {
    const batch = unique();
    try {
      await work({ batch });
      toast(T.image.saved, { undo: () => this.#undo(batch) });
    } catch (error) {
      tellFailure(error);
    }
  }

  /** @param {string} batch */
  #undo(batch) {
    return undo(batch, () => (this.signal.aborted ? null : attempt(() => this.#read())));
  }

  /** @param {{ revision?: number }} body */
  async #restore(body) {
    const batch = unique();
    await attempt(async () => {
      await change("POST", path`/v1/images/${this.#id}/restore`, { body, batch, ifMatch: tagOf(this.#image) });
      toast(T.image.restored, { undo: () => this.#undo(batch) });
      await this.#read();
    });
  }

  async #remove() {
    const batch = unique();
    await attempt(async () => {
      await change("DELETE", path`/v1/images/${this.#id}`, { batch, ifMatch: tagOf(this.#image) });
      const place = to("/images/{id}", { id: this.#id });
      toast(T.product.done.removed(1), { undo: () => undo(batch, () => go(place)) });
      go(to("/products/{sku}", this.#image.product));
    });
  }
}

define("image-screen", ImageScreen);
