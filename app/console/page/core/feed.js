// What happens in the catalogue, live: one stream for all tabs of this browser, closed while none of them is visible.
// A shared worker holds it; where there is none, one tab does and tells the others.

import { follow } from "./feed-stream.js";

/** An event of the feed. @typedef {{ type: string, timestamp: string, data: Record<string, any> }} CatalogueEvent */
/** `at`: the place in the log. @typedef {{ event?: CatalogueEvent, live?: boolean, at?: string }} Told */

const BEAT = 2000;
const SILENCE = 3 * BEAT;

/** @type {Set<(event: CatalogueEvent) => void>} */
const listeners = new Set();
const state = new EventTarget();
let isLive = false;
let isOpen = false;
let last = "";

/** Calls back with each event from now on, until `signal`. @param {(event: CatalogueEvent) => void} listener @param {AbortSignal} signal */
export function onEvent(listener, signal) {
  listeners.add(listener);
  signal.addEventListener("abort", () => listeners.delete(listener));
  open();
}

/** Whether the stream stands. */
export const live = () => isLive;

/** Calls back whenever the stream begins to stand, or ends. @param {() => void} listener @param {AbortSignal} signal */
export function onLive(listener, signal) {
  state.addEventListener("change", listener, { signal });
}

/** @param {Told} told */
function hear({ event, live: stands, at = last }) {
  last = at;
  if (stands !== undefined && stands !== isLive) {
    isLive = stands;
    state.dispatchEvent(new Event("change"));
  }
  if (event) for (const listener of listeners) listener(event);
}

function open() {
  if (isOpen) return;
  isOpen = true;
  if ("SharedWorker" in globalThis) openShared();
  else openLeading();
}

function openShared() {
  const { port } = new SharedWorker(new URL("./feed-worker.js", import.meta.url), { type: "module", name: "feed" });
  port.onmessage = ({ data }) => hear(data);
  const tell = () => port.postMessage({ visible: !document.hidden });
  document.addEventListener("visibilitychange", tell);
  addEventListener("pagehide", () => port.postMessage({ visible: false }));
  addEventListener("pageshow", tell);
  tell();
  setInterval(tell, BEAT); // a tab that has crashed says nothing more
}

/**
 * One visible tab follows and tells the others; once it is silent another one does. Where two have begun at the same time the
 * one with the smaller name goes on.
 */
function openLeading() {
  const channel = new BroadcastChannel("product-images feed");
  const name = Math.random();
  /** @type {AbortController | null} */
  let leading = null;
  let heard = Date.now() - SILENCE + BEAT; // whoever leads already says so within a beat
  const soon = () => setTimeout(look, BEAT * (1 + Math.random())); // not all at once
  const beat = () => channel.postMessage({ name, told: { live: isLive } });
  const lead = () => {
    leading = new AbortController();
    const { signal } = leading;
    follow(
      (told) => {
        if (signal.aborted) return;
        hear(told);
        channel.postMessage({ name, told });
      },
      signal,
      last,
    );
  };
  const stop = () => {
    leading?.abort();
    leading = null;
  };
  channel.onmessage = ({ data }) => {
    if (leading && data.name > name) return;
    stop();
    heard = data.isOver ? 0 : Date.now();
    hear(data.told);
    if (data.isOver) soon();
  };
  const look = () => {
    if (document.hidden) leave();
    else if (!leading && Date.now() - heard > SILENCE) lead();
    if (leading) beat();
  };
  const leave = () => {
    if (leading) channel.postMessage({ name, isOver: true, told: { live: false } });
    stop();
    hear({ live: false });
  };
  document.addEventListener("visibilitychange", look);
  addEventListener("pagehide", leave);
  setInterval(look, BEAT);
  soon();
}
