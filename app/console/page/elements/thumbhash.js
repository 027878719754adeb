// What stands in the place of a picture until it is there: its ThumbHash, or else its colour.
// A ThumbHash holds a few cosine coefficients, a nibble each, of lightness, of two differences of colours and of alpha.

import { h } from "../core/element.js";

const SIDE = 32;
const BOOST = 1.25; // how much stronger the colours' coefficients are than they are kept

/** @typedef {{ nx: number, ny: number, dc: number, ac: number[] }} Channel */

/** @param {{ thumbhash?: string | null, color?: string | null } | undefined} picture @returns {HTMLElement | null} */
export function placeholder(picture) {
  if (picture?.thumbhash) return drawn(picture.thumbhash);
  if (!picture?.color) return null;
  const block = h("span", { class: "placeholder" });
  block.style.backgroundColor = picture.color;
  return block;
}

/** @param {string} text base64 @returns {HTMLElement | null} */
function drawn(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  if (bytes.length < 5) return null;
  const { channels, ratio } = parsed(bytes);
  const width = Math.round(ratio > 1 ? SIDE : SIDE * ratio);
  const height = Math.round(ratio > 1 ? SIDE / ratio : SIDE);
  const canvas = h("canvas", { class: "placeholder", width, height, "aria-hidden": "true" });
  canvas.getContext("2d")?.putImageData(new ImageData(pixels(channels, width, height), width, height), 0, 0);
  return canvas;
}

/** @param {Uint8Array} bytes */
function parsed(bytes) {
  const first = bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);
  const second = bytes[3] | (bytes[4] << 8);
  const hasAlpha = Boolean(first >> 23);
  const isWide = Boolean(second >> 15);
  const long = hasAlpha ? 5 : 7;
  const short = second & 7;
  const [nx, ny] = (isWide ? [long, short] : [short, long]).map((count) => Math.max(3, count));
  let nibble = (hasAlpha ? 6 : 5) * 2;
  const next = () => {
    const value = (bytes[nibble >> 1] >> ((nibble & 1) * 4)) & 15;
    nibble += 1;
    return value / 7.5 - 1;
  };
  /** @param {number} x @param {number} y @param {number} dc @param {number} scale @returns {Channel} */
  const channel = (x, y, dc, scale) => {
    const ac = [];
    for (let cy = 0; cy < y; cy += 1) for (let cx = cy ? 0 : 1; cx * y < x * (y - cy); cx += 1) ac.push(next() * scale);
    return { nx: x, ny: y, dc, ac };
  };
  const channels = [
    channel(nx, ny, (first & 63) / 63, ((first >> 18) & 31) / 31),
    channel(3, 3, ((first >> 6) & 63) / 31.5 - 1, (((second >> 3) & 63) / 63) * BOOST),
    channel(3, 3, ((first >> 12) & 63) / 31.5 - 1, (((second >> 9) & 63) / 63) * BOOST),
  ];
  if (hasAlpha) channels.push(channel(5, 5, (bytes[5] & 15) / 15, (bytes[5] >> 4) / 15));
  return { channels, ratio: (isWide ? long : short) / (isWide ? short : long) };
}

/** @param {Channel[]} channels @param {number} width @param {number} height */
function pixels(channels, width, height) {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [light, p, q, alpha = 1] = channels.map((channel) => at(channel, (x + 0.5) / width, (y + 0.5) / height));
      const blue = light - (2 / 3) * p;
      const red = (3 * light - blue + q) / 2;
      data.set(
        [red, red - q, blue, alpha].map((value) => value * 255),
        (y * width + x) * 4,
      );
    }
  }
  return data;
}

/** The sum of a channel's waves at a place of 0 to 1. @param {Channel} channel @param {number} x @param {number} y */
function at({ nx, ny, dc, ac }, x, y) {
  let value = dc;
  let place = 0;
  for (let cy = 0; cy < ny; cy += 1) {
    const wave = Math.cos(Math.PI * y * cy) * 2;
    for (let cx = cy ? 0 : 1; cx * ny < nx * (ny - cy); cx += 1) value += ac[place++] * Math.cos(Math.PI * x * cx) * wave;
  }
  return value;
}
