// A question in a dialog: a sentence, fields where it needs some, and what can be answered.

import { fill, h } from "../core/element.js";
import { T } from "../core/texts.js";

/**
 * `grave` marks what cannot be taken back.
 * @typedef {{ text: string, value: string, grave?: boolean }} Action
 */

/**
 * Resolves with the value of the action chosen, or null. `content` may hold fields of a form; they have to be valid.
 * @param {{ title: string, text?: string, content?: Node | null, actions: Action[], cancel?: string }} question
 * @returns {Promise<string | null>}
 */
export function ask({ title, text = "", content = null, actions, cancel = T.cancel }) {
  const dialog = h("dialog", { "aria-labelledby": "question" });
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", { id: "question" }, title),
    text && h("p", {}, text),
    content,
    h(
      "div",
      { class: "actions" },
      actions.map(({ text: word, value, grave }) => h("button", { value, class: grave ? "grave" : "main" }, word)),
      h("button", { value: "", formnovalidate: true }, cancel),
    ),
  );
  fill(dialog, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue || null);
    });
  });
}
