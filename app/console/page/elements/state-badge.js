// A state in a word and a colour, never in colour alone.

import { h } from "../core/element.js";
import { T } from "../core/texts.js";

/** @param {string} state @param {string} [word] */
export function stateBadge(state, word) {
  const states = /** @type {Record<string, string>} */ (T.states);
  return h("span", { class: `badge state-${state}` }, word ?? states[state] ?? state);
}

/** A word about something that is no state. @param {string} word @param {string} [kind] */
export function badge(word, kind = "") {
  return h("span", { class: `badge ${kind}` }, word);
}
