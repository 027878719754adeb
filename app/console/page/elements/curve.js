// Small drawings of figures: a curve of the last hour, and shares of a whole as a bar.

import { h, svg } from "../core/element.js";
import { stateBadge } from "./state-badge.js";

const WIDTH = 240;
const HEIGHT = 40;
const HOUR = 3600000;

/**
 * A curve of the last hour; minutes without a figure are gaps. `text` says it in words for who does not see it.
 * @param {{ at: string, value: number }[]} points
 * @param {string} text
 */
export function curve(points, text) {
  const end = Date.now();
  const most = Math.max(1, ...points.map((point) => point.value));
  const placed = points.map(({ at, value }) => [
    ((Date.parse(at) - end + HOUR) / HOUR) * WIDTH,
    HEIGHT - 2 - (value / most) * (HEIGHT - 6),
  ]);
  const line = placed.map(([x, y], place) => `${place ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join(" ");
  const drawn = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    class: "curve",
    role: "img",
    "aria-label": text,
    preserveAspectRatio: "none",
  });
  drawn.append(svg("path", { d: `M0 ${HEIGHT - 1.5}H${WIDTH}`, class: "ground" }));
  if (placed.length > 1) drawn.append(svg("path", { d: line, class: "line" }));
  for (const [x, y] of placed.slice(-1)) drawn.append(svg("path", { d: `M${x.toFixed(1)} ${y.toFixed(1)}h0`, class: "last" }));
  return drawn;
}

/**
 * Shares of a whole: a bar, and below it each in words with its figure.
 * @param {{ state: string, count: number, text: string, href?: string }[]} shares
 */
export function stateBar(shares) {
  const whole = shares.reduce((sum, share) => sum + share.count, 0);
  const parts = shares
    .filter((share) => share.count)
    .map((share) => {
      const part = h("span", { class: `part state-${share.state}` });
      part.style.flexGrow = String(share.count);
      return part;
    });
  const words = shares.map(({ state, text, href, count }) =>
    h("li", {}, stateBadge(state), href && count ? h("a", { href }, text) : h("span", {}, text)),
  );
  return h(
    "div",
    { class: "states" },
    h("div", { class: "state-bar", "aria-hidden": "true" }, whole ? parts : h("span", { class: "part" })),
    h("ul", {}, words),
  );
}
