// Webhooks: addresses that are told of events. Added (the secret is shown once), tried, rotated; what was sent, and again.

import { all, change, get, path } from "../core/api.js";
import { define, fill, h } from "../core/element.js";
import { Screen } from "../core/screen.js";
import { ago, T, time } from "../core/texts.js";
import { toast } from "../elements/announcer.js";
import { ask } from "../elements/ask.js";
import { attempt } from "../elements/failure.js";
import { copyButton } from "../elements/request-view.js";
import { badge, stateBadge } from "../elements/state-badge.js";

const SHOWN = 20;

class WebhooksScreen extends Screen {
  #made = h("div", { role: "status" });
  #list = h("div", { class: "webhooks" });

  async show() {
    const add = button(T.webhooks.add, () => this.#add());
    fill(this, h("div", { class: "head" }, h("h1", {}, T.screens.webhooks), add), this.#made, this.#list);
    await this.#showAll();
  }

  async #showAll() {
    const hooks = await all("/v1/webhooks", { signal: this.signal });
    const empty = h("p", { class: "empty" }, T.webhooks.none);
    fill(this.#list, hooks.length ? hooks.map((hook) => this.#hook(hook)) : empty);
  }

  /** @param {any} hook */
  #hook(hook) {
    const texts = T.webhooks;
    const sent = h("div", {});
    const deliveries = h("details", {}, h("summary", {}, texts.deliveries), sent);
    deliveries.addEventListener("toggle", () => deliveries.open && attempt(() => this.#showSent(hook, sent)));
    const turn = () => this.#do("PATCH", path`/v1/webhooks/${hook.id}`, { body: { enabled: !hook.enabled } }, texts.done.changed);
    return h(
      "section",
      { class: "panel", "aria-label": hook.url },
      h(
        "div",
        { class: "head" },
        h("h2", {}, hook.url),
        stateBadge(hook.enabled ? "ok" : "failed", hook.enabled ? texts.enabled : texts.disabled),
      ),
      h(
        "p",
        { class: "marks-of" },
        hook.types.map((/** @type {string} */ type) => badge(type, "type")),
        hook.sku_prefix && badge(texts.prefixed(hook.sku_prefix)),
      ),
      hook.description && h("p", {}, hook.description),
      hook.disabled_reason && h("p", { class: "wrong" }, hook.disabled_reason),
      h("p", { class: "quiet" }, hook.succeeded_at ? texts.succeeded(ago(hook.succeeded_at)) : texts.never),
      h(
        "div",
        { class: "row" },
        button(texts.test, () => this.#do("POST", path`/v1/webhooks/${hook.id}/test`, {}, texts.done.tested)),
        button(hook.enabled ? texts.disable : texts.enable, turn),
        button(texts.rotate, () => this.#rotate(hook)),
        button(texts.remove, () => this.#remove(hook)),
      ),
      deliveries,
    );
  }

  /** @param {any} hook @param {HTMLElement} place */
  async #showSent(hook, place) {
    const { items } = await get(path`/v1/webhooks/${hook.id}/deliveries`, { query: { limit: SHOWN }, signal: this.signal });
    const again = () => attempt(() => this.#showSent(hook, place));
    const rows = items.map((/** @type {any} */ delivery) => this.#delivery(hook, delivery, again));
    fill(
      place,
      rows.length ? h("ul", { class: "list" }, rows) : h("p", { class: "quiet" }, T.webhooks.nothingSent),
      button(T.webhooks.look, again),
    );
  }

  /** @param {any} hook @param {any} delivery @param {() => unknown} done */
  #delivery(hook, delivery, done) {
    const last = delivery.tries.at(-1);
    const outcome = last && [last.status ?? last.error, `${last.duration_ms} ms`, last.answer].filter(Boolean).join(" · ");
    const resend = async () => {
      await this.#do("POST", path`/v1/webhooks/${hook.id}/deliveries/${delivery.id}/resend`, {}, T.webhooks.done.resent);
      await done();
    };
    return h(
      "li",
      {},
      stateBadge(delivery.state),
      h(
        "span",
        {},
        h("code", {}, delivery.type),
        " ",
        h("time", { datetime: delivery.created_at, class: "quiet" }, time(delivery.created_at)),
      ),
      h("span", { class: "quiet" }, outcome),
      button(T.webhooks.resend, resend),
    );
  }

  async #add() {
    const texts = T.webhooks;
    const url = h("input", { name: "url", type: "url", required: true, placeholder: "https://" });
    const types = h("input", { name: "types", placeholder: T.events.typesHint, spellcheck: "false" });
    const prefix = h("input", { name: "prefix", spellcheck: "false" });
    const about = h("input", { name: "description" });
    const fields = [
      h("label", {}, texts.url, url),
      h("label", {}, T.events.types, types),
      h("label", {}, texts.prefix, prefix),
      h("label", {}, texts.description, about),
    ];
    if (
      !(await ask({
        title: texts.add,
        content: h("div", { class: "fields" }, fields),
        actions: [{ text: texts.add, value: "add" }],
      }))
    )
      return;
    const wanted = types.value
      .split(",")
      .map((type) => type.trim())
      .filter(Boolean);
    const body = {
      url: url.value,
      ...(wanted.length ? { types: wanted } : {}),
      ...(prefix.value ? { sku_prefix: prefix.value } : {}),
      ...(about.value ? { description: about.value } : {}),
    };
    await this.#do("POST", "/v1/webhooks", { body }, texts.done.added);
  }

  /** @param {any} hook */
  async #rotate(hook) {
    const { rotate, rotateText } = T.webhooks;
    if (await ask({ title: rotate, text: rotateText, actions: [{ text: rotate, value: "rotate" }] }))
      await this.#do("POST", path`/v1/webhooks/${hook.id}/rotate`, {}, T.webhooks.done.rotated);
  }

  /** @param {any} hook */
  async #remove(hook) {
    const { remove, removeText } = T.webhooks;
    if (await ask({ title: hook.url, text: removeText, actions: [{ text: remove, value: "remove", grave: true }] }))
      await this.#do("DELETE", path`/v1/webhooks/${hook.id}`, {}, T.keys.done.removed);
  }

  /** A change; a secret that it tells is shown. @param {"POST" | "PATCH" | "DELETE"} method @param {string} address @param {{ body?: object }} options @param {string} text */
  #do(method, address, options, text) {
    return attempt(async () => {
      const { value } = await change(method, address, options);
      toast(text, { sent: { method, path: address, ...options } });
      const secret = value?.secret;
      if (secret) this.#showSecret(secret);
      if (!address.endsWith("/resend")) await this.#showAll();
    });
  }

  /** It stays until there is another one, or the screen is left. @param {string} secret */
  #showSecret(secret) {
    const shown = [h("strong", {}, T.keys.shownOnce), " ", h("code", {}, secret), " ", copyButton(() => secret)];
    fill(this.#made, h("div", { class: "panel made" }, shown));
  }
}

/** @param {string} text @param {() => unknown} work */
const button = (text, work) => h("button", { type: "button", class: "small", onclick: work }, text);

define("webhooks-screen", WebhooksScreen);
