"""What each API's answers must say, whatever was asked and however it ended, and requests that walk them all."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from app.http.apis import api_name
from app.openapi.document import document
from app.wiring.application import _SECTIONS

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE")
ODD: Final = (
    "/",
    "/abstract-products",
    "/abstract-products/nothing/abstract-product-image-sets",
    "/abstract-products/dress?page[limit]=x",
    "/nothing",
    "/api/rest",
    "/api/rest/products/nothing/images",
    "/api/rest/products/dress/images/999",
    "/api/rest/products/dress/images/store/nothing",
    "/oauth/initiate",
    "/admin/oauth_authorize",
    "/api",
    "/api/v1/products/nothing/images",
    "/api/v1/products/dress/images.xml",
    "/spree/products/1/mini/nothing.jpg",
    "/spree/nothing",
    "/v1",
    "/v1/",
    "/v1/nothing",
    "/v1/stores/",
    "/v1/stores?after=x",
    "/v1/media?sku=dress",
    "/v1/media?sku=dress&sku=nothing&store=german",
    "/v1/stores/%ff",
    "/media/",
    "/media/catalog/product/n/o/nothing.jpg",
    "/health/nothing",
    "/docs/nothing.js",
    "/console",
)
NOSNIFF: Final = {"X-Content-Type-Options": "nosniff"}
CLOSED: Final = {
    **NOSNIFF,
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
}
SPREE: Final = {**NOSNIFF, "X-Frame-Options": "SAMEORIGIN", "X-XSS-Protection": "1; mode=block"}
PAGE: Final = re.compile("default-src 'none'; .*frame-ancestors 'none'")
SHOWN: Final = {
    **NOSNIFF,
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Timing-Allow-Origin": "*",
}
KEPT: Final = re.compile("public, max-age=(60|31536000, immutable)")

Expected = Mapping[str, str | re.Pattern[str] | None]

GLUE: Final[Expected] = {
    **NOSNIFF,
    "Cache-Control": "no-cache, private",
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "frame-ancestors 'self'",
    "X-XSS-Protection": "1; mode=block",
    "Referrer-Policy": "same-origin",
    "Vary": None,
}
OPENMAGE: Final[Expected] = {**CLOSED, "Cache-Control": "private, no-cache", "Vary": "Accept, Authorization"}
UNKEPT: Final[Expected] = {**CLOSED, "Cache-Control": "no-store"}

CONSOLE: Final[Expected] = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": re.compile(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
}
"""Of the page for people, and of its files."""


@dataclass(frozen=True)
class Ask:
    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    data: bytes | None = None

    @property
    def is_read(self) -> bool:
        return self.method in ("GET", "HEAD")


def expected(ask: Ask, status: int) -> Expected:
    """The headers that the answer must have; None for one that it must not have."""
    path = ask.path.partition("?")[0]
    match api_name(path):
        case "openmage":
            return OPENMAGE
        case "v1" if path == "/v1/media":
            kept = ask.is_read and status in (200, 304)
            shown = {"Cache-Control": "public, max-age=60, stale-while-revalidate=600"} if kept else {}
            return {**UNKEPT, **shown, "Access-Control-Allow-Origin": "*", "Timing-Allow-Origin": "*"}
        case "v1":
            is_file = path.endswith("/file") and ask.is_read and status in (200, 206, 304)
            policy = {"Content-Security-Policy": "default-src 'none'; sandbox"} if is_file else {}
            return {**UNKEPT, "Access-Control-Allow-Origin": None, **policy}
        case "glue" if path == "/" and ask.method == "GET" and "text/html" in ask.headers.get("Accept", ""):
            return {**NOSNIFF, "Cache-Control": "no-cache", "Vary": "Accept", "Content-Security-Policy": PAGE}
        case "glue":
            return GLUE
        case "spree":
            return _of_spree(path, ask, status)
        case "delivery":
            return _of_file(status) or (
                {**CLOSED, "Cache-Control": "public, max-age=60"} if ask.is_read and status == 404 else UNKEPT
            )
        case _:
            return _of_service(path, ask, status)


def _of_service(path: str, ask: Ask, status: int) -> Expected:
    if path.startswith("/console"):
        return {**UNKEPT, **CONSOLE} if ask.is_read and status in (200, 304) else UNKEPT
    is_document = ask.is_read and status == 200 and re.match(r"/docs|/openapi|/favicon|/robots", path)
    return {**UNKEPT, "Cache-Control": "no-cache", "Content-Security-Policy": PAGE} if is_document else UNKEPT


def _of_spree(path: str, ask: Ask, status: int) -> Expected:
    if path.startswith("/spree/") and (shown := _of_file(status)):
        return shown
    kept = status in (200, 201, 304) and path.startswith("/api")
    return {**SPREE, "Cache-Control": "max-age=0, private, must-revalidate" if kept else "no-cache"}


def _of_file(status: int) -> Expected | None:
    if status in (200, 206, 304):
        return {**SHOWN, "Cache-Control": KEPT}
    return UNKEPT if status in (412, 416) else None


def wrong(ask: Ask, status: int, headers: Mapping[str, str]) -> dict[str, str | None]:
    """Of the headers those that are not as they must be."""
    return {
        name: headers.get(name) for name, wanted in expected(ask, status).items() if not _is(headers.get(name), wanted)
    }


def _is(given: str | None, wanted: str | re.Pattern[str] | None) -> bool:
    return bool(given and wanted.fullmatch(given)) if isinstance(wanted, re.Pattern) else given == wanted


def paths(known: Mapping[str, str]) -> list[str]:
    """Every path that the document describes, what is `known` in the place of its parameters, and some others."""
    described: dict[str, Any] = document(_SECTIONS)["paths"]
    return [*(re.sub(r"\{(\w+)\}", lambda found: known[found[1]], path) for path in described), *ODD]


def of_api(path: str, caller: Mapping[str, str]) -> Mapping[str, str]:
    """A caller's headers as the API of a path takes them: there `Authorization` is signed, here it has the key."""
    if api_name(path) != "v1" or "X-Spree-Token" not in caller:
        return caller
    return {**caller, "Authorization": f"Bearer {caller['X-Spree-Token']}"}


def requests(known: Mapping[str, str], callers: Sequence[Mapping[str, str]]) -> Iterator[Ask]:
    """Every path × every method, sent by each caller; and sent by the first in every way that a request can be turned
    down or cut short. What would remove the image comes last."""
    asks = [ask for path in paths(known) for ask in _of_path(path, callers)]
    yield from sorted(asks, key=lambda ask: ask.method == "DELETE")


def plain(known: Mapping[str, str], caller: Mapping[str, str]) -> Iterator[Ask]:
    """Every path × the methods that APIs route, sent by one caller."""
    for path in paths(known):
        for method in METHODS[:6]:
            yield Ask(method, path, {"Accept": "application/json", **of_api(path, caller)})


def _of_path(path: str, callers: Sequence[Mapping[str, str]]) -> Iterator[Ask]:
    admin, *others = (of_api(path, caller) for caller in callers)
    for method in METHODS:
        yield Ask(method, path, {"Accept": "application/json", **admin})
    for method in ("GET", "POST", "DELETE"):
        for caller in others:
            yield Ask(method, path, {"Accept": "application/json", **caller})
    for headers in _turns(admin):
        yield Ask("GET", path, headers)
    for method, data in (("POST", b"{"), ("PUT", b"{" * 100_000)):
        yield Ask(method, path, {**admin, "Content-Type": "application/json"}, data)
    yield Ask("POST", path, {**admin, "Content-Encoding": "gzip", "Content-Type": "application/json"}, b"x")


def _turns(caller: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    yield caller
    for accept in ("text/html", "text/xml", "nothing/known", ""):
        yield {**caller, "Accept": accept}
    for condition in (
        {"If-None-Match": "*"},
        {"If-Match": '"other"'},
        {"Range": "bytes=0-3"},
        {"Range": "bytes=99999999-"},
        {"Expect": "nothing-known"},
        {"Version": "x"},
        {"Content-Type": " "},
        {"Host": "a b"},
        {"Authorization": "OAuth nonsense"},
    ):
        yield {"Accept": "*/*", **caller, **condition}
