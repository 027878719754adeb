"""`/docs` and `/openapi.json`: what the APIs declare, to read and to try, without any other server."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from importlib.resources import files
from typing import Final

import orjson
from aiohttp import hdrs, web

from app.errors import NotFound
from app.openapi.sections import Section

_PAGE: Final = "index.html"
_MEDIA_TYPES: Final = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
    "txt": "text/plain",
}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Docs:
    """Made when somebody first asks. `pages` are further ones by name, each with what makes it."""

    def __init__(self, sections: Iterable[Section], pages: Mapping[str, Callable[[], bytes]] | None = None) -> None:
        self._sections = tuple(sections)
        self._pages = pages or {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/openapi.json", self.openapi),
            web.get("/docs", self.page),
            web.get("/docs/{file:[^/]*}", self.file),
            web.get("/favicon.ico", self.icon),
            web.get("/robots.txt", self.robots),
        ]

    async def openapi(self, request: web.Request) -> web.Response:
        headers = {hdrs.CONTENT_TYPE: "application/json", hdrs.CACHE_CONTROL: "no-cache"}
        return web.Response(body=self._document, headers=headers)

    async def page(self, request: web.Request) -> web.Response:
        return _file(_PAGE)

    async def file(self, request: web.Request) -> web.Response:
        """What the page is made of, and the page itself where somebody added a slash; NotFound."""
        name = request.match_info["file"] or _PAGE
        return _shown(self._pages[name](), "text/html") if name in self._pages else _file(name)

    async def icon(self, request: web.Request) -> web.Response:
        """What a browser shows beside the page's title."""
        return _file("icon.svg")

    async def robots(self, request: web.Request) -> web.Response:
        """For search engines: pictures may be found, nothing else is for them."""
        return _file("robots.txt")

    @cached_property
    def _document(self) -> bytes:
        from app.openapi.document import document  # its library costs a start 30 ms that only readers need

        return orjson.dumps(document(self._sections), option=orjson.OPT_INDENT_2)


def _file(name: str) -> web.Response:
    file = files(__package__) / "docs_page" / name
    media_type = _MEDIA_TYPES.get(name.rpartition(".")[2])
    if media_type is None or "/" in name or not file.is_file():
        raise NotFound(f"the page has no {name}")
    return _shown(file.read_bytes(), media_type)


def _shown(body: bytes, media_type: str) -> web.Response:
    headers = {
        hdrs.CONTENT_TYPE: f"{media_type}; charset=utf-8",
        hdrs.CACHE_CONTROL: "no-cache",
        "Content-Security-Policy": _POLICY,
    }
    return web.Response(body=body, headers=headers)
