// Changes as requests: what was sent, as a shell command that does the same.

import { T } from "./texts.js";

/**
 * A request as it was sent. `file` is the name of an uploaded one, in the place of a body.
 * @typedef {{ method: string, path: string, headers?: Record<string, string>, body?: unknown, file?: string }} Sent
 */

const MOST = 50;
/** @type {{ sent: Sent, at: Date }[]} */
const made = [];
const changes = new EventTarget();

/**
 * Notes a change that was made. What holds once only, such as the revision that was looked at, is no part of it: the command
 * does the same whenever it is run. @param {Sent} sent
 */
export function noteChange(sent) {
  made.unshift({ sent, at: new Date() });
  made.length = Math.min(made.length, MOST);
  changes.dispatchEvent(new Event("change"));
}

/** The changes of this tab, the last one first. */
export const changesMade = () => made;

/** Calls back whenever one is added. @param {() => void} listener @param {AbortSignal} [signal] */
export function onChangeMade(listener, signal) {
  changes.addEventListener("change", listener, { signal });
}

/** A `curl` line that does the same. @param {Sent} sent */
export function curl(sent) {
  const words = ["curl"];
  if (sent.method !== "GET" && !(sent.method === "POST" && (sent.body !== undefined || sent.file))) words.push("-X", sent.method);
  words.push("-H", '"Authorization: Bearer $KEY"');
  for (const [name, value] of Object.entries(sent.headers ?? {})) words.push("-H", quoted(`${name}: ${value}`));
  if (sent.file) words.push("--data-binary", quoted(`@${sent.file}`));
  else if (sent.body !== undefined) words.push("--json", quoted(JSON.stringify(sent.body)));
  words.push(quoted(new URL(sent.path, location.origin).href));
  return words.join(" ");
}

/** As one word of a shell. @param {string} text */
function quoted(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A sentence above the command. */
export const about = () => T.asRequestAbout;
