// Labels of all scopes side by side with what Glue makes of them, and below them types, position and exclusion.

import { h } from "../core/element.js";
import { may, session } from "../core/session.js";
import { T } from "../core/texts.js";
import { cards } from "../elements/cards.js";
import { own, typesIn } from "../gallery/scope.js";
import { said } from "./says.js";

/** @typedef {import("../elements/picture-tile.js").Image} Image */
/** @typedef {{ code: string, locale: string }} Store */
/** What is said in a scope, of an image as it is by then. @typedef {(image: Image) => Record<string, unknown>} Saying */
/** `save` takes a scope (null: all) and what is said there. @typedef {{ image: Image, stores: Store[], types: { code: string }[], gallery: Image[], save: (store: string | null, saying: Saying) => unknown }} Subject */

/** @param {ParentNode} within */
const fields = (within) => [...within.querySelectorAll("input[data-kept]")].filter((one) => one instanceof HTMLInputElement);

/** Whether a field has input that is not known to be saved: not sent yet, or on its way. @param {ParentNode} within */
export const isUnsaved = (within) => fields(within).some(({ value, dataset: { kept } }) => value !== kept);

/** Whether a field has input that was not sent. @param {ParentNode} within */
export const isTyped = (within) => fields(within).some(isUnsent);

/** @param {Subject} subject */
export function labels({ image, stores, save }) {
  const row = (/** @type {Store | null} */ store) => {
    const own = store ? image.stores[store.code]?.label : image.label;
    const about = T.image.labelOf(store?.code ?? T.image.global);
    const field = text(own, store ? (image.label ?? "") : "", about, (value) =>
      save(store?.code ?? null, () => ({ label: value || null })),
    );
    const head = h("th", { scope: "row" }, store?.code ?? T.image.global, store && h("span", { class: "quiet" }, store.locale));
    return h(
      "tr",
      {},
      head,
      h("td", {}, field),
      h("td", { class: "says" }, store ? saying(image, store) : others(image, stores)),
    );
  };
  const heads = [T.image.scope, T.image.label, T.image.shown].map((word) => h("th", {}, word));
  return h(
    "section",
    { class: "panel scopes" },
    h("h2", {}, T.image.labels),
    h("p", { class: "quiet" }, T.image.labelsAbout),
    cards(h("table", {}, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, [null, ...stores].map(row)))),
  );
}

/** Languages without a store view of their own. @param {Image} image @param {Store[]} stores */
function others(image, stores) {
  const covered = new Set(stores.map((store) => store.locale));
  return (session()?.locales ?? []).filter((locale) => !covered.has(locale)).map((locale) => saying(image, null, locale));
}

/** @param {Image} image @param {Store | null} store @param {string} [locale] */
function saying(image, store, locale = store?.locale ?? "") {
  const { text, from } = said(image, store, locale);
  return h("div", {}, h("p", {}, text ?? h("em", {}, T.image.nobody)), h("p", {}, store ? from : `${locale}: ${from}`));
}

/** A field that is saved when it is left or by Enter. @param {string | null | undefined} value @param {string} placeholder @param {string} about @param {(value: string) => unknown} save @param {string} [kind] */
export function text(value, placeholder, about, save, kind = "") {
  const kept = value ?? "";
  const field = h("input", {
    value: kept,
    placeholder,
    "aria-label": about,
    "data-kept": kept,
    class: kind,
    readonly: !may("editor"),
  });
  const send = () => {
    if (field.value === kept || field.value === field.dataset.sent) return;
    field.dataset.sent = field.value;
    save(field.value);
  };
  // Browsers have a field be left, too, when it is taken away or a question is asked: then nobody is done with it.
  const leave = () => queueMicrotask(() => field.isConnected && !document.querySelector("dialog:modal") && send());
  field.addEventListener("change", leave);
  field.addEventListener("blur", leave); // what was put back by `keptOver` is no change to the browser
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault(); // the same stroke would press a button that is asked with
    send();
  });
  return field;
}

/** Keeps the focus, and what was typed and not sent, while `within` is drawn anew; gives what puts it back. @param {Element} within */
export function keptOver(within) {
  const field = document.activeElement;
  const about = field && within.contains(field) ? field.getAttribute("aria-label") : null;
  const [from, until] = field instanceof HTMLInputElement ? [field.selectionStart, field.selectionEnd] : [null, null];
  const typed = fields(within)
    .filter(isUnsent)
    .map((one) => [one.getAttribute("aria-label") ?? "", one.value]);
  return () => {
    for (const [name, value] of typed) {
      const again = named(within, name);
      if (again instanceof HTMLInputElement) again.value = value;
    }
    const again = about && named(within, about);
    if (!(again instanceof HTMLElement)) return;
    again.focus();
    if (again instanceof HTMLInputElement && from !== null) again.setSelectionRange(from, until);
  };
}

/** @param {Element} within @param {string} about */
const named = (within, about) => within.querySelector(`[aria-label="${CSS.escape(about)}"]`);

/** What was refused stays, and may be sent once more. @param {Element} within */
export function unsent(within) {
  for (const field of within.querySelectorAll("[data-sent]")) field.removeAttribute("data-sent");
}

/** @param {HTMLInputElement} field */
const isUnsent = ({ value, dataset: { kept, sent } }) => kept !== undefined && value !== kept && value !== sent;

/** @param {Subject} subject */
export function types(subject) {
  const { stores, types } = subject;
  const heads = [T.image.scope, ...types.map(({ code }) => code), T.image.excluded, T.image.position, ""];
  return h(
    "section",
    { class: "panel scopes" },
    h("h2", {}, T.image.types),
    h("p", { class: "quiet" }, T.image.typesAbout),
    h(
      "div",
      { class: "scroll" },
      cards(
        h(
          "table",
          {},
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              heads.map((word) => h("th", {}, word)),
            ),
          ),
          h(
            "tbody",
            {},
            [null, ...stores].map((store) => typeRow(subject, store)),
          ),
        ),
      ),
    ),
  );
}

/** @param {Subject} subject @param {Store | null} store */
function typeRow({ image, types, gallery, save }, store) {
  const scope = store?.code ?? null;
  const name = scope ?? T.image.global;
  const mine = own(image, scope);
  const held = typesIn(image, scope, gallery);
  const boxes = types.map(({ code }) => {
    const change = (/** @type {boolean} */ is) =>
      save(scope, (now) => {
        const others = typesIn(now, scope, gallery).filter((type) => type !== code);
        return { types: is ? [...others, code] : others };
      });
    return h("td", {}, box(held.includes(code), `${code}, ${name}`, change));
  });
  const isExcluded = store ? (mine.exclude ?? image.exclude) : image.exclude;
  const position = store ? mine.position : image.position;
  const has = store && (mine.exclude !== null || mine.position !== null || mine.types.length > 0);
  const reset = () => save(scope, () => ({ exclude: null, position: null, types: null }));
  const save_ = (/** @type {string} */ value) => save(scope, () => ({ position: value.trim() === "" ? null : Number(value) }));
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, name),
    boxes,
    h(
      "td",
      {},
      box(isExcluded, `${T.image.excluded}, ${name}`, (is) => save(scope, () => ({ exclude: is }))),
    ),
    h(
      "td",
      {},
      text(
        position === null ? "" : String(position),
        store ? String(image.position ?? "") : "",
        `${T.image.position}, ${name}`,
        save_,
        "place",
      ),
    ),
    h("td", {}, has && may("editor") && h("button", { type: "button", class: "small", onclick: reset }, T.image.useGlobal)),
  );
}

/** @param {boolean} checked @param {string} about @param {(is: boolean) => unknown} change */
function box(checked, about, change) {
  const field = h("input", { type: "checkbox", checked, "aria-label": about, disabled: !may("editor") });
  field.addEventListener("change", () => change(field.checked));
  return field;
}
