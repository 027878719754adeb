// Follows GET /v1/events as a stream, and goes on where it broke off.

const MOST_PAUSE = 15000;

/**
 * Tells each event and the place in the log that it is told up to, and whether the stream stands, until `signal`. It goes on
 * behind the place `last`.
 * @param {(told: import("./feed.js").Told) => void} tell
 * @param {AbortSignal} signal
 * @param {string} last
 */
export async function follow(tell, signal, last) {
  for (let pause = 500; !signal.aborted; pause = Math.min(pause * 2, MOST_PAUSE)) {
    try {
      const answer = await fetch("/v1/events", { headers: headers(last), signal, cache: "no-store" });
      if (answer.status === 410) last = ""; // further back than the log goes: from now on
      if (answer.ok && answer.body) {
        tell({ live: true });
        pause = 500;
        await read(answer.body, (id, data) => {
          last = id || last;
          tell({ at: last, ...(data ? { event: JSON.parse(data) } : {}) });
        });
      }
    } catch {
      // away, or told to end: the loop finds out
    }
    tell({ live: false });
    if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** @param {string} last @returns {Record<string, string>} */
function headers(last) {
  return { Accept: "text/event-stream", ...(last ? { "Last-Event-ID": last } : {}) };
}

/** @param {ReadableStream<Uint8Array>} body @param {(id: string, data: string) => void} each */
async function read(body, each) {
  const reader = body.pipeThrough(/** @type {any} */ (new TextDecoderStream())).getReader();
  let rest = "";
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const blocks = (rest + piece.value).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = Object.fromEntries(
        block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
      );
      if (fields.id || fields.data) each(fields.id ?? "", fields.data ?? "");
    }
  }
}
