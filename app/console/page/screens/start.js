// Start: how much there is, how it fares, what was changed last.

import { change, get } from "../core/api.js";
import { define, fill, h } from "../core/element.js";
import { onEvent } from "../core/feed.js";
import { to } from "../core/router.js";
import { Screen } from "../core/screen.js";
import { may } from "../core/session.js";
import { bytes, lasting, number, T } from "../core/texts.js";
import { toast } from "../elements/announcer.js";
import { changeLine, ofEvent, ofRow } from "../elements/change-line.js";
import { curve, stateBar } from "../elements/curve.js";
import { attempt } from "../elements/failure.js";
import { coverTile } from "../elements/picture-tile.js";
import { stateBadge } from "../elements/state-badge.js";

const EVERY = 60_000;
const SHOWN = 8;
const LAST = 12;

class StartScreen extends Screen {
  #figures = h("div", { class: "start-figures" });
  #without = h("section", { class: "panel" });
  #last = h("section", { class: "panel" });

  async show() {
    const status = await get("/v1/status", { signal: this.signal });
    fill(
      this,
      h("h1", { class: "visually-hidden" }, T.screens.start),
      this.#figures,
      h("div", { class: "columns" }, this.#without, this.#last),
    );
    this.#showStatus(status);
    const timer = setInterval(() => this.#renew(), EVERY);
    this.signal.addEventListener("abort", () => clearInterval(timer));
    await Promise.all([this.#showLast(), this.#showWithout()]);
  }

  async #renew() {
    if (document.hidden) return;
    await attempt(async () => this.#showStatus(await get("/v1/status", { signal: this.signal })));
  }

  /** @param {any} status */
  #showStatus(status) {
    fill(
      this.#figures,
      counts(status.counts),
      states(status.states),
      queue(status),
      failures(status.failures, () => this.#renew()),
      health(status),
    );
  }

  async #showLast() {
    const { items } = await get("/v1/history", { query: { limit: LAST }, signal: this.signal });
    const list = h(
      "ol",
      { class: "list changes", "aria-live": "polite" },
      items.map((/** @type {any} */ row) => changeLine(ofRow(row))),
    );
    const empty = h("p", { class: "empty", hidden: items.length > 0 }, T.start.noChanges);
    fill(this.#last, h("h2", {}, T.start.last), empty, list);
    onEvent((event) => {
      if (event.type in T.kinds) list.prepend(changeLine(ofEvent(event)));
      if (list.childElementCount > LAST) list.lastElementChild?.remove();
      empty.hidden = list.childElementCount > 0;
    }, this.signal);
  }

  async #showWithout() {
    const { items } = await get("/v1/products", {
      query: { missing: "image", enabled: "true", limit: SHOWN },
      signal: this.signal,
    });
    const rows = items.map((/** @type {any} */ product) =>
      h(
        "li",
        {},
        coverTile(null, ""),
        h(
          "span",
          {},
          h("a", { href: to("/products/{sku}", product) }, product.sku),
          h("span", { class: "quiet" }, ` ${product.name ?? ""}`),
        ),
      ),
    );
    const all = h("a", { href: to("/products", {}, { missing: "image" }) }, T.start.showAll);
    fill(
      this.#without,
      h("h2", {}, T.start.without),
      rows.length ? [h("ul", { class: "list" }, rows), h("p", {}, all)] : h("p", { class: "empty" }, T.start.noneWithout),
    );
  }
}

/** @param {any} figures */
function counts(figures) {
  const names = /** @type {const} */ (["products", "images", "pictures", "bytes"]);
  const about = figures.approximate ? ` (${T.start.approximate})` : "";
  return h(
    "dl",
    { class: "counts panel" },
    names.map((name) =>
      h(
        "div",
        {},
        h("dt", {}, T.start.counts[name] + about),
        h("dd", {}, name === "bytes" ? bytes(figures[name]) : number(figures[name])),
      ),
    ),
  );
}

/** @param {Record<string, number>} figures */
function states(figures) {
  const shares = Object.entries(figures).map(([state, count]) => ({
    state,
    count,
    text: number(count),
    href: state === "failed" || state === "processing" ? to("/products", {}, { state }) : undefined,
  }));
  return h("section", { class: "panel" }, h("h2", {}, T.start.byState), stateBar(shares));
}

/** @param {any} status */
function queue(status) {
  const kinds = Object.values(status.queue);
  const waiting = kinds.reduce((sum, kind) => sum + kind.waiting, 0);
  const oldest = Math.max(0, ...kinds.map((kind) => kind.oldest_seconds ?? 0));
  const samples = /** @type {any[]} */ (status.samples);
  return h(
    "section",
    { class: "panel" },
    h("div", { class: "curves" }, [
      figure(T.start.queue, number(waiting), samples, (sample) => sample.waiting),
      figure(T.start.oldest, lasting(oldest), samples, (sample) => sample.oldest_seconds),
      figure(T.start.requests, number(samples.at(-1)?.requests ?? 0), samples, (sample) => sample.requests),
    ]),
  );
}

/** @param {string} name @param {string} now @param {any[]} samples @param {(sample: any) => number | null | undefined} value */
function figure(name, now, samples, value) {
  const points = samples
    .map((sample) => ({ at: sample.at, value: value(sample) }))
    .filter((point) => typeof point.value === "number");
  return h(
    "figure",
    {},
    h("figcaption", {}, `${name} `, h("strong", {}, now)),
    curve(/** @type {any} */ (points), T.start.curve(name)),
  );
}

/** @param {{ reason: string, count: number }[]} found @param {() => void} again */
function failures(found, again) {
  const retry = () =>
    attempt(async () => {
      const { value } = await change("POST", "/v1/jobs/retry", { body: {} });
      toast(T.start.retried(value.retried));
      again();
    });
  const button = may("admin") && h("button", { type: "button", class: "small", onclick: retry }, T.start.retry);
  const rows = found.map(({ reason, count }) => h("li", {}, stateBadge("failed", number(count)), h("span", {}, reason)));
  return h(
    "section",
    { class: "panel" },
    h("div", { class: "head" }, h("h2", {}, T.start.failures), found.length > 0 && button),
    found.length ? h("ul", { class: "list" }, rows) : h("p", { class: "quiet" }, T.start.noFailures),
  );
}

/** @param {any} status */
function health(status) {
  return h(
    "section",
    { class: "panel" },
    h("h2", {}, T.start.health),
    h(
      "dl",
      { class: "facts" },
      h("dt", {}, T.start.database),
      h("dd", {}, stateBadge(status.database)),
      h("dt", {}, T.start.store),
      h("dd", {}, stateBadge(status.store)),
      h("dt", {}, T.start.version),
      h("dd", {}, status.version),
    ),
  );
}

define("start-screen", StartScreen);
