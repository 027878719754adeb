// Works of which each builds on what the one before has made, such as changes of one thing.

export class InTurn {
  /** How many are not done. */
  open = 0;
  #last = Promise.resolve();

  /** Works once those before are done; `idle` follows where there are none behind. Neither throws. @param {() => Promise<unknown>} work @param {() => unknown} [idle] */
  add(work, idle = () => {}) {
    this.open += 1;
    this.#last = this.#last.then(work).then(async () => {
      this.open -= 1;
      if (!this.open) await idle();
    });
    return this.#last;
  }
}
