"""The headers of every answer, and answers that a client holds already. Source: spree.md, section 12."""

import hashlib
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from aiohttp import hdrs, web

from app.apis.spree.errors import JSON
from app.http.apis import described_by
from app.http.conditions import evaluate
from app.http.ready import Document
from app.http.respond import send_document

_ALWAYS: Final = {
    "X-Frame-Options": "SAMEORIGIN",
    "X-XSS-Protection": "1; mode=block",
    "X-Content-Type-Options": "nosniff",
}
_REFRESHED: Final = "max-age=0, private, must-revalidate"
_NEVER_KEPT: Final = "no-cache"


@dataclass(frozen=True, slots=True)
class _Version:
    etag: str
    modified: int | None = None


def good(status: int, body: bytes, family: int | None = None) -> Document:
    """A 200 or 201 with its weak entity tag over the body."""
    tag = hashlib.sha256(body).hexdigest()[:32]
    headers = {hdrs.CONTENT_TYPE: JSON, hdrs.CACHE_CONTROL: _REFRESHED, hdrs.ETAG: f'W/"{tag}"', **_ALWAYS}
    return Document(status, headers, body, family)


def other(
    status: int,
    body: bytes = b"",
    content_type: str | None = JSON,
    family: int | None = None,
    further: Mapping[str, str] = MappingProxyType({}),
) -> Document:
    """A 204, or an answer that tells an error."""
    headers: dict[str, str] = {hdrs.CACHE_CONTROL: _NEVER_KEPT, **_ALWAYS, **further}
    if content_type is not None:
        headers[hdrs.CONTENT_TYPE] = content_type
    return Document(status, headers, body, family)


def described(document: Document, image: int) -> Document:
    """The same, which leads to what the native API says of the image."""
    return replace(document, headers={**document.headers, **described_by(image)})


def respond(request: web.Request, document: Document, key: Hashable = None) -> web.StreamResponse:
    """The document on its way out, `key` its own in the cache; or 304 where the client of a GET or HEAD holds it
    already."""
    if document.status == 200 and hdrs.IF_NONE_MATCH in request.headers and _is_held(request, document):
        headers = {name: value for name, value in document.headers.items() if name != hdrs.CONTENT_TYPE}
        return web.Response(status=304, headers=headers)
    return send_document(request, document, key)


def _is_held(request: web.Request, document: Document) -> bool:
    if request.method not in (hdrs.METH_GET, hdrs.METH_HEAD):
        return False
    tag = document.headers[hdrs.ETAG].removeprefix("W/")
    return evaluate(request.headers, _Version(tag)) == "not_modified"
