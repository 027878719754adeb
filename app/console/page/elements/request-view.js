// "As a request": a shell command that does the same, to be copied.

import { h } from "../core/element.js";
import { T } from "../core/texts.js";

/** A button that opens the command. @param {string} command */
export function requestView(command) {
  return h(
    "details",
    { class: "as-request" },
    h("summary", {}, T.asRequest),
    h("p", { class: "quiet" }, T.asRequestAbout),
    h("pre", { tabindex: "0" }, command),
    copyButton(() => command),
  );
}

/** A button that copies a text. @param {() => string} text @param {string} [word] */
export function copyButton(text, word = T.copy) {
  const button = h("button", { type: "button", class: "small" }, word);
  button.addEventListener("click", async () => {
    await copy(text());
    button.textContent = T.copied;
    setTimeout(() => {
      button.textContent = word;
    }, 2000);
  });
  return button;
}

/** Outside of https browsers have no clipboard for scripts, but for what is selected. @param {string} text */
async function copy(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = h("textarea", { class: "visually-hidden" }, text);
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
