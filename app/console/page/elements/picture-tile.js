// A picture as a tile: used wherever one is shown. Never stretched; what is transparent stands on a checkerboard.

import { define, fill, h } from "../core/element.js";
import { session } from "../core/session.js";
import { T } from "../core/texts.js";
import { badge, stateBadge } from "./state-badge.js";
import { placeholder } from "./thumbhash.js";

/**
 * An image as /v1 tells it.
 * @typedef {{ id: number, state: string, label: string | null, exclude: boolean, types: string[], product: { id: number, sku: string },
 *   picture: { id: number, sha256?: string | null, size?: number | null, width: number | null, height: number | null, alpha?: boolean | null, thumbhash?: string | null, color?: string | null } & Record<string, any>,
 *   external: { large: string | null, small: string | null } | null, original: string | null,
 *   renditions: { recipe: string, format: string, state: string, url: string | null }[], failure?: { code: string, detail: string } } & Record<string, any>} Image
 */

const allowed = new Set(JSON.parse(sessionStorage.getItem("hosts") ?? "[]"));

/** Shows an image of /v1 (`image`), or the address of a picture alone (`src`). `note` adds a line below; `large` asks for the large rendition. */
export class PictureTile extends HTMLElement {
  /** @type {Image | null} */
  #image = null;
  #frame = h("div", { class: "frame" });
  #marks = h("div", { class: "marks" });
  /** Where a screen puts its buttons. */
  actions = h("div", { class: "tile-actions" });
  hiddenHere = false;
  /** @type {string | null} What is shown until a rendition is there: the file that somebody has just sent. */
  local = null;

  /** @param {Image | null} image */
  set image(image) {
    this.#image = image;
    if (this.isConnected) this.#render();
  }

  get image() {
    return this.#image;
  }

  connectedCallback() {
    fill(this, this.#frame, this.#marks, this.actions);
    this.#render();
  }

  #render() {
    const image = this.#image;
    const src = image ? (source(image, this.hasAttribute("large")) ?? this.local) : this.getAttribute("src");
    this.#show(src, image?.label || (image ? T.tile.unnamed(image.id) : (this.getAttribute("alt") ?? "")));
    fill(this.#marks, image ? this.#marksOf(image) : null);
    this.classList.toggle("excluded", Boolean(image?.exclude || this.hiddenHere));
  }

  /** @param {Image} image */
  #marksOf(image) {
    const badges = image.types.map((type) => badge(type, "type"));
    if (image.exclude) badges.push(badge(T.tile.excluded, "off"));
    if (this.hiddenHere) badges.push(badge(T.tile.hidden, "off"));
    if (image.state !== "ready") badges.unshift(stateBadge(image.state));
    const reason = image.failure && h("span", { class: "reason" }, image.failure.detail);
    return [...badges, reason];
  }

  /** @param {string | null} src @param {string} alt */
  #show(src, alt) {
    const host = src ? foreignHost(src) : null;
    if (!src)
      fill(
        this.#frame,
        h("span", { class: "no-picture" }, this.#image?.state === "processing" ? T.tile.notYet : T.tile.noPicture),
      );
    else if (host && !allowed.has(host)) fill(this.#frame, this.#elsewhere(host));
    else this.#load(src, alt);
  }

  /** @param {string} src @param {string} alt */
  #load(src, alt) {
    const shown = this.#frame.querySelector("img:not(.placeholder)");
    if (shown instanceof HTMLImageElement && shown.getAttribute("src") === src) {
      shown.alt = alt;
      return;
    }
    const picture = h("img", { src, alt, loading: "lazy", decoding: "async", draggable: "false", referrerpolicy: "no-referrer" });
    const before = placeholder(this.#image?.picture);
    picture.addEventListener("load", () => before?.remove());
    picture.addEventListener("error", () => fill(this.#frame, h("span", { class: "no-picture" }, T.tile.unreachable)));
    fill(this.#frame, before, picture);
  }

  /** @param {string} host */
  #elsewhere(host) {
    const allow = () => {
      allowed.add(host);
      sessionStorage.setItem("hosts", JSON.stringify([...allowed]));
      for (const tile of document.querySelectorAll("picture-tile")) if (tile instanceof PictureTile) tile.#render();
    };
    const button = h("button", { type: "button", class: "small", onclick: allow }, T.tile.showHost(host));
    return h("span", { class: "no-picture" }, T.tile.elsewhere(host), session()?.external && button);
  }
}

/** The address of the rendition to show; null where there is none yet. @param {Image} image @param {boolean} large */
export function source(image, large = false) {
  if (image.external) return (large ? image.external.large : image.external.small) ?? image.external.large;
  const wanted = large ? ["large", "small"] : ["small", "large"];
  const own = image.renditions.filter(
    (one) => one.state === "ready" && one.url && one.format !== "avif" && one.format !== "webp",
  );
  const ready = own.length ? own : image.renditions.filter((one) => one.state === "ready" && one.url);
  const found = wanted.map((recipe) => ready.find((one) => one.recipe === recipe)).find(Boolean) ?? ready[0];
  return found?.url ?? null;
}

/** The host of a picture that does not lie with this service, as its policy sees it. @param {string} src */
function foreignHost(src) {
  const url = new URL(src, location.origin);
  const isOwn = url.origin === location.origin || ["data:", "blob:"].includes(url.protocol);
  return isOwn || session()?.picture_hosts.includes(url.origin) ? null : url.host;
}

define("picture-tile", PictureTile);

/** A tile of an image. @param {Image | null} image @param {{ large?: boolean }} [options] */
export function pictureTile(image, { large = false } = {}) {
  const tile = /** @type {PictureTile} */ (document.createElement("picture-tile"));
  tile.toggleAttribute("large", large);
  tile.image = image;
  return tile;
}

/** A tile of an address alone, such as a product's cover. @param {string | null} src @param {string} alt */
export function coverTile(src, alt) {
  const tile = /** @type {PictureTile} */ (document.createElement("picture-tile"));
  if (src) tile.setAttribute("src", src);
  tile.setAttribute("alt", alt);
  return tile;
}
