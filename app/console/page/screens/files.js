// Many files at once: a folder or a zip, told apart by their names, sent as one batch that can be undone.

import { all, path, unique, withQuery } from "../core/api.js";
import { define, fill, h } from "../core/element.js";
import { guardWork, to } from "../core/router.js";
import { Screen } from "../core/screen.js";
import { session } from "../core/session.js";
import { bytes, number, T } from "../core/texts.js";
import { announce, toast } from "../elements/announcer.js";
import { attempt } from "../elements/failure.js";
import { badge } from "../elements/state-badge.js";
import { matchAll } from "../files/matching.js";
import { compiled, DEFAULT } from "../files/names.js";
import { BadZip, contents } from "../files/zip.js";
import { undo } from "../gallery/changes.js";
import { sha256 } from "../gallery/digest.js";
import { chosen, inOrder, isMeant, onFiles } from "../gallery/dropped.js";
import { Uploads } from "../gallery/uploads.js";

/** @typedef {import("../files/matching.js").Candidate} Candidate */
/** @typedef {import("../gallery/dropped.js").Found} Found */

const TYPING = 250;
const MOST_SHOWN = 300;
const PICTURE = /\.(?:jpe?g|png|gif|webp|avif|tiff?|heic|heif|bmp)$/i;
const ZIP = /\.zip$/i;
const KEPT = "files-batch";
const STATES = ["matched", "there", "unknown", "unclear"];

class FilesScreen extends Screen {
  /** @type {Candidate[]} */
  #candidates = [];
  /** @type {Set<string>} */
  #types = new Set();
  #rule = h("input", { name: "rule", value: DEFAULT, spellcheck: "false", autocomplete: "off" });
  #wrong = h("p", { class: "wrong", role: "alert" });
  #counts = h("p", { class: "row", role: "status" });
  #list = h("div", {});
  #actions = h("div", { class: "row" });
  #over = h("div", { class: "drop-over", hidden: true }, h("p", {}, T.files.drop));
  #hint = h("p", { class: "drop-here" }, T.files.empty);
  #round = new AbortController();
  /** @type {Candidate[]} */
  #pending = [];
  /** @type {Map<import("../gallery/uploads.js").Upload, Candidate>} */
  #sent = new Map();
  #isRunning = false;
  /** How often it was started; what an earlier run has opened is not sent. */
  #run = 0;
  #opening = 0;
  #batch = "";
  #uploads = new Uploads((one) => this.#uploadChanged(one));

  async show() {
    const types = await all("/v1/image-types", { signal: this.signal });
    this.#types = new Set(types.map((type) => type.code));
    fill(
      this,
      h("div", { class: "head" }, h("h1", {}, T.screens.files)),
      h("p", { class: "quiet" }, T.files.about),
      h(
        "div",
        { class: "row tools" },
        h("label", { class: "rule" }, T.files.rule, this.#rule),
        this.#picker(T.files.folder, true),
        this.#picker(T.files.choose, false),
      ),
      h("p", { class: "quiet" }, T.files.ruleAbout),
      this.#wrong,
      this.#hint,
      this.#actions,
      this.#counts,
      this.#list,
      this.#over,
    );
    this.#listen();
  }

  #listen() {
    const { signal } = this;
    onFiles({ found: (found) => this.#take(found), over: (is) => (this.#over.hidden = !is), signal });
    guardWork(() => this.#isRunning, signal);
    let timer = 0;
    this.#rule.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#match(), TYPING);
    });
  }

  /** @param {string} word @param {boolean} folder */
  #picker(word, folder) {
    const input = h("input", {
      type: "file",
      multiple: true,
      webkitdirectory: folder,
      class: "visually-hidden",
      tabindex: "-1",
      "aria-hidden": "true",
    });
    input.addEventListener("change", () => {
      this.#take(chosen(input.files));
      input.value = "";
    });
    return h("span", {}, h("button", { type: "button", class: folder ? "main" : "", onclick: () => input.click() }, word), input);
  }

  /** @param {Found[]} found */
  async #take(found) {
    if (this.#isRunning || !found.length) return;
    this.#wrong.textContent = "";
    const taken = [];
    for (const one of inOrder(found)) taken.push(...(ZIP.test(one.name) ? await this.#unzipped(one.file) : [candidate(one)]));
    this.#candidates = taken.filter((one) => PICTURE.test(one.name));
    this.#hint.hidden = this.#candidates.length > 0;
    if (taken.length > this.#candidates.length) this.#wrong.textContent = T.files.others(taken.length - this.#candidates.length);
    await this.#match();
  }

  /** @param {File} zip @returns {Promise<Candidate[]>} */
  async #unzipped(zip) {
    try {
      const packed = await contents(zip, session()?.max_image_bytes ?? 0);
      return packed.filter(isMeant).map(({ name, size, open }) => ({
        name,
        size,
        open,
        state: "unclear",
        named: null,
        existing: null,
        digest: null,
      }));
    } catch (error) {
      if (!(error instanceof BadZip)) throw error;
      this.#wrong.textContent = `${zip.name}: ${T.files.badZip[error.reason]}`;
      return [];
    }
  }

  /** What all of them are by the rule; an earlier look that is under way counts no more. */
  async #match() {
    if (this.#isRunning) return;
    const rule = compiled(this.#rule.value);
    this.#rule.setAttribute("aria-invalid", String(rule === null));
    if (!rule) {
      this.#wrong.textContent = T.files.badRule;
      return;
    }
    if (this.#wrong.textContent === T.files.badRule) this.#wrong.textContent = "";
    if (!this.#candidates.length) return;
    this.#round.abort();
    this.#round = new AbortController();
    const signal = AbortSignal.any([this.#round.signal, this.signal]);
    this.#counts.textContent = T.loading;
    await attempt(() => matchAll(this.#candidates, rule, this.#types, signal));
    if (!signal.aborted) this.#draw();
  }

  #draw() {
    const counts = STATES.map((state) => [state, this.#candidates.filter((one) => one.state === state).length]);
    fill(
      this.#counts,
      ...counts
        .filter(([, count]) => count)
        .map(([state, count]) => badge(T.files.counts[state](Number(count)), `match-${state}`)),
    );
    const matched = this.#candidates.filter((one) => one.state === "matched");
    const size = matched.reduce((sum, one) => sum + one.size, 0);
    const start = h(
      "button",
      { type: "button", class: "main", onclick: () => this.#start(matched) },
      T.files.start(matched.length, bytes(size)),
    );
    fill(this.#actions, matched.length > 0 && start);
    fill(this.#list, table(this.#candidates));
  }

  /** @param {Candidate[]} matched */
  #start(matched) {
    this.#batch = batchOf(this.#candidates);
    this.#isRunning = true;
    this.#run += 1;
    this.#rule.disabled = true;
    this.#pending = [...matched];
    this.#sent.clear();
    this.#progress();
    this.#feed();
  }

  /** Files are opened shortly before they are sent: a zip is not unpacked as a whole. */
  async #feed() {
    while (this.#isRunning && this.#uploads.open + this.#opening < 4) {
      const next = this.#pending.shift();
      if (!next) break;
      this.#opening += 1;
      try {
        await this.#send(next);
      } catch (error) {
        next.state = "failed";
        next.reason = error instanceof BadZip ? T.files.badZip[error.reason] : String(error);
      } finally {
        this.#opening -= 1;
      }
    }
    const isDone = !this.#pending.length && !this.#uploads.open && !this.#opening;
    if (this.#isRunning && isDone) this.#finish();
  }

  /** Not if it was stopped while the file was being opened. @param {Candidate} next */
  async #send(next) {
    const run = this.#run;
    const { sku, position, type } = /** @type {import("../files/names.js").Named} */ (next.named);
    const file = await next.open();
    const query = { file_name: file.name, position, types: type };
    const target = path`/v1/products/${sku}/images`;
    next.digest ??= await sha256(file);
    const key = next.digest ? await sha256(new Blob([this.#batch, withQuery(target, query), next.digest])) : null;
    if (!this.#isRunning || run !== this.#run) return;
    this.#sent.set(this.#uploads.add(file, target, { query, batch: this.#batch, key: key ?? unique() }), next);
  }

  /** @param {import("../gallery/uploads.js").Upload} one */
  #uploadChanged(one) {
    const of = this.#sent.get(one);
    if (!of) return;
    if (one.state === "done") Object.assign(of, { state: "done", existing: one.image?.id ?? null });
    if (one.state === "refused") Object.assign(of, { state: "failed", reason: one.said });
    if (one.state === "cancelled") of.state = "matched";
    this.#progress();
    if (one.state === "waiting" || one.state === "sending") return;
    this.#sent.delete(one);
    this.#feed();
  }

  #progress() {
    if (!this.#isRunning) return;
    const meant = this.#candidates.filter((one) => ["matched", "done", "failed"].includes(one.state));
    const decided = meant.filter((one) => one.state !== "matched").length;
    const under = [...this.#sent.keys()].reduce((sum, one) => sum + one.share, 0);
    const bar = h("progress", { max: meant.length, "aria-label": T.files.progress });
    bar.value = Math.min(meant.length, decided + under);
    const stop = h("button", { type: "button", onclick: () => this.#stop() }, T.cancel);
    fill(this.#actions, bar, h("span", { class: "number" }, T.files.decided(decided, meant.length)), stop);
  }

  #stop() {
    this.#pending = [];
    for (const one of this.#sent.keys()) this.#uploads.cancel(one);
    this.#finish();
  }

  #finish() {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.#rule.disabled = false;
    const batch = this.#batch;
    const [done, failed, left] = ["done", "failed", "matched"].map(
      (state) => this.#candidates.filter((one) => one.state === state).length,
    );
    const text = T.files.summary(done, failed, left);
    if (!left) localStorage.removeItem(KEPT);
    const back = () =>
      undo(batch, () => {
        localStorage.removeItem(KEPT); // what is sent again now is meant anew
        for (const one of this.#candidates) if (one.state === "done") one.state = "matched";
        return this.#match();
      });
    const undoing = h("button", { type: "button", onclick: back }, T.files.undo);
    const again =
      left > 0 &&
      h(
        "button",
        { type: "button", class: "main", onclick: () => this.#start(this.#candidates.filter((one) => one.state === "matched")) },
        T.files.goOn,
      );
    fill(this.#actions, h("strong", {}, text), again, done > 0 && undoing);
    fill(this.#counts);
    fill(this.#list, table(this.#candidates));
    announce(text);
    toast(text, { kind: failed ? "wrong" : "done" });
  }
}

/**
 * The name of a batch. A page that is closed goes on with it where the same files are given again: what was done is not
 * done again.
 * @param {Candidate[]} candidates
 */
function batchOf(candidates) {
  const of = candidates.map(({ name, size }) => `${name}/${size}`).sort();
  const kept = keptBatch();
  if (kept && kept.of.join() === of.join()) return kept.batch;
  const batch = unique();
  try {
    localStorage.setItem(KEPT, JSON.stringify({ of, batch }));
  } catch {
    localStorage.removeItem(KEPT); // too many names to be kept
  }
  return batch;
}

/** @returns {{ of: string[], batch: string } | null} */
function keptBatch() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "null");
    return Array.isArray(kept?.of) ? kept : null;
  } catch {
    return null;
  }
}

/** @param {Found} found @returns {Candidate} */
const candidate = ({ file, name }) => ({
  name,
  size: file.size,
  open: async () => file,
  state: "unclear",
  named: null,
  existing: null,
  digest: null,
});

/** @param {Candidate[]} candidates */
function table(candidates) {
  if (!candidates.length) return null;
  const order = ["failed", "unclear", "unknown", "there", "matched", "done"];
  const sorted = [...candidates].sort((one, other) => order.indexOf(one.state) - order.indexOf(other.state));
  const heads = Object.values(T.files.columns).map((word) => h("th", {}, word));
  const more = candidates.length - MOST_SHOWN;
  return h(
    "div",
    { class: "panel scroll", tabindex: "0", role: "region", "aria-label": T.screens.files },
    h("table", {}, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, sorted.slice(0, MOST_SHOWN).map(row))),
    more > 0 && h("p", { class: "quiet" }, T.product.more(more)),
  );
}

/** @param {Candidate} one */
function row(one) {
  const { named } = one;
  const isThere = named && ["matched", "there", "done"].includes(one.state);
  const sku = isThere
    ? h("a", { href: to("/products/{sku}", { sku: named.sku }), target: "_blank" }, named.sku)
    : (named?.sku ?? T.nothing);
  const image =
    one.existing && h("a", { href: to("/images/{id}", { id: one.existing }), target: "_blank" }, T.image.number(one.existing));
  const said = [
    badge(T.files.states[one.state], `match-${one.state}`),
    image && " ",
    image,
    one.reason && h("span", { class: "wrong" }, ` ${one.reason}`),
  ];
  const place = named?.position === null || !named ? T.nothing : number(named.position);
  return h(
    "tr",
    {},
    h("td", {}, one.name),
    h("td", {}, sku),
    h("td", { class: "number" }, place),
    h("td", {}, named?.type ?? T.nothing),
    h("td", {}, said),
  );
}

define("files-screen", FilesScreen);
