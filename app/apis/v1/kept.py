"""Documents that are kept ready, by family, until something in them changes."""

import hashlib
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import hdrs, web

from app.apis.v1.call import Call
from app.apis.v1.present import JSON, json_bytes
from app.cache.documents import PathKey, native
from app.http.apis import UNKEPT
from app.http.conditions import evaluate
from app.http.origin import media_base
from app.http.ready import Document
from app.http.respond import send_document
from app.model import ProductId

READS: Final = frozenset((b"if-none-match", b"prefer"))
"""The headers that answers depend on, beside those that tell the service's address; guards look at `Authorization`."""

Read = Callable[[str], Awaitable[tuple[ProductId, Any, str]]]
"""From where URLs of files begin to the family that a document shows, its value, and the beginning of its tag."""


@dataclass(frozen=True, slots=True)
class _Version:
    etag: str
    modified: int | None = None


async def answer_kept(call: Call, read: Read) -> web.StreamResponse:
    """The document of a GET, from memory or by one statement; 304 where the client holds it. Its
    tag is what `read` begins it with, and the hash of all that it says."""
    media = media_base(call.request, call.room.settings)
    key = PathKey(call.request.raw_path, ("v1", media))
    documents = call.room.documents

    async def load() -> Document:
        family, value, begins = await read(media)
        body = json_bytes(value)
        headers = {hdrs.CONTENT_TYPE: JSON, hdrs.ETAG: tag(begins, body), **UNKEPT}
        return Document(200, headers, body, native(family))

    document = documents.get(key) or await documents.fill(key, load, frozenset((media,)))
    return _told(call.request, document, key)


def tag(begins: str, body: bytes) -> str:
    """That of a document, in quotes."""
    return f'"{begins}{hashlib.sha256(body).hexdigest()[:8]}"'


def _told(request: web.Request, document: Document, key: Hashable) -> web.StreamResponse:
    if hdrs.IF_NONE_MATCH not in request.headers:
        return send_document(request, document, key)
    if evaluate(request.headers, _Version(document.headers[hdrs.ETAG])) == "not_modified":
        headers = {name: value for name, value in document.headers.items() if name != hdrs.CONTENT_TYPE}
        return web.Response(status=304, headers=headers)
    return send_document(request, document)
