// Keys of the APIs, consumers and tokens of OAuth: made (and shown once), revoked.

import { all, change, path, Refused } from "../core/api.js";
import { define, fill, h } from "../core/element.js";
import { Screen } from "../core/screen.js";
import { ago, T, time } from "../core/texts.js";
import { toast } from "../elements/announcer.js";
import { ask } from "../elements/ask.js";
import { cards } from "../elements/cards.js";
import { attempt } from "../elements/failure.js";
import { copyButton } from "../elements/request-view.js";
import { badge } from "../elements/state-badge.js";

/** The APIs that know each role. @type {Record<string, string[]>} */
const AUDIENCES = { reader: ["v1"], editor: ["v1"], admin: ["v1", "spree"], customer: ["spree"] };

class KeysScreen extends Screen {
  #made = h("div", { role: "status" });

  async show() {
    const options = { signal: this.signal };
    const [keys, consumers, tokens] = await Promise.all(
      ["/v1/keys", "/v1/oauth/consumers", "/v1/oauth/tokens"].map((list) => all(list, options)),
    );
    const texts = T.keys;
    fill(
      this,
      h("h1", {}, T.screens.keys),
      this.#made,
      section(
        texts.title,
        button(texts.add, () => this.#addKey()),
        [texts.name, texts.role, texts.audiences, texts.made, texts.used, ""],
        keys.map((key) => this.#key(key)),
      ),
      section(
        texts.consumers,
        button(texts.addConsumer, () => this.#addConsumer()),
        [texts.name, texts.consumer, texts.made, texts.used, ""],
        consumers.map((one) => this.#consumer(one)),
      ),
      section(
        texts.tokens,
        button(texts.addToken, () => this.#addToken(consumers)),
        [texts.token, texts.user, texts.consumer, texts.made, texts.used, ""],
        tokens.map((one) => this.#token(one)),
      ),
    );
  }

  /** @param {any} key */
  #key(key) {
    const audiences = key.audiences.map((/** @type {string} */ one) => T.keys.audience[one] ?? one).join(", ");
    const end = () => this.#end(`/v1/keys/${key.id}`, T.keys.revokeTitle(key.name), T.keys.revokeText, T.keys.revoke);
    return row(
      key.revoked_at,
      h("strong", {}, key.name),
      key.role,
      audiences,
      since(key.created_at),
      used(key),
      key.revoked_at ? badge(T.keys.revoked) : button(T.keys.revoke, end),
    );
  }

  /** @param {any} one */
  #consumer(one) {
    const end = () =>
      this.#end(path`/v1/oauth/consumers/${one.key}`, T.keys.removeTitle(one.name ?? one.key), T.keys.removeText, T.keys.remove);
    return row(
      null,
      h("strong", {}, one.name ?? T.nothing),
      h("code", {}, one.key),
      since(one.created_at),
      used(one),
      button(T.keys.remove, end),
    );
  }

  /** @param {any} one */
  #token(one) {
    const end = () =>
      this.#end(path`/v1/oauth/tokens/${one.token}`, T.keys.revokeTitle(one.token), T.keys.revokeText, T.keys.revoke);
    const last = one.revoked_at ? badge(T.keys.revoked) : button(T.keys.revoke, end);
    return row(
      one.revoked_at,
      h("code", {}, one.token),
      T.keys.user_type[one.user_type],
      h("code", {}, one.consumer_key),
      since(one.created_at),
      used(one),
      last,
    );
  }

  async #addKey() {
    const texts = T.keys;
    const name = h("input", { name: "name", maxlength: 32, autocomplete: "off" });
    const role = select(
      "role",
      Object.keys(AUDIENCES).map((one) => [one, one]),
      "editor",
    );
    const boxes = Object.keys(texts.audience).map((one) => h("input", { type: "checkbox", name: "audience", value: one }));
    const follow = () => {
      for (const box of boxes) {
        box.disabled = !AUDIENCES[role.value].includes(box.value);
        box.checked = box.value === AUDIENCES[role.value][0];
      }
    };
    role.addEventListener("change", follow);
    follow();
    const content = h(
      "div",
      { class: "fields" },
      h("label", {}, texts.name, name),
      h("label", {}, texts.role, role),
      h(
        "fieldset",
        {},
        h("legend", {}, texts.audiences),
        boxes.map((box) => h("label", { class: "inline" }, box, texts.audience[box.value])),
      ),
    );
    if (!(await ask({ title: texts.add, content, actions: [{ text: texts.add, value: "add" }] }))) return;
    const body = {
      role: role.value,
      audiences: boxes.filter((box) => box.checked).map((box) => box.value),
      ...(name.value.trim() ? { name: name.value.trim() } : {}),
    };
    await this.#make("/v1/keys", body, [["key", texts.key]]);
  }

  async #addConsumer() {
    const name = h("input", { name: "name", maxlength: 32, autocomplete: "off" });
    const content = h("label", {}, T.keys.name, name);
    if (!(await ask({ title: T.keys.addConsumer, content, actions: [{ text: T.keys.addConsumer, value: "add" }] }))) return;
    await this.#make("/v1/oauth/consumers", name.value.trim() ? { name: name.value.trim() } : {}, [
      ["key", T.keys.consumer],
      ["secret", T.keys.secret],
    ]);
  }

  /** @param {any[]} consumers */
  async #addToken(consumers) {
    const user = select("user", Object.entries(T.keys.user_type), "admin");
    const consumer = select(
      "consumer",
      [["", T.keys.ownConsumer], ...consumers.map((one) => [one.key, one.name ?? one.key])],
      "",
    );
    const content = h("div", { class: "fields" }, h("label", {}, T.keys.user, user), h("label", {}, T.keys.consumer, consumer));
    if (!(await ask({ title: T.keys.addToken, content, actions: [{ text: T.keys.addToken, value: "add" }] }))) return;
    const body = { user_type: user.value, ...(consumer.value ? { consumer_key: consumer.value } : {}) };
    await this.#make("/v1/oauth/tokens", body, [
      ["token", T.keys.token],
      ["secret", T.keys.secret],
      ["consumer_key", T.keys.consumer],
      ["consumer_secret", T.keys.consumerSecret],
    ]);
  }

  /** Makes a credential and shows what is told this once. @param {string} list @param {object} body @param {[string, string][]} secrets */
  #make(list, body, secrets) {
    return attempt(async () => {
      const { value } = await change("POST", list, { body });
      await this.again();
      const shown = secrets
        .filter(([name]) => value[name])
        .flatMap(([name, text]) => [
          h("dt", {}, text),
          h(
            "dd",
            {},
            h("code", {}, value[name]),
            " ",
            copyButton(() => value[name]),
          ),
        ]);
      fill(this.#made, h("div", { class: "panel made" }, h("strong", {}, T.keys.shownOnce), h("dl", { class: "facts" }, shown)));
      toast(T.keys.done.added, { sent: { method: "POST", path: list, body } });
      scrollTo({ top: 0 });
    });
  }

  /** @param {string} address @param {string} title @param {string} text @param {string} word */
  async #end(address, title, text, word) {
    if (!(await ask({ title, text, actions: [{ text: word, value: "end", grave: true }] }))) return;
    await attempt(async () => {
      await this.#ended(address, word);
      toast(word === T.keys.remove ? T.keys.done.removed : T.keys.done.revoked, { sent: { method: "DELETE", path: address } });
      fill(this.#made);
      await this.again();
    });
  }

  /** The last admin goes only where somebody says so twice. @param {string} address @param {string} word */
  async #ended(address, word) {
    try {
      await change("DELETE", address);
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== "conflict") throw error;
      if (await ask({ title: T.keys.last, actions: [{ text: word, value: "end", grave: true }] }))
        await change("DELETE", address, { query: { last: "true" } });
    }
  }
}

/** @param {string} text @param {() => unknown} work */
const button = (text, work) => h("button", { type: "button", class: "small", onclick: work }, text);

/** @param {string} iso */
const since = (iso) => h("time", { datetime: iso, title: time(iso) }, ago(iso));

const HOUR = 3_600_000;

/** What is known is the hour in which it was used: no minutes are told of it. @param {{ last_used_at: string | null }} one */
function used({ last_used_at: hour }) {
  if (!hour) return h("span", { class: "quiet" }, T.keys.never);
  return Date.now() - Date.parse(hour) < HOUR ? h("time", { datetime: hour }, T.keys.lately) : since(hour);
}

/** @param {string | null} ended @param {...import("../core/element.js").Child} cells */
const row = (ended, ...cells) =>
  h(
    "tr",
    { class: ended ? "ended" : "" },
    cells.map((cell) => h("td", {}, cell)),
  );

/** @param {string} name @param {string[][]} options @param {string} chosen */
function select(name, options, chosen) {
  return h(
    "select",
    { name },
    options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)),
  );
}

/** @param {string} title @param {Node} add @param {string[]} columns @param {Node[]} rows */
function section(title, add, columns, rows) {
  const head = h(
    "tr",
    {},
    columns.map((name) => (name ? h("th", { scope: "col" }, name) : h("td", {}))),
  );
  const table = h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": title },
    cards(h("table", {}, h("thead", {}, head), h("tbody", {}, rows))),
  );
  return h(
    "section",
    { class: "panel" },
    h("div", { class: "head" }, h("h2", {}, title), add),
    rows.length ? table : h("p", { class: "quiet" }, T.keys.none),
  );
}

define("keys-screen", KeysScreen);
