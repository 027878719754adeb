// What was changed of an image: who, when, through what, before and after; and back to any of it.

import { get, path } from "../core/api.js";
import { fill, h } from "../core/element.js";
import { may } from "../core/session.js";
import { ago, T, time } from "../core/texts.js";
import { endlessList } from "../elements/endless-list.js";

const PAGE = 20;

/** @param {number} id @param {{ id: number, code: string }[]} stores @param {(revision: number) => unknown} restore @param {AbortSignal} signal */
export function past(id, stores, restore, signal) {
  const list = h("ul", { class: "past" });
  const names = new Map(stores.map((store) => [String(store.id), store.code]));
  const box = h("section", { class: "panel" }, h("h2", {}, T.image.history), list);
  let isNewest = true;
  endlessList({
    list,
    signal,
    next: (after) => get(path`/v1/images/${id}/history`, { query: { limit: PAGE, after }, signal }),
    row: (/** @type {any} */ row) => {
      const made = entry(row, names, isNewest ? null : restore);
      if (row.revision !== null) isNewest = false;
      return made;
    },
    shown: (count, more) => !count && !more && fill(list, h("li", { class: "quiet" }, T.image.noHistory)),
  });
  return box;
}

/** @param {any} row @param {Map<string, string>} names of store views @param {((revision: number) => unknown) | null} restore */
function entry(row, names, restore) {
  const through = T.via[row.via] ?? row.via;
  const who = row.actor.name ?? through;
  const isBack = restore && row.revision !== null && row.kind !== "image.deleted" && may("editor");
  const button =
    isBack &&
    h(
      "button",
      { type: "button", class: "small", title: T.image.restoreAbout(row.revision), onclick: () => restore(row.revision) },
      T.image.restore,
    );
  return h(
    "li",
    {},
    h(
      "div",
      { class: "row" },
      h("strong", {}, who),
      h("span", {}, T.kinds[row.kind] ?? row.kind),
      h("time", { class: "quiet", datetime: row.at, title: time(row.at) }, ago(row.at)),
      row.actor.name && h("span", { class: "quiet" }, through),
      button,
    ),
    differences(row, names).map((line) => h("p", { class: "differences" }, line)),
  );
}

/** @param {any} row @param {Map<string, string>} names */
function differences(row, names) {
  const before = flat(row.before, names);
  const after = flat(row.after, names);
  if (!row.before || !row.after) return [];
  return [...new Set([...before.keys(), ...after.keys()])].map((member) =>
    T.image.became(member, before.get(member) ?? T.image.nothing, after.get(member) ?? T.image.nothing),
  );
}

/** Members by their way, store views by their codes. @param {any} value @param {Map<string, string>} names @returns {Map<string, string>} */
function flat(value, names) {
  /** @type {Map<string, string>} */
  const found = new Map();
  const walk = (/** @type {any} */ one, /** @type {string[]} */ way) => {
    if (one && typeof one === "object" && !Array.isArray(one)) {
      for (const [name, inner] of Object.entries(one)) walk(inner, [...way, named(name, way, names)]);
    } else {
      found.set(way.join(" · "), one === null ? T.image.nothing : Array.isArray(one) ? one.join(", ") : String(one));
    }
  };
  walk(value ?? {}, []);
  return found;
}

/** @param {string} name @param {string[]} way @param {Map<string, string>} names */
function named(name, way, names) {
  if (!way.length || !/^\d+$/.test(name)) return name;
  return name === "0" ? T.image.global : (names.get(name) ?? name);
}
