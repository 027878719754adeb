"""Representations and their answers: conditional, partial, from memory or streamed from the store."""

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from types import MappingProxyType
from typing import Final, Literal
from urllib.parse import quote

from aiohttp import hdrs, web
from multidict import CIMultiDict

from app.http.apis import PROTECTED, UNKEPT
from app.http.conditions import CONDITIONAL, ByteRange, evaluate, requested_part
from app.http.drain import DRAIN
from app.http.ready import SERVER_NAME, SLICE, Document, Guard, InSlices, ReadyResponse, may_be_ready, serialised_head
from app.http.streams import STREAMS, Stored

_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\"\\/%;]|[\ud800-\udfff]")
OPEN: Final[Mapping[str, str]] = {
    hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Timing-Allow-Origin": "*",
}
"""Of what pages of all origins may show, read, and see how long it took."""
_IMAGE: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Frame-Options": "SAMEORIGIN",
    **OPEN,
}
_SHARED: Final = (hdrs.ETAG, hdrs.LAST_MODIFIED, hdrs.CACHE_CONTROL, hdrs.VARY, *_IMAGE)
"""Of the whole's headers those that a 304 repeats: caches put them in the place of the ones that they hold."""
IMMUTABLE: Final = "public, max-age=31536000, immutable"
"""Caching of what a URL promises for ever."""
PASSING: Final = "public, max-age=60"
"""Of what may soon be something better, or else."""


@dataclass(frozen=True, slots=True)
class Representation:
    """What is known of a body before it is sent: made once, sent often, so its headers are ready.

    `size` in bytes, `modified` in seconds since 1970, `etag` strong and in quotes. `headers` are those
    of the whole (200), `head` the same as bytes, `lean` those that a 304 repeats.
    """

    size: int
    etag: str
    modified: int | None
    headers: CIMultiDict[str]
    head: bytes
    lean: CIMultiDict[str]


def represent(
    *, size: int, media_type: str, etag: str, cache_control: str, modified: int | None = None, vary: str | None = None
) -> Representation:
    """A representation of any kind, document or image."""
    headers: CIMultiDict[str] = CIMultiDict()
    headers[hdrs.CONTENT_TYPE] = media_type
    headers[hdrs.CONTENT_LENGTH] = str(size)
    headers[hdrs.ETAG] = etag
    headers[hdrs.CACHE_CONTROL] = cache_control
    headers[hdrs.SERVER] = SERVER_NAME
    if modified is not None:
        headers[hdrs.LAST_MODIFIED] = formatdate(modified, usegmt=True)
    if vary is not None:
        headers[hdrs.VARY] = vary
    return _ready(size, etag, modified, headers)


def represent_image(
    *,
    size: int,
    media_type: str,
    etag: str,
    cache_control: str,
    filename: str,
    modified: int | None = None,
    vary: str | None = None,
    further: Mapping[str, str] = MappingProxyType({}),
) -> Representation:
    """An image, which any page may show and no browser will ever run."""
    plain = represent(
        size=size, media_type=media_type, etag=etag, cache_control=cache_control, modified=modified, vary=vary
    )
    headers = plain.headers.copy()
    headers[hdrs.ACCEPT_RANGES] = "bytes"
    headers[hdrs.CONTENT_DISPOSITION] = disposed("inline", filename)
    headers.update(_IMAGE)
    headers.update(further)
    return _ready(size, etag, modified, headers)


def represent_attachment(*, size: int, media_type: str, etag: str, filename: str) -> Representation:
    """A file for who asks alone: to be saved, kept nowhere on its way, and never run."""
    plain = represent(size=size, media_type=media_type, etag=etag, cache_control="no-store")
    headers = plain.headers.copy()
    headers[hdrs.ACCEPT_RANGES] = "bytes"
    headers[hdrs.CONTENT_DISPOSITION] = disposed("attachment", filename)
    headers.update({**PROTECTED, "Content-Security-Policy": "default-src 'none'; sandbox"})
    return _ready(size, etag, None, headers)


def _ready(size: int, etag: str, modified: int | None, headers: CIMultiDict[str]) -> Representation:
    lean = CIMultiDict((name, headers[name]) for name in _SHARED if name in headers)
    return Representation(size, etag, modified, headers, serialised_head(200, headers), lean)


def disposed(how: Literal["inline", "attachment"], filename: str) -> str:
    """A Content-Disposition that shows the image, or has it saved, and names it then, RFC 6266."""
    safe = _UNSAFE.sub("_", filename)[:200] or "image"
    plain = f'{how}; filename="{safe.encode("ascii", "replace").decode().replace("?", "_")}"'
    return plain if safe.isascii() else f"{plain}; filename*=UTF-8''{quote(safe, safe='')}"


def send_document(
    request: web.Request, document: Document, key: Hashable = None, guard: Guard | None = None
) -> web.StreamResponse:
    """Answer with a document. `key` is its own in the cache, given if it follows from the request line, the
    headers that APIs say they read, and the accounts: then the same request finds it at once. If it also
    follows from who is named by `Authorization`, `guard` must see to that."""
    if document.body and may_be_ready(request):
        response = ReadyResponse(document.head, document.body, document.status)
        response.document, response.guard = key, guard
        return response
    return web.Response(status=document.status, headers=document.headers, body=document.body or None)


async def send_object(request: web.Request, about: Representation, source: bytes | Stored) -> web.StreamResponse:
    """Answer a GET or HEAD as its conditions and range ask.

    Raises StoreUnavailable or ObjectMissing while nothing has been sent; a transfer that breaks later
    ends the connection, so that no client takes a short body for the whole.
    """
    asked = request.headers
    if not any(name in asked for name in CONDITIONAL):
        if isinstance(source, bytes) and may_be_ready(request):
            return ReadyResponse(about.head, source)
        return await _send(request, 200, about.headers, source, ByteRange(0, about.size))
    outcome = evaluate(asked, about)
    if outcome == "not_modified":
        return web.Response(status=304, headers=about.lean)
    if outcome == "failed":
        return web.Response(status=412, headers=UNKEPT)
    part = requested_part(asked, about, about.size) if request.method == hdrs.METH_GET else "whole"
    if part == "whole":
        return await _send(request, 200, about.headers, source, ByteRange(0, about.size))
    if part == "none":
        return web.Response(status=416, headers={**UNKEPT, hdrs.CONTENT_RANGE: f"bytes */{about.size}"})
    return await _send(request, 206, _partial(about, part), source, part)


def _partial(about: Representation, part: ByteRange) -> CIMultiDict[str]:
    headers = about.headers.copy()
    headers[hdrs.CONTENT_RANGE] = f"bytes {part.start}-{part.end - 1}/{about.size}"
    headers[hdrs.CONTENT_LENGTH] = str(part.end - part.start)
    return headers


async def _send(
    request: web.Request, status: int, headers: CIMultiDict[str], source: bytes | Stored, part: ByteRange
) -> web.StreamResponse:
    if request.method == hdrs.METH_HEAD:
        return web.Response(status=status, headers=headers)
    if isinstance(source, bytes):
        body = memoryview(source)[part.start : part.end]
        return web.Response(status=status, headers=headers, body=InSlices(body) if len(body) > SLICE else bytes(body))
    response = web.StreamResponse(status=status, headers=headers)
    if request.app[DRAIN].begun:
        request.app[DRAIN].part_with(response)
    await request.app[STREAMS].send(request, response, source, part)
    await response.write_eof()
    return response
