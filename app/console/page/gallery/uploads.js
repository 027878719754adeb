// Uploads, three at once: each with an idempotency key of its own, so that a repeated one is done once.

import { Refused, unique, upload } from "../core/api.js";
import { T } from "../core/texts.js";
import { words } from "../elements/failure.js";

const AT_ONCE = 3;

/**
 * `state`: waiting, sending, done, refused, cancelled. `said` is the refusal in words. `image` is what came of it.
 * @typedef {{ file: File, target: string, query: Record<string, unknown>, batch: string, key: string, state: string, share: number, said: string,
 *   image: import("../elements/picture-tile.js").Image | null, end: AbortController }} Upload
 */

/** A queue; `changed` is called with each upload whenever something about it has changed. */
export class Uploads {
  /** @type {Upload[]} */
  #waiting = [];
  #running = 0;
  #changed;

  /** @param {(one: Upload) => void} changed */
  constructor(changed) {
    this.#changed = changed;
  }

  /** How many are not decided yet. */
  get open() {
    return this.#waiting.length + this.#running;
  }

  /** @param {File} file @param {string} target where it is posted to @param {{ query?: Record<string, unknown>, batch: string, key?: string }} options @returns {Upload} */
  add(file, target, { query = {}, batch, key = unique() }) {
    const one = {
      file,
      target,
      query,
      batch,
      key,
      state: "waiting",
      share: 0,
      said: "",
      image: null,
      end: new AbortController(),
    };
    this.#waiting.push(one);
    queueMicrotask(() => this.#go());
    return one;
  }

  /** @param {Upload} one */
  again(one) {
    Object.assign(one, { state: "waiting", share: 0, said: "", end: new AbortController() });
    this.#waiting.push(one);
    this.#changed(one);
    this.#go();
  }

  /** @param {Upload} one */
  cancel(one) {
    this.#waiting = this.#waiting.filter((other) => other !== one);
    one.end.abort();
    if (one.state === "waiting") this.#becomes(one, "cancelled");
  }

  #go() {
    while (this.#running < AT_ONCE && this.#waiting.length) this.#send(/** @type {Upload} */ (this.#waiting.shift()));
  }

  /** @param {Upload} one */
  async #send(one) {
    this.#running += 1;
    this.#becomes(one, "sending");
    try {
      const progress = (/** @type {number} */ sent, /** @type {number} */ of) => {
        one.share = of ? sent / of : 1;
        this.#changed(one);
      };
      const { query, batch, key, end } = one;
      const told = await upload("POST", one.target, one.file, { query, batch, key, progress, signal: end.signal });
      one.image = told.value;
      this.#running -= 1;
      this.#becomes(one, "done");
    } catch (error) {
      this.#running -= 1;
      one.said = refusal(error);
      this.#becomes(one, one.end.signal.aborted ? "cancelled" : "refused");
    }
    this.#go();
  }

  /** @param {Upload} one @param {string} state */
  #becomes(one, state) {
    one.state = state;
    this.#changed(one);
  }
}

/** Why a file was not taken, in a sentence. @param {unknown} error */
export function refusal(error) {
  if (error instanceof Refused && error.problem.errors?.length)
    return error.problem.errors
      .map(({ code, detail, measured, limit }) => {
        const words = measured ? T.uploads.measured[code] : null;
        return words ? `${detail} ${words(measured, limit)}` : detail;
      })
      .join(" ");
  const { title, detail } = words(error);
  return [title, detail].filter(Boolean).join(" ");
}
