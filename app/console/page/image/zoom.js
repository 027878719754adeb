// A picture over all of the window, as large as somebody wants it.

import { fill, h } from "../core/element.js";
import { T } from "../core/texts.js";

const STEP = 1.4;
const MOST = 8;

/** @param {string} src @param {string} alt */
export function zoom(src, alt) {
  const picture = h("img", { src, alt, draggable: "false" });
  const pan = h("div", { class: "pan", tabindex: "0", "aria-label": alt || T.image.zoom, role: "region" }, picture);
  const dialog = h("dialog", { class: "zoom", "aria-label": T.image.zoom });
  let scale = 1;
  let fitting = 1;
  const draw = () => {
    const [x, y] = [
      (pan.scrollLeft + pan.clientWidth / 2) / pan.scrollWidth,
      (pan.scrollTop + pan.clientHeight / 2) / pan.scrollHeight,
    ];
    picture.width = Math.max(1, Math.round(picture.naturalWidth * scale));
    pan.scrollTo(x * pan.scrollWidth - pan.clientWidth / 2, y * pan.scrollHeight - pan.clientHeight / 2);
  };
  const by = (/** @type {number} */ factor) => {
    scale = Math.min(MOST, Math.max(Math.min(fitting, 1) / 2, scale * factor));
    draw();
  };
  picture.addEventListener("load", () => {
    fitting = Math.min(pan.clientWidth / picture.naturalWidth, pan.clientHeight / picture.naturalHeight);
    scale = Math.min(1, fitting);
    draw();
  });
  pan.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      by(event.deltaY < 0 ? STEP : 1 / STEP);
    },
    { passive: false },
  );
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "+" || event.key === "=") by(STEP);
    if (event.key === "-") by(1 / STEP);
  });
  const button = (/** @type {string} */ word, /** @type {() => void} */ work) =>
    h("button", { type: "button", onclick: work }, word);
  const tools = [
    button(T.image.bigger, () => by(STEP)),
    button(T.image.smaller, () => by(1 / STEP)),
    h("span", { class: "quiet keyboard-hint" }, T.image.zoomHint),
    button(T.close, () => dialog.close()),
  ];
  fill(dialog, h("div", { class: "row" }, tools), pan);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  pan.focus();
}
