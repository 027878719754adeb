// The log-in, in front of everything until somebody is in.

import { fill, h } from "../core/element.js";
import { logIn, onSession, session } from "../core/session.js";
import { T } from "../core/texts.js";
import { attempt } from "./failure.js";

/** @type {HTMLDialogElement | null} */
let open = null;

/** Asks for a key; goes away once there is a session. `said` is a sentence that explains it. @param {string} [said] */
export function askToLogIn(said = T.session.about) {
  if (open) return;
  const texts = T.session;
  const key = h("input", {
    name: "key",
    type: "password",
    autocomplete: "current-password",
    required: true,
    spellcheck: "false",
  });
  const wrong = h("p", { class: "wrong", role: "alert" });
  const form = h(
    "form",
    {},
    h("h1", {}, T.name),
    h("p", {}, said),
    h("label", {}, texts.key, key),
    wrong,
    h("div", { class: "actions" }, h("button", { class: "main" }, texts.submit)),
    h("p", { class: "quiet" }, `${texts.link} `, h("code", {}, "product-images console link"), "."),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      wrong.textContent = (await logIn({ key: key.value.trim() })) ?? "";
    });
  });
  /** @type {HTMLDialogElement} */
  const dialog = h("dialog", {
    class: "log-in",
    "aria-label": texts.title,
    oncancel: (/** @type {Event} */ event) => event.preventDefault(),
    onclose: () => open === dialog && dialog.showModal(), // a second Escape closes it whatever `cancel` says
  });
  fill(dialog, form);
  document.body.append(dialog);
  dialog.showModal();
  open = dialog;
}

onSession(() => {
  if (!session() || !open) return;
  open.close();
  open.remove();
  open = null;
});
