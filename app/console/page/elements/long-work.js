// Work that the service does in many steps: how much of it is done, with a button that stops it.

import { change, get, path } from "../core/api.js";
import { fill, h } from "../core/element.js";
import { number, T } from "../core/texts.js";
import { pinned } from "./announcer.js";
import { attempt } from "./failure.js";

/** @typedef {{ id: number, state: string, done: number, of: number | null, left: number[], failure: { detail: string } | null }} LongJob */

const LOOK_AGAIN = 1000;
const UNDER_WAY = new Set(["waiting", "in_hand"]);

/** Shows how far a job is until it has come to its end, and gives it as it is then. @param {LongJob} job @param {string} said @returns {Promise<LongJob>} */
export async function followed(job, said) {
  const address = path`/v1/jobs/${job.id}`;
  const bar = h("progress", { "aria-label": said });
  const count = h("span", { class: "number quiet" });
  const stop = h(
    "button",
    { type: "button", onclick: () => attempt(() => change("DELETE", address, { quiet: true })) },
    T.cancel,
  );
  const end = pinned(said, bar, count, stop);
  let now = job;
  try {
    while (UNDER_WAY.has(now.state)) {
      if (now.of) {
        bar.max = now.of;
        bar.value = now.done;
      }
      fill(count, now.of === null ? number(now.done) : T.undoing.counted(now.done, now.of));
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN));
      now = await get(address);
    }
  } finally {
    end();
  }
  return now;
}
