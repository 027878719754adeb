// What all screens have in common: parameters of the address, an end, errors in words.

import { failure } from "../elements/failure.js";
import { fill, h } from "./element.js";
import { T } from "./texts.js";

/**
 * A screen says what it shows in `show`; what it begins it ends by `signal`. Where the back button changes nothing but the
 * query, `moved` is called if the screen has it; else there is a new one.
 */
export class Screen extends HTMLElement {
  #end = new AbortController();
  /** @type {Record<string, string>} Of the address. */
  params = {};
  /** @type {URLSearchParams} */
  query = new URLSearchParams();

  /** Aborted once the screen is left. */
  get signal() {
    return this.#end.signal;
  }

  /** Fills the screen. What it throws is shown in words, with a button to try again. @returns {unknown} */
  show() {
    throw new Error("A screen shows something");
  }

  connectedCallback() {
    fill(this, h("p", { class: "quiet", role: "status" }, T.loading));
    this.again();
  }

  disconnectedCallback() {
    this.#end.abort();
  }

  /** Shows all of it once more. */
  async again() {
    try {
      await this.show();
    } catch (error) {
      if (!this.signal.aborted)
        fill(
          this,
          failure(error, () => this.again()),
        );
    }
  }
}
