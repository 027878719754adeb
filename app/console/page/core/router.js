// Which screen an address means. Filters stand in the query; the back button works; unsaved input is asked about.

import { ask } from "../elements/ask.js";
import { T } from "./texts.js";

/**
 * `path` as `/products/{sku}`, below /console. `load` brings the module whose `tag` is the screen's custom element.
 * @typedef {{ name: keyof typeof T.screens, path: string, tag: string, load: () => Promise<unknown>, role?: import("./session.js").Role, nav?: boolean }} Route
 * @typedef {{ route: Route | null, params: Record<string, string>, query: URLSearchParams }} Place
 */

export const BASE = "/console";
/** @type {Route[]} */
let routes = [];
/** @type {(place: Place) => unknown} */
let show = () => {};
/** What says whether there is input that was not sent, and whether any is not known to be saved. @typedef {{ isTyped: () => boolean, isUnsaved: () => boolean }} Guard */
/** @type {Set<Guard>} */
const guards = new Set();
let at = 0;
let isReturning = false;

/** Begins to follow addresses. @param {Route[]} table @param {(place: Place) => unknown} shower */
export function start(table, shower) {
  routes = table;
  show = shower;
  at = history.state?.at ?? 0;
  history.replaceState({ ...history.state, at }, "");
  addEventListener("popstate", popped);
  addEventListener("beforeunload", (event) => {
    if ([...guards].some((guard) => guard.isUnsaved())) event.preventDefault();
  });
  document.addEventListener("click", clicked);
  show(here());
}

/** The address of a screen: to("/products/{sku}", {sku}, {store}). @param {string} path @param {Record<string, string | number>} [params] @param {Record<string, string | null | undefined>} [query] */
export function to(path, params = {}, query = {}) {
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name]));
  const search = new URLSearchParams(Object.entries(query).flatMap(([name, value]) => (value ? [[name, value]] : [])));
  return BASE + filled + (search.size ? `?${search}` : "");
}

/** Goes to an address of the console, unless there is unsaved input that somebody wants to keep. @param {string} url */
export async function go(url) {
  if (!(await mayLeave())) return;
  at += 1;
  history.pushState({ at }, "", url);
  show(here());
}

/** Puts filters into the address; `null` takes one out. The screen stays; `step` makes the back button return to here. @param {Record<string, string | string[] | null>} filters @param {boolean} [step] */
export function setQuery(filters, step = false) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(filters)) {
    query.delete(name);
    for (const one of Array.isArray(value) ? value : [value]) if (one) query.append(name, one);
  }
  const url = location.pathname + (query.size ? `?${query}` : "");
  if (url === location.pathname + location.search) return;
  at += step ? 1 : 0;
  history[step ? "pushState" : "replaceState"]({ at }, "", url);
}

/** Until `signal`, leaving the screen is asked about while something is typed, which what is on its way outlives; and leaving the page, which it does not, while anything is unsaved. @param {Guard} guard @param {AbortSignal} signal */
export function guardUnsaved(guard, signal) {
  guards.add(guard);
  signal.addEventListener("abort", () => guards.delete(guard));
}

/** The same of work that ends with the screen. @param {() => boolean} is @param {AbortSignal} signal */
export const guardWork = (is, signal) => guardUnsaved({ isTyped: is, isUnsaved: is }, signal);

/** Where the browser is. @returns {Place} */
export function here() {
  const query = new URLSearchParams(location.search);
  for (const route of routes) {
    const params = matched(route.path, location.pathname.slice(BASE.length) || "/");
    if (params) return { route, params, query };
  }
  return { route: null, params: {}, query };
}

/** @param {string} pattern @param {string} path */
function matched(pattern, path) {
  const [wanted, given] = [pattern.split("/"), path.replace(/\/$/, "").split("/")];
  if (pattern === "/") return path === "/" ? {} : null;
  if (wanted.length !== given.length) return null;
  /** @type {Record<string, string>} */
  const params = {};
  for (const [place, part] of wanted.entries()) {
    if (part.startsWith("{") && given[place]) params[part.slice(1, -1)] = decodeURIComponent(given[place]);
    else if (part !== given[place]) return null;
  }
  return params;
}

const isTyped = () => [...guards].some((guard) => guard.isTyped());

/** @returns {Promise<boolean>} */
async function mayLeave() {
  if (!isTyped()) return true;
  const { title, text, leave, stay } = T.unsaved;
  const left = await ask({ title, text, actions: [{ text: leave, value: "leave" }], cancel: stay });
  if (left === "leave") guards.clear();
  return left === "leave";
}

/** @param {PopStateEvent} event */
async function popped(event) {
  const target = event.state?.at ?? 0;
  if (isReturning) {
    isReturning = false;
    return;
  }
  const steps = at - target;
  if (isTyped()) {
    isReturning = true;
    history.go(steps);
    if (!(await mayLeave())) return;
    isReturning = false;
    at = target;
    history.go(-steps);
    return;
  }
  at = target;
  show(here());
}

/** Links within the console change the screen, not the page. @param {MouseEvent} event */
function clicked(event) {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (!(link instanceof HTMLAnchorElement) || link.target || link.download || link.origin !== location.origin) return;
  if (link.pathname !== BASE && !link.pathname.startsWith(`${BASE}/`)) return;
  event.preventDefault();
  if (link.hash && link.pathname === location.pathname) {
    document.getElementById(link.hash.slice(1))?.focus(); // the browser would call it a move, and the screen be made anew
    return;
  }
  go(link.pathname + link.search);
}
