// A list that goes on as one scrolls, page by page.

import { fill, h } from "../core/element.js";
import { T } from "../core/texts.js";
import { failure } from "./failure.js";

/**
 * `next` gives a page: its items, and the cursor of the following one (null: that was the last). Pages may be empty.
 * `end` is what the list ends with, where it is part of it, such as a table. `shown` is told how many there are, and whether there are more.
 * @template Item
 * @param {{ list: HTMLElement, end?: HTMLElement, row: (item: Item) => HTMLElement, next: (after: string | null, signal: AbortSignal) => Promise<{ items: Item[], next: string | null }>,
 *   signal: AbortSignal, shown?: (count: number, more: boolean) => void }} options
 */
export function endlessList({ list, end: behind = list, row, next, signal, shown = () => {} }) {
  const end = h("div", { class: "list-end" });
  behind.after(end);
  signal.addEventListener("abort", () => end.remove());
  /** @type {string | null} */
  let after = null;
  let count = 0;
  let isLoading = false;
  const seen = new IntersectionObserver(([entry]) => entry.isIntersecting && load(), { rootMargin: "600px" });
  signal.addEventListener("abort", () => seen.disconnect());

  async function load() {
    if (isLoading || signal.aborted) return;
    isLoading = true;
    fill(end, h("p", { class: "quiet" }, T.loading));
    try {
      await page();
    } catch (error) {
      if (!signal.aborted) fill(end, failure(error, load));
    }
    isLoading = false;
  }

  async function page() {
    const found = await next(after, signal);
    if (signal.aborted) return;
    list.append(...found.items.map(row));
    count += found.items.length;
    after = found.next;
    shown(count, after !== null);
    fill(end);
    seen.unobserve(end);
    if (after !== null) seen.observe(end); // told anew whether it is in sight: a short page is followed by the next
  }

  return load();
}
