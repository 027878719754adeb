// Changes of several images as one batch, each only if nobody else changed it meanwhile; and their undo.

import { change, path, Refused, unique } from "../core/api.js";
import { T } from "../core/texts.js";
import { toast } from "../elements/announcer.js";
import { ask } from "../elements/ask.js";
import { attempt, tellFailure } from "../elements/failure.js";
import { followed } from "../elements/long-work.js";
import { tagOf } from "./scope.js";

/** @typedef {import("../elements/picture-tile.js").Image} Image */

const AT_ONCE = 3;

/**
 * Does `work` with each image, a few at once; tells how many it was done with, offers to undo that, and tells the first refusal.
 * `after` is called when all of it is done, and after an undo.
 * @param {Image[]} images
 * @param {(image: Image, options: { batch: string, ifMatch: string }) => Promise<unknown>} work
 * @param {(count: number) => string} said
 * @param {() => unknown} after
 */
export async function changeAll(images, work, said, after) {
  const batch = unique();
  const waiting = [...images];
  let done = 0;
  /** @type {unknown} */
  let refused = null;
  const runner = async () => {
    for (let image = waiting.shift(); image; image = waiting.shift()) {
      try {
        await work(image, { batch, ifMatch: tagOf(image) });
        done += 1;
      } catch (error) {
        refused ??= error;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runner));
  if (done) toast(said(done), { undo: () => undo(batch, after) });
  if (refused) tellFailure(refused);
  await after();
}

/** @param {Image} image @param {{ batch: string, ifMatch: string }} options @param {unknown} body */
export const patch = (image, options, body) => change("PATCH", path`/v1/images/${image.id}`, { ...options, body });

/** @param {Image} image @param {{ batch: string, ifMatch: string }} options */
export const remove = (image, options) => change("DELETE", path`/v1/images/${image.id}`, options);

/** Takes a batch back. What was changed since is told; then it is left, if whoever asked for the undo wants that. @param {string} batch @param {() => unknown} after */
export async function undo(batch, after) {
  await attempt(async () => {
    const { value, status } = await undone(batch, false).catch(async (error) => {
      if (!(error instanceof Refused) || error.code !== "conflict" || !(await isRestMeant())) throw error;
      return undone(batch, true);
    });
    if (status === 202) tellEnd(await followed(value, T.undoing.underWay));
    else toast(T.undoing.done(value.undone, value.left.length));
  });
  await after();
}

/** @param {import("../elements/long-work.js").LongJob} job */
function tellEnd({ state, done, of, left, failure }) {
  if (state === "done") toast(T.undoing.done(done, left.length));
  else if (state === "stopped") toast(T.undoing.stopped(done, of ?? done));
  else toast(failure?.detail ?? T.undoing.failed, { kind: "wrong" });
}

const isRestMeant = () =>
  ask({ title: T.undoing.title, text: T.undoing.conflict, actions: [{ text: T.undoing.rest, value: "rest" }] });

/** @param {string} batch @param {boolean} force */
const undone = (batch, force) => change("POST", "/v1/history/undo", { body: { batch, ...(force && { force }) } });
