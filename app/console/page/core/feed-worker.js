// The shared worker that follows the feed for all tabs, as long as one of them is visible.

import { follow } from "./feed-stream.js";

const BEAT = 2000;
const SILENCE = 3 * BEAT;

/** @type {Map<MessagePort, { visible: boolean, at: number }>} */
const tabs = new Map();
/** @type {AbortController | null} */
let following = null;
/** @type {import("./feed.js").Told} */
let state = { live: false };
let last = "";

/** @param {import("./feed.js").Told} told */
function tell(told) {
  if (told.live !== undefined) state = told;
  last = told.at ?? last;
  for (const port of tabs.keys()) port.postMessage(told);
}

function look() {
  for (const [port, { at }] of tabs) if (Date.now() - at > SILENCE * 20) tabs.delete(port);
  const isWanted = [...tabs.values()].some(({ visible, at }) => visible && Date.now() - at < SILENCE);
  if (isWanted && !following) {
    following = new AbortController();
    follow(tell, following.signal, last);
  } else if (!isWanted && following) {
    following.abort();
    following = null;
  }
}

setInterval(look, BEAT);

/** @param {MessageEvent} event */
function connected({ ports: [port] }) {
  tabs.set(port, { visible: false, at: Date.now() });
  port.onmessage = ({ data }) => {
    tabs.set(port, { visible: data.visible, at: Date.now() });
    look();
  };
  port.postMessage(state);
}

/** @type {any} */ (globalThis).onconnect = connected;
