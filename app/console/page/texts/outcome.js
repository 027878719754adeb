// What would become of a table that is taken in: the changes, and the mistakes by line.

import { h } from "../core/element.js";
import { number, T } from "../core/texts.js";
import { badge } from "../elements/state-badge.js";

const MOST = 200;

/** @param {any} tried */
export function outcome(tried) {
  const { changed, unchanged, wrong } = tried.lines;
  return h(
    "div",
    { class: "outcome" },
    h(
      "p",
      { class: "row" },
      badge(T.texts.changed(changed), "match-matched"),
      badge(T.texts.unchanged(unchanged)),
      wrong > 0 && badge(T.texts.wrong(wrong), "match-failed"),
    ),
    tried.mistakes.length > 0 && h("ul", { class: "list" }, tried.mistakes.slice(0, MOST).map(mistake)),
    tried.changes.length > 0 && differences(tried.changes.slice(0, MOST)),
    tried.more && h("p", { class: "quiet" }, T.texts.more),
  );
}

/** @param {any} one */
const mistake = (one) =>
  h(
    "li",
    {},
    h("strong", {}, T.texts.line(one.line)),
    h("span", { class: "wrong" }, one.column ? `${one.column}: ` : "", one.detail),
  );

/** @param {any[]} changes */
function differences(changes) {
  const heads = Object.values(T.texts.columns).map((word) => h("th", {}, word));
  const rows = changes.map((one) =>
    h(
      "tr",
      {},
      h("td", { class: "number" }, number(one.line)),
      h("td", {}, `${one.sku} ${one.image}`),
      h("td", {}, one.store || T.image.global),
      h("td", {}, one.column),
      h("td", {}, one.before || T.nothing),
      h("td", {}, one.after || T.nothing),
    ),
  );
  return h("div", { class: "scroll", tabindex: "0" }, h("table", {}, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows)));
}
