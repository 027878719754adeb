// What a file's name says, by a rule like `{sku}[_-]{position}[_-]{type}`: where it belongs, at which place, as what.

/** What is found in a name; the SKU is always there. @typedef {{ sku: string, position: number | null, type: string | null }} Named */

export const DEFAULT = "{sku}[_-]{position}[_-]{type}";

const PARTS = /** @type {Record<string, string>} */ ({
  sku: "(?<sku>.+?)",
  position: "(?<position>\\d{1,6})",
  type: "(?<type>[a-z][a-z0-9_]*)",
});
const PIECE = /\{(\w+)\}|\[([^\]]+)\]|([^{[]+)/g;

/**
 * A rule as expressions, the most exact first: trailing parts may be left out, each with what stands before it. Null where it
 * is no rule: it names the SKU once, other parts at most once.
 * @param {string} rule @returns {RegExp[] | null}
 */
export function compiled(rule) {
  const pieces = [...rule.matchAll(PIECE)];
  if (pieces.map(([piece]) => piece).join("") !== rule) return null;
  const names = pieces.flatMap(([, name]) => name ?? []);
  if (!names.includes("sku") || new Set(names).size < names.length || names.some((name) => !(name in PARTS))) return null;
  const sources = pieces.map(([, name, choice, plain]) =>
    name ? PARTS[name] : choice ? `[${choice.replace(/[\\\]^-]/g, "\\$&")}]` : escaped(plain),
  );
  const ends = pieces.flatMap(([, name], place) => (name ? [place + 1] : []));
  const least = pieces.findIndex(([, name]) => name === "sku") + 1;
  const lengths = [pieces.length, ...ends.reverse()].filter(
    (length, place, all) => length >= least && all.indexOf(length) === place,
  );
  return lengths.map((length) => new RegExp(`^${sources.slice(0, length).join("")}$`, "iu"));
}

/** @param {string} text */
const escaped = (text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

/**
 * All that a name may mean, the most exact first: which one it is the products tell.
 * @param {string} name without folders @param {RegExp[]} rule @param {Set<string>} types
 * @returns {Named[]}
 */
export function readings(name, rule, types) {
  const stem = name.replace(/\.[^.]*$/, "");
  return rule.flatMap((expression) => {
    const found = expression.exec(stem)?.groups;
    if (!found) return [];
    const type = found.type?.toLowerCase() ?? null;
    if (type !== null && !types.has(type)) return [];
    return [{ sku: found.sku, position: found.position ? Number(found.position) : null, type }];
  });
}
