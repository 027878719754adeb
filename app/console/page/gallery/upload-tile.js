// A file on its way into a gallery, as a tile: how far it is, or why it was not taken.

import { fill, h } from "../core/element.js";
import { bytes, T } from "../core/texts.js";

/** @typedef {import("./uploads.js").Upload} Upload */

const LARGEST_SHOWN = 8_000_000;
const SHOWN = /^image\/(?:jpeg|png|gif|webp|avif)$/;

/**
 * A tile of an upload. `again` and `drop` are called when somebody wants it tried again, or gone.
 * @param {Upload} one @param {{ again: () => void, drop: () => void }} say
 * @returns {{ item: HTMLLIElement, draw: () => void, end: () => void, url: string | null }} `url` shows the file until it is revoked
 */
export function uploadTile(one, { again, drop }) {
  const frame = h("div", { class: "frame" });
  const url = SHOWN.test(one.file.type) && one.file.size <= LARGEST_SHOWN ? URL.createObjectURL(one.file) : null;
  if (url)
    frame.append(
      h("img", {
        src: url,
        alt: "",
        decoding: "async",
        onerror: (/** @type {Event} */ event) => /** @type {Element} */ (event.target).remove(),
      }),
    );
  const bar = h("progress", { max: 1, "aria-label": T.uploads.progress(one.file.name) });
  const said = h("p", { class: "said", role: "status" });
  const buttons = h("div", { class: "moves" });
  const item = h(
    "li",
    { class: "upload" },
    h("div", { class: "picture" }, frame, bar),
    h("p", { class: "label" }, one.file.name),
    said,
    buttons,
  );
  const button = (/** @type {string} */ word, /** @type {() => void} */ work) =>
    h("button", { type: "button", class: "small", onclick: work, "aria-label": `${word}: ${one.file.name}` }, word);
  let state = "";
  const draw = () => {
    bar.value = one.share;
    if (one.state === "sending")
      said.textContent =
        one.share < 1 ? T.uploads.sent(bytes(one.share * one.file.size), bytes(one.file.size)) : T.uploads.checked;
    if (one.state === state) return;
    state = one.state;
    item.dataset.state = state;
    bar.hidden = state === "refused" || state === "cancelled";
    if (state !== "sending") said.textContent = one.said || T.uploads.states[state];
    const isOver = state === "refused" || state === "cancelled";
    fill(buttons, isOver ? [button(T.retry, again), button(T.uploads.drop, drop)] : button(T.cancel, drop));
  };
  draw();
  const end = () => item.remove();
  return { item, draw, end, url };
}
