// Events: the feed as it happens, filtered by type and SKU; each can be read whole.

import { define, fill, h } from "../core/element.js";
import { live, onEvent, onLive } from "../core/feed.js";
import { setQuery, to } from "../core/router.js";
import { Screen } from "../core/screen.js";
import { T, time } from "../core/texts.js";
import { stateBadge } from "../elements/state-badge.js";

const MOST = 500;
/** Of all events since the page was opened, so that another screen and back loses none. @type {import("../core/feed.js").CatalogueEvent[]} */
const kept = [];

onEvent((event) => {
  kept.unshift(event);
  kept.length = Math.min(kept.length, MOST);
}, new AbortController().signal);

class EventsScreen extends Screen {
  #rows = h("ol", { class: "events", "aria-live": "polite", "aria-label": T.screens.events });
  #state = h("span", { role: "status" });
  #empty = h("p", { class: "empty" }, T.events.none);
  #isPaused = false;

  async show() {
    const types = this.#field("types", T.events.types, T.events.typesHint);
    const sku = this.#field("sku", T.events.sku, "");
    const pause = h("button", { type: "button", onclick: () => this.#pause(pause) }, T.events.pause);
    fill(
      this,
      h("div", { class: "head" }, h("h1", {}, T.screens.events), this.#state),
      h("div", { class: "row filters" }, types, sku, pause),
      this.#rows,
      this.#empty,
    );
    this.#showAll();
    this.#showLive();
    onEvent((event) => this.#add(event), this.signal);
    onLive(() => this.#showLive(), this.signal);
  }

  /** @param {string} name @param {string} text @param {string} hint */
  #field(name, text, hint) {
    const input = h("input", {
      name,
      placeholder: hint,
      value: this.query.get(name) ?? "",
      spellcheck: "false",
      autocomplete: "off",
    });
    input.addEventListener("input", () => {
      setQuery({ [name]: input.value.trim() });
      this.query = new URLSearchParams(location.search);
      this.#showAll();
    });
    return h("label", {}, text, input);
  }

  /** @param {HTMLElement} button */
  #pause(button) {
    this.#isPaused = !this.#isPaused;
    button.textContent = this.#isPaused ? T.events.go : T.events.pause;
    if (!this.#isPaused) this.#showAll();
    this.#showLive();
  }

  #showLive() {
    const badge = this.#isPaused
      ? stateBadge("waiting", T.events.paused)
      : live()
        ? stateBadge("ok", T.events.live)
        : stateBadge("waiting", T.events.connecting);
    fill(this.#state, badge);
  }

  #showAll() {
    const wanted = kept.filter((event) => this.#isWanted(event));
    fill(this.#rows, wanted.map(eventRow));
    this.#empty.hidden = wanted.length > 0;
  }

  /** @param {import("../core/feed.js").CatalogueEvent} event */
  #add(event) {
    if (this.#isPaused || !this.#isWanted(event)) return;
    this.#rows.prepend(eventRow(event));
    this.#empty.hidden = true;
    if (this.#rows.childElementCount > MOST) this.#rows.lastElementChild?.remove();
  }

  /** @param {import("../core/feed.js").CatalogueEvent} event */
  #isWanted(event) {
    const types = (this.query.get("types") ?? "")
      .split(",")
      .map((one) => one.trim())
      .filter(Boolean);
    const sku = this.query.get("sku");
    const isType =
      types.length === 0 ||
      types.some((type) => (type.endsWith("*") ? event.type.startsWith(type.slice(0, -1)) : event.type === type));
    return isType && (!sku || event.data.product?.sku === sku);
  }
}

/** @param {import("../core/feed.js").CatalogueEvent} event */
function eventRow(event) {
  const { data } = event;
  const sku = data.product?.sku;
  const who = [data.actor, T.via[data.via] ?? data.via].filter(Boolean).join(" · ");
  const whole = h("details", {}, h("summary", { "aria-label": `${T.events.whole}: ${event.type}` }, h("code", {}, event.type)));
  whole.addEventListener("toggle", () => {
    if (whole.open && whole.childElementCount < 2) whole.append(h("pre", { tabindex: "0" }, JSON.stringify(event, null, 2)));
  });
  return h(
    "li",
    {},
    h("time", { datetime: event.timestamp, class: "quiet" }, time(event.timestamp)),
    whole,
    h("span", {}, sku && h("a", { href: to("/products/{sku}", { sku }) }, sku)),
    h("span", { class: "quiet" }, (data.changed ?? []).join(", ")),
    h("span", { class: "quiet" }, who),
  );
}

define("events-screen", EventsScreen);
