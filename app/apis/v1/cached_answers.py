"""Documents that are kept ready, by family, until something in them changes."""

import hashlib
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import hdrs, web

from app.apis.v1.call import Call
from app.apis.v1.present import JSON, json_bytes
from app.cache.keys import PathKey, native
from app.http.apis import UNKEPT
from app.http.conditions import evaluate
from app.http.ready import Document
from app.http.respond import send_document
from app.model import ProductId

READS: Final = frozenset((b"if-none-match", b"prefer"))
"""The headers that answers depend on, beside those that tell the service's address; below `KEYED` a key counts,
too, and guards look at sessions."""
KEYED: Final = ("/v1/images/", "/v1/products/")
"""What the addresses of such documents begin with. Whose key opens one opens them all."""

Read = Callable[[str], Awaitable[tuple[ProductId, Any, str]]]
"""From where URLs of files begin to the family that a document shows, its value, and the beginning of its tag."""


@dataclass(frozen=True, slots=True)
class _Version:
    etag: str
    modified: int | None = None


async def answer_cached(call: Call, read: Read) -> web.StreamResponse:
    """The document of a GET, from memory or by one statement; 304 where the client holds it. Its
    tag is what `read` begins it with, and the hash of all that it says. That of a deleted image is
    read each time: it is none any more once the days are over in which it can be restored."""
    media = call.media
    key = PathKey(call.request.raw_path, ("v1", media))
    documents = call.services.documents

    async def load() -> Document:
        family, value, begins = await read(media)
        body = json_bytes(value)
        headers = {hdrs.CONTENT_TYPE: JSON, hdrs.ETAG: tag(begins, body), **UNKEPT}
        return Document(200, headers, body, native(family), _images_of(value), not value.get("deleted_at"))

    document = documents.get(key) or await documents.fill(key, load, frozenset((media,)))
    return answered(call.request, document, key)


def _images_of(value: Any) -> list[int]:
    """The ids of what a document of an image, or of a list of such, shows."""
    items = value.get("items", [value])
    return [one["id"] for one in items if "picture" in one and "product" in one]


def answer_read(call: Call, value: Any, begins: str) -> web.StreamResponse:
    """The same of a document that is read each time."""
    body = json_bytes(value)
    headers = {hdrs.CONTENT_TYPE: JSON, hdrs.ETAG: tag(begins, body), **UNKEPT}
    return answered(call.request, Document(200, headers, body, None))


def tag(begins: str, body: bytes) -> str:
    """That of a document, in quotes."""
    return f'"{begins}{hashlib.sha256(body).hexdigest()[:8]}"'


def answered(request: web.Request, document: Document, key: Hashable = None) -> web.StreamResponse:
    """A document, or 304 to who holds it. `key` is what `send_document` says of it."""
    if hdrs.IF_NONE_MATCH not in request.headers:
        return send_document(request, document, key)
    if evaluate(request.headers, _Version(document.headers[hdrs.ETAG])) == "not_modified":
        headers = {name: value for name, value in document.headers.items() if name != hdrs.CONTENT_TYPE}
        return web.Response(status=304, headers=headers)
    return send_document(request, document)
