// What channels ask of a picture, and whether this one is that: each set of rules in words.

import { get, path } from "../core/api.js";
import { fill, h } from "../core/element.js";
import { to } from "../core/router.js";
import { bytes, number, percent, T } from "../core/texts.js";
import { attempt } from "../elements/failure.js";
import { stateBadge } from "../elements/state-badge.js";

/** @typedef {import("../elements/picture-tile.js").Image} Image */
/** @typedef {{ id: string, title: string, kind: string }} Rule */
/** @typedef {{ id: string, title: string, source: string, rules: Rule[] }} RuleSet */
/** @typedef {{ image: number, rule: string, result: string, measured: any, limit: any, from?: string }} Check */

const COLOURS = /** @type {Record<string, string>} */ ({ pass: "ready", warn: "pending", fail: "failed", not_checked: "off" });

/** How what was measured reads, by the kind of the rule. @type {Record<string, (value: any) => string>} */
const MEASURED = {
  shortest_side: (value) => T.checks.pixels(number(value)),
  longest_side: (value) => T.checks.pixels(number(value)),
  pixels: (value) => T.checks.pixels(number(value)),
  bytes,
  ratio: number,
  white_border: percent,
  fill: percent,
  sharpness: number,
  format: String,
  extension: (value) => `.${value}`,
};

/** @param {Image} image @param {AbortSignal} signal */
export function checks(image, signal) {
  const sets = h("div", { class: "checks" }, h("p", { class: "quiet" }, T.loading));
  attempt(async () => {
    const { items } = await get("/v1/rule-sets", { signal });
    const found = await Promise.all(items.map((/** @type {RuleSet} */ set) => ofSet(set, image, signal)));
    fill(sets, found);
  });
  return h("section", { class: "panel" }, h("h2", {}, T.checks.title), sets);
}

/** @param {RuleSet} set @param {Image} image @param {AbortSignal} signal */
async function ofSet(set, image, signal) {
  const { items } = await get(path`/v1/products/${image.product.sku}/checks`, {
    query: { set: set.id, image: image.id },
    signal,
  });
  const rules = new Map(set.rules.map((rule) => [rule.id, rule]));
  const counts = T.checks.results.map(({ result, count }) => {
    const many = items.filter((/** @type {Check} */ check) => check.result === result).length;
    return many > 0 && stateBadge(COLOURS[result] ?? "", count(many));
  });
  const isBad = items.some((/** @type {Check} */ check) => check.result === "fail");
  return h(
    "details",
    { open: isBad },
    h("summary", {}, h("span", {}, set.title), ...counts),
    h(
      "ul",
      { class: "list notes" },
      items.map((/** @type {Check} */ check) => row(check, rules.get(check.rule))),
    ),
  );
}

/** @param {Check} check @param {Rule | undefined} rule */
function row(check, rule) {
  return h(
    "li",
    {},
    stateBadge(COLOURS[check.result] ?? "", T.checks.words[check.result]),
    h("span", {}, rule?.title ?? check.rule, rule && measured(check, rule), check.from && ` ${T.checks.from(check.from)}`),
  );
}

/** @param {Check} check @param {Rule} rule @returns {Node | string} */
function measured({ measured: value }, { kind }) {
  const isEmpty = value === null || value.length === 0;
  if (isEmpty) return "";
  if (kind === "no_duplicate") return h("span", { class: "quiet" }, ` ${T.checks.sameAs} `, value.map(imageLink));
  return h(
    "span",
    { class: "quiet" },
    ` ${kind === "alt_text" ? T.checks.without(value) : T.checks.here(MEASURED[kind]?.(value) ?? value)}`,
  );
}

/** @param {number} id @param {number} place */
const imageLink = (id, place) => h("a", { href: to("/images/{id}", { id }) }, `${place ? ", " : ""}${T.image.number(id)}`);
