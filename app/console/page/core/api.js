// The client of /v1: errors in words, the token of changes, retries while the service is away, bytes of uploads counted.

import { noteChange } from "./requests.js";
import { ended, isRenewed, loggedIn, session } from "./session.js";

/**
 * @typedef {{ pointer: string, code: string, detail: string, limit: unknown, measured: unknown }} Mistake
 * @typedef {{ title?: string, status: number, code: string, detail: string, errors?: Mistake[] } & Record<string, any>} Problem
 *
 * `query`: absent, null and empty values are left out; a list is a repeated name. `ifMatch`: an ETag. `batch`: what belongs
 * together, to be undone together. `quiet`: no change of its own (such as a test), so not shown as a request.
 * @typedef {{ query?: Record<string, unknown>, body?: unknown, ifMatch?: string | null, batch?: string, headers?: Record<string, string>,
 *   signal?: AbortSignal, quiet?: boolean, key?: string }} Options
 */

/** The service said no. `problem` says why, `request` is the id to quote. */
export class Refused extends Error {
  /** @param {Problem} problem @param {string} request */
  constructor(problem, request) {
    super(problem.detail);
    this.problem = problem;
    this.request = request;
  }
  get code() {
    return this.problem.code;
  }
}

const PAUSES = [500, 1000, 2000, 4000, 8000];
const AWAY = new Set([502, 503, 504]);
const presence = new EventTarget();
let isAway = false;

/** Calls back with whether the service is away, whenever that changes. @param {(away: boolean) => void} listener */
export function onAway(listener) {
  presence.addEventListener("change", () => listener(isAway));
}

/** @param {boolean} away */
function tellAway(away) {
  if (away === isAway) return;
  isAway = away;
  presence.dispatchEvent(new Event("change"));
}

/** What an answer is: its value, and its ETag for `ifMatch`. @template T @typedef {{ value: T, etag: string | null, status: number, headers: Headers }} Answer */

/**
 * Reads. While the service is away it asks again until `signal` says that nobody waits any more.
 * @template [T=any]
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<T>}
 */
export async function get(path, options = {}) {
  return (await ask("GET", path, options)).value;
}

/**
 * The same with the ETag.
 * @template [T=any]
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<Answer<T>>}
 */
export function read(path, options = {}) {
  return ask("GET", path, options);
}

/**
 * Changes. It is sent again while the service is away, with one idempotency key: it is done once.
 * @template [T=any]
 * @param {"POST" | "PUT" | "PATCH" | "DELETE"} method
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<Answer<T>>}
 */
export async function change(method, path, options = {}) {
  const key = method === "DELETE" ? undefined : (options.key ?? unique());
  const answer = await ask(method, path, { ...options, key });
  if (!options.quiet) noteChange({ method, path: withQuery(path, options.query), body: options.body, headers: options.headers });
  return answer;
}

/** 128 bits that nobody has used before: an idempotency key, the name of a batch. */
export function unique() {
  const random = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * All pages of a list, or its first `most` items.
 * @template [T=any]
 * @param {string} path
 * @param {Options & { most?: number }} [options]
 * @returns {Promise<T[]>}
 */
export async function all(path, { most = 1000, ...options } = {}) {
  /** @type {T[]} */
  const items = [];
  let after;
  do {
    /** @type {{ items: T[], next: string | null }} */
    const page = await get(path, { ...options, query: { limit: 200, ...options.query, after } });
    items.push(...page.items);
    after = page.next;
  } while (after && items.length < most);
  return items.slice(0, most);
}

/** A path of this API with its segments encoded: path`/v1/products/${sku}`. @param {TemplateStringsArray} fixed @param {...(string | number)} segments */
export function path(fixed, ...segments) {
  return fixed.reduce((made, part, place) => made + encodeURIComponent(segments[place - 1]) + part);
}

/** @param {string} target @param {Record<string, unknown>} [query] */
export function withQuery(target, query = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== "" && one !== false) search.append(name, String(one));
    }
  }
  const text = search.toString();
  return text ? `${target}?${text}` : target;
}

/** @param {Options} options @returns {Record<string, string>} */
function headersOf(options) {
  /** @type {Record<string, string>} */
  const headers = { ...options.headers };
  if (options.ifMatch) headers["If-Match"] = options.ifMatch;
  if (options.batch) headers.Batch = options.batch;
  return headers;
}

/**
 * @param {string} method
 * @param {string} target
 * @param {Options} options
 * @returns {Promise<Answer<any>>}
 */
async function ask(method, target, options) {
  const url = withQuery(target, options.query);
  let mayRenew = method !== "GET";
  for (let attempt = 0; ; attempt += 1) {
    const used = session()?.change_token;
    const answer = await once(method, url, options);
    if (answer === null) {
      tellAway(true);
      await pause(attempt, options.signal);
    } else if (isLater(answer)) {
      await pause(attempt, options.signal);
    } else if (answer.status === 401) {
      ended();
      await loggedIn();
    } else if (answer.status === 403 && mayRenew && (await isRenewed(used))) {
      mayRenew = false;
    } else if (method === "DELETE" && answer.status === 404 && attempt) {
      return { value: null, etag: null, status: 204, headers: answer.headers }; // an attempt before was heard
    } else {
      return told(answer);
    }
  }
}

/** What was sent before with this key is still in hand, or too much came at once: the same is welcome in a moment. @param {Response} answer */
const isLater = ({ status, headers }) => (status === 409 || status === 429) && headers.has("Retry-After");

/** One attempt; null where the service is away. @param {string} method @param {string} url @param {Options} options */
async function once(method, url, { body, signal, key, ...options }) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", ...headersOf(options), ...token(method) };
  if (body !== undefined) headers["Content-Type"] ??= "application/json";
  if (key) headers["Idempotency-Key"] = key;
  const sent = typeof body === "string" || body instanceof Blob || body === undefined ? body : JSON.stringify(body);
  let answer;
  try {
    answer = await fetch(url, { method, headers, body: sent, signal, cache: "no-store" });
  } catch (error) {
    if (signal?.aborted || !(error instanceof TypeError)) throw error;
    return null;
  }
  const isOurs = AWAY.has(answer.status) && (await answer.clone().text()).includes('"busy"');
  if (AWAY.has(answer.status) && !isOurs) return null;
  tellAway(false);
  return answer;
}

/** @param {string} method @returns {Record<string, string>} */
function token(method) {
  const current = session();
  return method === "GET" || !current ? {} : { "X-Change-Token": current.change_token };
}

/** @param {Response} answer @returns {Promise<Answer<any>>} */
async function told(answer) {
  const text = await answer.text();
  const isJson = (answer.headers.get("Content-Type") ?? "").includes("json");
  const value = text && isJson ? JSON.parse(text) : text || null;
  if (!answer.ok) throw new Refused(problem(answer.status, value), answer.headers.get("X-Request-Id") ?? "");
  return { value, etag: answer.headers.get("ETag"), status: answer.status, headers: answer.headers };
}

/** @param {number} status @param {any} value @returns {Problem} */
function problem(status, value) {
  return value && typeof value === "object" && "detail" in value
    ? { code: "internal", ...value, status }
    : { status, code: "internal", detail: `The service answered ${status}.` };
}

/** @param {number} attempt @param {AbortSignal} [signal] @returns {Promise<void>} */
function pause(attempt, signal) {
  const milliseconds = PAUSES[Math.min(attempt, PAUSES.length - 1)] * (0.75 + Math.random() / 2);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    addEventListener("online", () => resolve(), { once: true, signal });
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

/**
 * Uploads a file, with its bytes counted as they go. Away and retries as for changes.
 * @template [T=any]
 * @param {"POST" | "PUT"} method
 * @param {string} target
 * @param {File | Blob} file
 * @param {Options & { progress?: (sent: number, of: number) => void }} options `key` makes a repeated upload be done once
 * @returns {Promise<Answer<T>>}
 */
export async function upload(method, target, file, options) {
  const url = withQuery(target, options.query);
  const key = options.key ?? unique();
  let mayRenew = true;
  for (let attempt = 0; ; attempt += 1) {
    const used = session()?.change_token;
    const answer = await uploadOnce(method, url, file, { ...options, key });
    if (answer === null || AWAY.has(answer.status) || isLater(answer)) {
      if (answer === null) tellAway(true); // 503 may mean that all slots are taken
      await pause(attempt, options.signal);
    } else if (answer.status === 401) {
      ended();
      await loggedIn();
    } else if (answer.status === 403 && mayRenew && (await isRenewed(used))) {
      mayRenew = false;
    } else {
      tellAway(false);
      const name = file instanceof File ? file.name : "picture";
      const result = await told(answer);
      noteChange({ method, path: url, file: name, headers: { ...options.headers, "Content-Type": file.type || "image/jpeg" } });
      return result;
    }
  }
}

/**
 * `fetch` does not tell how much it has sent.
 * @param {string} method
 * @param {string} url
 * @param {Blob} file
 * @param {Options & { progress?: (sent: number, of: number) => void }} options
 * @returns {Promise<Response | null>}
 */
function uploadOnce(method, url, file, options) {
  const request = new XMLHttpRequest();
  request.open(method, url);
  request.responseType = "text";
  const type = file.type.startsWith("image/") ? file.type : "image/jpeg"; // what it is, the service finds out
  const headers = { Accept: "application/json", "Content-Type": type, ...headersOf(options), ...token(method) };
  for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
  if (options.key) request.setRequestHeader("Idempotency-Key", options.key);
  return new Promise((resolve, reject) => {
    request.upload.onprogress = (event) => options.progress?.(event.loaded, event.total);
    request.onerror = () => resolve(null);
    request.onabort = () => reject(options.signal?.reason ?? new DOMException("Aborted", "AbortError"));
    request.onload = () => resolve(asResponse(request));
    options.signal?.addEventListener("abort", () => request.abort());
    if (options.signal?.aborted) reject(options.signal.reason);
    else request.send(file);
  });
}

/** @param {XMLHttpRequest} request */
function asResponse(request) {
  const headers = new Headers();
  for (const line of request
    .getAllResponseHeaders()
    .trim()
    .split(/[\r\n]+/)) {
    const place = line.indexOf(":");
    if (place > 0) headers.append(line.slice(0, place), line.slice(place + 1).trim());
  }
  const isEmpty = [204, 304].includes(request.status);
  return new Response(isEmpty ? null : request.responseText, { status: request.status, headers });
}
