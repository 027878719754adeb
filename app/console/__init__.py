"""The console at `/console`, for people. Source: console.md. It is a client of `/v1` and of nothing else.

`routes` answers the page, its files and its session; `files` has them ready, compressed, with the policy that browsers
hold the page to; `attempts` slows down who guesses. Sessions themselves are `access/sessions`: a cookie stands for a
key, or for the role of a one-time link, wherever `/v1` would take a key; changes take the header `X-Change-Token`.

`page/` is what browsers get: ES modules as they stand, no build. `make lint` checks them (by `tests/console/tools`:
types in JSDoc, form), `make format` brings them into shape.

- `core/` has no looks: `api` (get, read, change, upload, all, path), `router` (to, go, setQuery, guardUnsaved),
  `screen`, `session` (may, session), `feed` (onEvent), `requests` (curl lines), `element` (h, fill, svg, define),
  `texts` (T).
- `elements/` is what several screens show, one thing a file: picture-tile, announcer (toast, announce), ask (a
  dialog), failure (failure, tellFailure, attempt), state-badge, request-view, endless-list, …
- `screens/` has one a file, each a custom element; `routes.js` lists them all.
- `design.css`: variables and plain elements; `parts.css`: what `elements/` make; `screens.css`: the rest.

How a screen is added:

1. A name and its words in `core/texts.js` (`T.screens.NAME` is the title); no other file has a text in it.
2. `screens/NAME.js`: a class that extends `Screen` with `async show()`, which fills `this` from `this.params` (of the
   address) and `this.query`; `define("NAME-screen", Class)`. Whatever lasts longer than `show` (listeners, timers,
   requests) takes `this.signal`. What `show` throws is shown in words. Where the back button changes the query alone
   there is a new element, unless it has a method `moved()` for that.
3. A line in `routes.js`: `{name, path: "/things/{id}", tag, load}`; `nav: true` puts it into the menu, `role` hides it
   from who may not see it.

How an element is added: `elements/NAME.js` with a function that gives a node, `h("div", {class, onclick}, children)`,
or a custom element where it has a life of its own. Children that are texts become text nodes: nothing is ever parsed
as markup. No `style` attribute is set (the policy refuses it; `element.style.x = …` works).

Reading: `await get("/v1/…", {query, signal})`, with the ETag `await read(…)`. A service that is away is asked again
until `signal`; who is logged out is asked to log in, and the request goes on. A change: `await change("PATCH",
path`/v1/images/${id}`, {body, ifMatch, batch})` in `attempt(async () => …)`, which tells a refusal in words;
`toast(text, {undo, sent})` tells that it is done. Writes that belong together carry one `batch: unique()`, by which
they are undone. `upload("POST", …, file, {progress, signal, key})` counts bytes; one `key`, an idempotency key, is
never done twice. What is typed and not saved: `guardUnsaved(() => boolean, this.signal)`. Pictures:
`pictureTile(image)` and `coverTile(url, alt)` alone. States: `stateBadge(state)`, a word in a colour. What one may not
do is not shown: `may("editor")`.
"""
