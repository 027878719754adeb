// The page: who is logged in, the bar above, the screen that the address means.

import { onAway } from "./core/api.js";
import { fill, h } from "./core/element.js";
import { changesMade, curl, onChangeMade } from "./core/requests.js";
import { BASE, here, start } from "./core/router.js";
import { loggedIn, logIn, logOut, may, onSession, resume, session, takeLink } from "./core/session.js";
import { T, time } from "./core/texts.js";
import { mountAnnouncer, toast } from "./elements/announcer.js";
import { failure } from "./elements/failure.js";
import { askToLogIn } from "./elements/log-in.js";
import { copyButton } from "./elements/request-view.js";
import { ROUTES } from "./routes.js";

const main = h("main", { id: "content", tabindex: "-1" });
const bar = h("header", { class: "bar" });
const away = h("p", { class: "away", role: "status", hidden: true });
/** @type {(HTMLElement & { query?: URLSearchParams, moved?: () => void }) | null} */
let screen = null;
let shown = "";

async function begin() {
  document.body.append(h("a", { href: "#content", class: "skip" }, T.skip), bar, away, main);
  mountAnnouncer();
  onAway(showAway);
  onSession(sessionChanged);
  const refused = await enter();
  if (!session()) askToLogIn(refused ?? T.session.about);
  await loggedIn();
  begun = true;
  start(ROUTES, show);
}

/** Opens the session that a link stands for, or goes on with the one there is. Gives why that could not be. */
async function enter() {
  const link = takeLink();
  for (let pause = 500; ; pause = Math.min(pause * 2, 8000)) {
    try {
      const refused = link === null ? null : await logIn({ link });
      if (!session()) await resume();
      showAway(false);
      return session() ? null : refused;
    } catch (error) {
      if (!(error instanceof TypeError)) return String(error);
      showAway(true);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

let begun = false;

function sessionChanged() {
  renderBar();
  if (begun && !session()) askToLogIn(T.session.again);
}

function renderBar() {
  const current = session();
  if (!current) return;
  const links = ROUTES.filter((route) => route.nav && may(route.role ?? "reader")).map((route) =>
    h("a", { href: BASE + (route.path === "/" ? "" : route.path), "data-name": route.name }, T.screens[route.name]),
  );
  const menu = h("nav", { id: "menu", "aria-label": T.menu }, links);
  const toggle = h("button", { type: "button", class: "menu-button", "aria-expanded": "false", "aria-controls": "menu" }, T.menu);
  toggle.addEventListener("click", () => {
    toggle.setAttribute("aria-expanded", String(bar.classList.toggle("open")));
  });
  const out = h(
    "button",
    { type: "button", class: "small", onclick: () => logOut().then(() => location.reload()) },
    T.session.out,
  );
  const who = h("span", { class: "who", title: T.session.roles[current.role] }, `${current.actor.name} · ${current.role}`);
  fill(
    bar,
    h("a", { href: BASE, class: "brand" }, T.name),
    toggle,
    menu,
    h("div", { class: "account" }, changesButton(), who, out),
  );
  markCurrent();
}

/** Opens the changes of this tab as shell commands. */
function changesButton() {
  const button = h("button", { type: "button", class: "small", popovertarget: "changes" }, T.asRequest);
  const panel = h("section", { id: "changes", popover: true, "aria-label": T.changes });
  const render = () => {
    const made = changesMade().map(({ sent, at }) =>
      h(
        "li",
        {},
        h("time", {}, time(at.toISOString())),
        h("pre", { tabindex: "0" }, curl(sent)),
        copyButton(() => curl(sent)),
      ),
    );
    fill(
      panel,
      h("h2", {}, T.changes),
      h("p", { class: "quiet" }, made.length ? T.asRequestAbout : T.noChanges),
      h("ul", {}, made),
    );
  };
  panel.addEventListener("beforetoggle", render);
  onChangeMade(render);
  render();
  return h("span", {}, button, panel);
}

function markCurrent() {
  const name = here().route?.name ?? "";
  for (const link of bar.querySelectorAll("nav a")) {
    const is = link instanceof HTMLElement && link.dataset.name === name;
    if (is) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

/** @param {import("./core/router.js").Place} place */
async function show({ route, params, query }) {
  bar.classList.remove("open");
  markCurrent();
  const wanted = `${route?.name} ${JSON.stringify(params)}`;
  if (screen?.moved && wanted === shown) {
    screen.query = query;
    screen.moved();
    return;
  }
  shown = wanted;
  document.title = `${route ? T.screens[route.name] : T.screens.missing} · ${T.name}`;
  if (!route || !may(route.role ?? "reader")) {
    screen = null;
    fill(main, h("h1", {}, T.screens.missing), h("p", {}, T.nowhere), h("p", {}, h("a", { href: BASE }, T.toStart)));
    return;
  }
  try {
    await route.load();
  } catch (error) {
    fill(
      main,
      failure(error, () => location.reload()),
    );
    return;
  }
  if (wanted !== shown) return; // somebody went on meanwhile
  const isFirst = screen === null;
  screen = Object.assign(document.createElement(route.tag), { params, query });
  fill(main, screen);
  scrollTo(0, 0);
  if (!isFirst) main.focus({ preventScroll: true });
}

/** @param {boolean} is */
function showAway(is) {
  if (away.hidden !== is) return;
  away.hidden = !is;
  away.textContent = is ? T.away : "";
  if (!is) toast(T.back);
}

begin();
