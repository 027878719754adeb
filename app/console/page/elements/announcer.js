// Tells what has happened: shown at the edge for a while, and read out by screen readers.

import { h } from "../core/element.js";
import { curl } from "../core/requests.js";
import { T } from "../core/texts.js";
import { requestView } from "./request-view.js";

const SHOWN = 8000;
const MOST = 4;
const polite = h("div", { class: "visually-hidden", role: "status", "aria-live": "polite" });
const urgent = h("div", { class: "visually-hidden", role: "alert" });
const toasts = h("section", { class: "toasts", "aria-label": "Messages" });

/** Puts itself on the page. */
export function mountAnnouncer() {
  document.body.append(polite, urgent, toasts);
}

/** Read out by screen readers only, such as where something was moved to. @param {string} text */
export function announce(text) {
  polite.textContent = "";
  requestAnimationFrame(() => {
    polite.textContent = text;
  });
}

/**
 * Shows a sentence and reads it out. `undo` is offered as a button; `sent` as a request.
 * @param {string} text
 * @param {{ kind?: "done" | "wrong", undo?: (() => unknown) | null, sent?: import("../core/requests.js").Sent | null }} [options]
 */
export function toast(text, { kind = "done", undo = null, sent = null } = {}) {
  const shown = h("div", { class: `toast ${kind}` }, h("p", {}, text));
  const close = () => shown.remove();
  if (undo) {
    const undone = () => {
      close();
      undo();
    };
    shown.append(h("button", { type: "button", class: "main", onclick: undone }, T.undo));
  }
  if (sent) shown.append(requestView(curl(sent)));
  shown.append(h("button", { type: "button", class: "plain", "aria-label": T.close, onclick: close }, "×"));
  toasts.append(shown);
  for (const old of [...toasts.querySelectorAll(":scope > :not(.pinned)")].slice(0, -MOST)) old.remove();
  (kind === "wrong" ? urgent : polite).textContent = text;
  leave(shown, close, kind === "wrong" || undo ? SHOWN * 2 : SHOWN);
}

/** Shows a sentence and reads it out; it stays, with what belongs to it, until it is taken away by what this gives. @param {string} text @param {...Node} parts */
export function pinned(text, ...parts) {
  const shown = h("div", { class: "toast pinned" }, h("p", {}, text), parts);
  toasts.prepend(shown);
  polite.textContent = text;
  return () => shown.remove();
}

/** Goes after a while, not while somebody is at it. @param {HTMLElement} shown @param {() => void} close @param {number} milliseconds */
function leave(shown, close, milliseconds) {
  setTimeout(() => {
    if (shown.matches(":hover, :focus-within")) leave(shown, close, milliseconds);
    else close();
  }, milliseconds);
}
