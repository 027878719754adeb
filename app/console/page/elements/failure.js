// What went wrong, in words for people: what, why, what to do, and the id to quote.

import { Refused } from "../core/api.js";
import { h } from "../core/element.js";
import { T } from "../core/texts.js";
import { toast } from "./announcer.js";

/** A block in the place of what could not be shown. @param {unknown} error @param {(() => void) | null} [again] */
export function failure(error, again = null) {
  const { title, detail, todo, request } = words(error);
  return h(
    "div",
    { class: "failure", role: "alert" },
    h("h2", {}, title),
    detail && h("p", {}, detail),
    mistakes(error),
    todo && h("p", {}, todo),
    request && h("p", { class: "quiet" }, `${T.requestId} `, h("code", {}, request)),
    again && h("p", {}, h("button", { type: "button", onclick: again }, T.retry)),
  );
}

/** The same, said at the edge of the page. @param {unknown} error */
export function tellFailure(error) {
  if (error instanceof DOMException && error.name === "AbortError") return;
  const { title, detail, todo, request } = words(error);
  toast([title, detail, todo, request && `(${T.requestId} ${request})`].filter(Boolean).join(" "), { kind: "wrong" });
}

/** Runs what may fail and tells if it does; gives whether it went well. @param {() => unknown} work */
export async function attempt(work) {
  try {
    await work();
    return true;
  } catch (error) {
    tellFailure(error);
    return false;
  }
}

/** Title, detail, what to do, and the request's id. @param {unknown} error */
export function words(error) {
  if (!(error instanceof Refused)) return { title: `${T.failedUnforeseen}.`, detail: String(error), todo: "", request: "" };
  const { title, detail, code } = error.problem;
  const same = !title || title === detail;
  return { title: same ? detail : `${title}.`, detail: same ? "" : detail, todo: T.todo[code] ?? "", request: error.request };
}

/** @param {unknown} error */
function mistakes(error) {
  const found = error instanceof Refused ? (error.problem.errors ?? []) : [];
  return (
    found.length > 0 &&
    h(
      "ul",
      {},
      found.map((one) => h("li", {}, one.pointer && h("code", {}, one.pointer), ` ${one.detail}`)),
    )
  );
}
