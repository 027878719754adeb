// A picture turned and cropped, and its focal point: before with what is kept marked on it, and after; by mouse, touch and keys.

import { fill, h } from "../core/element.js";
import { T } from "../core/texts.js";
import { announce } from "../elements/announcer.js";
import { ask } from "../elements/ask.js";
import { least, moved, opened, resized, saved, settled, turned, typed, untouched } from "./edit-values.js";

/** @typedef {import("./edit-values.js").Edit} Edit */

const LARGEST = 1200;
const STEP = 0.01;
const EDGES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];
const ARROWS = /** @type {Record<string, [number, number]>} */ ({
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, -STEP],
  ArrowDown: [0, STEP],
});

/** Asks how a picture is to be shown. Gives what to save (null: as it is), or undefined where nothing is to change. @param {string} src of the original @param {import("./edit-values.js").Told} told */
export async function editPicture(src, told) {
  const editor = new Editor(src, opened(told));
  const texts = T.image.edit;
  const said = await ask({ title: texts.title, content: editor.element, actions: [{ text: T.image.save, value: "save" }] });
  return said ? saved(editor.edit) : undefined;
}

class Editor {
  /** @type {Edit} */
  edit;
  #picture = h("img", { alt: "" });
  #before = h("canvas", { "aria-hidden": "true" });
  #after = h("canvas", { role: "img", "aria-label": T.image.edit.after });
  #kept = h("div", { class: "kept", tabindex: "0", role: "group", "data-part": "kept" });
  #focal = h("button", { type: "button", class: "focal", "data-part": "focal" });
  #stage = h("div", { class: "stage" }, this.#before, this.#kept, this.#focal);
  #size = h("p", { class: "quiet", role: "status" });
  #point = h("button", { type: "button", class: "small" });
  /** @type {HTMLInputElement[]} */
  #edges = [];
  element = h("div", { class: "editor" }, h("p", { class: "quiet" }, T.loading));

  /** @param {string} src @param {Edit} edit */
  constructor(src, edit) {
    this.edit = edit;
    fill(
      this.#kept,
      EDGES.map((edges) => h("span", { class: `edge ${edges}`, "data-part": edges })),
    );
    this.#picture.addEventListener("load", () => this.#begin());
    this.#picture.addEventListener("error", () =>
      fill(this.element, h("p", { class: "wrong", role: "alert" }, T.tile.unreachable)),
    );
    this.#picture.src = src;
    this.#stage.addEventListener("pointerdown", (event) => this.#grab(event));
    this.#kept.addEventListener("keydown", (event) => this.#key(event, (by, down) => this.#keptBy(event.shiftKey, by, down)));
    this.#focal.addEventListener("keydown", (event) => this.#key(event, (by, down) => this.#focalBy(by, down)));
  }

  #begin() {
    const texts = T.image.edit;
    const button = (/** @type {string} */ word, /** @type {() => Edit} */ work) =>
      h("button", { type: "button", class: "small", onclick: () => this.#becomes(work()) }, word);
    const names = [texts.left, texts.top, texts.width, texts.height];
    this.#edges = names.map((name, place) => this.#edge(name, place));
    this.#point.addEventListener("click", () => this.#togglePoint());
    fill(
      this.element,
      h(
        "div",
        { class: "row" },
        button(texts.turnLeft, () => turned(turned(turned(this.edit)))),
        button(texts.turnRight, () => turned(this.edit)),
        this.#point,
        button(texts.reset, untouched),
      ),
      h(
        "div",
        { class: "before-after" },
        h("figure", {}, h("figcaption", {}, texts.before), this.#stage),
        h("figure", {}, h("figcaption", {}, texts.after), this.#after, this.#size),
      ),
      h(
        "div",
        { class: "row" },
        this.#edges.map((field, place) => h("label", {}, `${names[place]}, %`, field)),
      ),
      h("p", { class: "quiet keyboard-hint" }, texts.keys),
    );
    this.#becomes(this.edit);
  }

  /** @param {string} name @param {number} place */
  #edge(name, place) {
    const field = h("input", { type: "number", min: 0, max: 100, step: "any", "aria-label": `${name}, %` });
    field.addEventListener("change", () => {
      this.#becomes({ ...this.edit, crop: typed(this.edit.crop, place, Number(field.value) / 100, this.#least()) });
    });
    return field;
  }

  #togglePoint() {
    const [x, y, width, height] = this.edit.crop;
    this.#becomes({ ...this.edit, focal: this.edit.focal ? null : [x + width / 2, y + height / 2] });
    if (this.edit.focal) this.#focal.focus();
  }

  /** The turned picture's width and height in the original's pixels. @returns {[number, number]} */
  #pixels() {
    const { naturalWidth: width, naturalHeight: height } = this.#picture;
    return this.edit.rotate % 180 ? [height, width] : [width, height];
  }

  /** What is left at least, as fractions. @returns {[number, number]} */
  #least() {
    const [width, height] = this.#pixels();
    return [least(width), least(height)];
  }

  /** @param {Edit} next */
  #becomes(next) {
    const isTurned = next.rotate !== this.edit.rotate || !this.#before.dataset.drawn;
    this.edit = settled(next);
    if (isTurned) this.#drawBefore();
    this.#drawKept();
    this.#drawAfter();
  }

  #drawBefore() {
    const [width, height] = this.#pixels();
    const scale = Math.min(1, LARGEST / Math.max(width, height));
    const canvas = this.#before;
    canvas.dataset.drawn = "yes";
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const pen = canvas.getContext("2d");
    if (!pen) return;
    const [wide, high] = this.edit.rotate % 180 ? [canvas.height, canvas.width] : [canvas.width, canvas.height];
    pen.translate(canvas.width / 2, canvas.height / 2);
    pen.rotate((this.edit.rotate * Math.PI) / 180);
    pen.drawImage(this.#picture, -wide / 2, -high / 2, wide, high);
  }

  #drawKept() {
    const { crop, focal } = this.edit;
    const per = crop.map((value) => Math.round(value * 1000) / 10);
    const [left, top, width, height] = crop.map((value) => `${value * 100}%`);
    Object.assign(this.#kept.style, { left, top, width, height });
    this.#kept.setAttribute("aria-label", T.image.edit.kept(per[0], per[1], per[2], per[3]));
    for (const [place, field] of this.#edges.entries()) field.value = String(per[place]);
    this.#focal.hidden = !focal;
    this.#point.textContent = focal ? T.image.edit.noPoint : T.image.edit.point;
    if (!focal) return;
    const [x, y] = focal.map((value) => Math.round(value * 1000) / 10);
    Object.assign(this.#focal.style, { left: `${x}%`, top: `${y}%` });
    this.#focal.setAttribute("aria-label", T.image.edit.pointAt(x, y));
  }

  #drawAfter() {
    const { crop, focal } = this.edit;
    const [from, canvas, pixels] = [this.#before, this.#after, this.#pixels()];
    const [x, y, width, height] = crop.map((value, place) => value * (place % 2 ? from.height : from.width));
    canvas.width = Math.max(1, Math.round(width));
    canvas.height = Math.max(1, Math.round(height));
    this.#size.textContent = T.image.edit.size(Math.round(crop[2] * pixels[0]), Math.round(crop[3] * pixels[1]));
    const pen = canvas.getContext("2d");
    if (!pen) return;
    pen.drawImage(from, x, y, width, height, 0, 0, canvas.width, canvas.height);
    if (!focal) return;
    const radius = Math.max(4, Math.max(canvas.width, canvas.height) / 40);
    pen.beginPath();
    pen.arc(focal[0] * from.width - x, focal[1] * from.height - y, radius, 0, 2 * Math.PI);
    pen.lineWidth = radius / 2;
    pen.strokeStyle = "#fff";
    pen.stroke();
    pen.lineWidth = radius / 4;
    pen.strokeStyle = "#000";
    pen.stroke();
  }

  /** Whatever lies under a finger or the mouse follows it. @param {PointerEvent} event */
  #grab(event) {
    const part = event.target instanceof HTMLElement ? event.target.dataset.part : null;
    if (!part || event.button) return;
    event.preventDefault();
    (part === "focal" ? this.#focal : this.#kept).focus();
    const { edit } = this;
    const box = this.#stage.getBoundingClientRect();
    const end = new AbortController();
    const follow = (/** @type {PointerEvent} */ now) => {
      if (now.pointerId !== event.pointerId) return;
      this.#pull(part, edit, (now.clientX - event.clientX) / box.width, (now.clientY - event.clientY) / box.height);
    };
    this.#stage.setPointerCapture(event.pointerId);
    this.#stage.addEventListener("pointermove", follow, { signal: end.signal });
    for (const kind of ["pointerup", "pointercancel"])
      this.#stage.addEventListener(kind, () => end.abort(), { signal: end.signal });
  }

  /** @param {string} part @param {Edit} from @param {number} by @param {number} down */
  #pull(part, from, by, down) {
    if (part === "focal" && from.focal) this.#becomes({ ...from, focal: [from.focal[0] + by, from.focal[1] + down] });
    else if (part === "kept") this.#becomes({ ...from, crop: moved(from.crop, by, down) });
    else if (part !== "focal") this.#becomes({ ...from, crop: resized(from.crop, part, by, down, this.#least()) });
  }

  /** @param {KeyboardEvent} event @param {(by: number, down: number) => void} work */
  #key(event, work) {
    const step = ARROWS[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    work(...step);
    announce(/** @type {Element} */ (event.currentTarget).getAttribute("aria-label") ?? "");
  }

  /** @param {boolean} isSize @param {number} by @param {number} down */
  #keptBy(isSize, by, down) {
    this.#pull(isSize ? "se" : "kept", this.edit, by, down);
  }

  /** @param {number} by @param {number} down */
  #focalBy(by, down) {
    this.#pull("focal", this.edit, by, down);
  }
}
