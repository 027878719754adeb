// Who is logged in. A key is sent once and never kept; the cookie that stands for it is out of reach of every script.

/**
 * @typedef {"reader" | "editor" | "admin"} Role
 * @typedef {{ actor: { kind: string, name: string }, role: Role, change_token: string, version: string, locales: string[],
 *   max_image_bytes: number, external: boolean, picture_hosts: string[] }} Session
 */

const ADDRESS = "/console/session";
/** @type {Record<Role, number>} */
const RANKS = { reader: 1, editor: 2, admin: 3 };

/** @type {Session | null} */
let current = null;
const events = new EventTarget();

/** The session; null where nobody is logged in. */
export const session = () => current;

/** Whether who is logged in may do what needs this role. @param {Role} role */
export const may = (role) => current !== null && RANKS[current.role] >= RANKS[role];

/** Calls back whenever somebody logs in, or out, or the session has ended. @param {() => void} listener @param {AbortSignal} [signal] */
export function onSession(listener, signal) {
  events.addEventListener("change", listener, { signal });
}

/** @param {Session | null} next */
function become(next) {
  current = next;
  events.dispatchEvent(new Event("change"));
}

/** Finds out whether this browser has a session. Throws a TypeError while the service is away. */
export async function resume() {
  const answer = await fetch(ADDRESS, { headers: { Accept: "application/json" } });
  become(answer.status === 200 ? await answer.json() : null);
}

/**
 * Another tab may have logged in anew, and the cookie is shared: gives whether there is another token of changes than
 * `shown`, once somebody is logged in.
 * @param {string | undefined} shown
 */
export async function isRenewed(shown) {
  if (current?.change_token !== shown) return true; // another request has found out already
  try {
    await resume();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return false;
  }
  await loggedIn();
  return current?.change_token !== shown;
}

/** Takes a one-time link out of the address, so that it is in no history; null where there is none. */
export function takeLink() {
  const link = new URLSearchParams(location.hash.slice(1)).get("link");
  if (link !== null) history.replaceState(history.state, "", location.pathname + location.search);
  return link;
}

/**
 * Logs in with `{link}` or `{key}`. Gives null, or the sentence that says why not.
 * @param {{ link: string } | { key: string }} said
 * @returns {Promise<string | null>}
 */
export async function logIn(said) {
  const answer = await fetch(ADDRESS, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(said),
  });
  const told = await answer.json();
  if (!answer.ok) return told.detail;
  become(told);
  return null;
}

/** The session has ended, in this browser and on every process. */
export async function logOut() {
  if (current) await fetch(ADDRESS, { method: "DELETE", headers: { "X-Change-Token": current.change_token } });
  become(null);
}

/** A request was refused for want of a session. */
export function ended() {
  if (current) become(null);
}

/** Resolves once somebody is logged in. @returns {Promise<void>} */
export function loggedIn() {
  if (current) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = new AbortController();
    onSession(() => {
      if (!current) return;
      stop.abort();
      resolve();
    }, stop.signal);
  });
}
