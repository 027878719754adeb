"""`GET /v1/media`: what is kept ready is what one product shows in one store view, as the answer to who asks for that
alone. Other answers are joined of these, and never kept."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from aiohttp import hdrs, web

from app.apis.v1.cached_answers import answered
from app.apis.v1.call import Call, Row, Services
from app.apis.v1.errors import Invalid, Mistake
from app.apis.v1.fields import Many, Schema, Text
from app.apis.v1.present import JSON, json_bytes
from app.apis.v1.storefront.document import SCHEMAS as DOCUMENTS
from app.apis.v1.storefront.document import fragment_of
from app.cache.documents import DocumentCache
from app.cache.keys import ShownKey, native
from app.errors import StoreViewNotFound
from app.http.apis import PROTECTED
from app.http.cache_tags import joined
from app.http.ready import Document
from app.http.respond import OPEN
from app.openapi.sections import Response, json, ref
from app.service.galleries.v1.media import ShownProduct, Wanted

MOST: Final = 50
"""Products that one request asks for."""
_AT_ONCE: Final = 2
"""Products that are looked for before others have their turn: unpacking one, and packing what has to make room for it,
takes up to half a millisecond, and twice that on a core that is shared."""
_BEFORE, _BETWEEN, _BEHIND = b'{"products":[', b'],"unknown":[', b"]}"
_HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        hdrs.CONTENT_TYPE: JSON,
        hdrs.CACHE_CONTROL: "public, max-age=60, stale-while-revalidate=600",
        **PROTECTED,
        **OPEN,
    }
)


class _Once(Many):
    """What is given twice counts once."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> list[Any]:
        return super()._deserialize(list(dict.fromkeys(value)), *args, **kwargs)


class _Asked(Schema):
    sku = _Once(Text(5000), least=1, most=MOST, required=True)
    store = Text()


async def show_media(call: Call) -> web.StreamResponse:
    """In the order asked."""
    media, store = call.media, call.query.get("store")
    keys = [ShownKey(sku, store, media) for sku in call.query["sku"]]
    try:
        if len(keys) == 1:
            return answered(call.request, await _one(call.services, keys[0]), keys[0])
        document = _joined(keys, await _several(call, keys))
        await asyncio.sleep(0)  # half a megabyte is joined in a millisecond, and handed over in another one
        return answered(call.request, document, None)
    except StoreViewNotFound as error:
        raise Invalid([Mistake("?store", "not_found", f"There is no store view {store}.")]) from error


async def warm(services: Services, line: Sequence[Any]) -> None:
    """Keeps the document of a key as it is written down; ValueError for what is none."""
    match line:
        case [str(sku), str() | None as store, str(media)]:
            await _one(services, ShownKey(sku, store, media))
        case _:
            raise ValueError("nothing that a storefront asks for")


async def _one(services: Services, key: ShownKey) -> Document:
    shown = services.shown

    async def load() -> Document:
        return await _document(key, await services.media.product(Wanted(key.sku, key.store)))

    return shown.get(key) or await shown.fill(key, load, frozenset((key.media,)))


async def _several(call: Call, keys: Sequence[ShownKey]) -> Mapping[ShownKey, Document]:
    """What is there, and the rest by one statement."""
    shown = call.services.shown
    found = await _kept(shown, keys)
    missing = [key for key in keys if key not in found]

    async def load() -> AsyncIterator[tuple[ShownKey, Document]]:
        products = await call.services.media.products([Wanted(key.sku, key.store) for key in missing])
        for key, product in zip(missing, products, strict=True):
            yield key, await _document(key, product)
            await asyncio.sleep(0)  # each takes half a millisecond, and others their turn

    return {**found, **await shown.fill_several(load, frozenset((keys[0].media,)))} if missing else found


async def _kept(shown: DocumentCache, keys: Sequence[ShownKey]) -> dict[ShownKey, Document]:
    found = {}
    for number, key in enumerate(keys, 1):
        if (document := shown.get(key)) is not None:
            found[key] = document
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)
    return found


async def _document(key: ShownKey, product: ShownProduct | None) -> Document:
    if product is None:
        body = _BEFORE + _BETWEEN + json_bytes(key.sku) + _BEHIND
        return Document(200, {**_HEADERS, hdrs.ETAG: _tag(body)}, body, None)
    body = _BEFORE + await fragment_of(key.sku, product, key.media) + _BETWEEN + _BEHIND
    return Document(200, {**_HEADERS, hdrs.ETAG: _tag(body)}, body, native(product.family))


def _joined(keys: Sequence[ShownKey], documents: Mapping[ShownKey, Document]) -> Document:
    """Its tag is made of theirs."""
    found = [documents[key] for key in keys]
    products = (_inside(one, _BEFORE, _BETWEEN + _BEHIND) for one in found if one.family is not None)
    unknown = (_inside(one, _BEFORE + _BETWEEN, _BEHIND) for one in found if one.family is None)
    body = b"".join((_BEFORE, *_listed(products), _BETWEEN, *_listed(unknown), _BEHIND))
    tag = _tag("".join(one.headers[hdrs.ETAG] for one in found).encode())
    tags = joined(one.headers for one in found)
    return Document(200, {**_HEADERS, hdrs.ETAG: tag, **tags}, body, None)


def _inside(document: Document, before: bytes, behind: bytes) -> memoryview:
    return memoryview(document.body)[len(before) : -len(behind)]


def _listed(parts: Iterable[memoryview]) -> list[bytes | memoryview]:
    """With commas in between, to be copied once."""
    return [piece for part in parts for piece in (b",", part)][1:]


def _tag(data: bytes) -> str:
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


SCHEMAS: Final = DOCUMENTS

ROWS: Final = (
    Row(
        "GET",
        "/v1/media",
        None,
        show_media,
        "What products show in a shop: public pictures in order, with texts, placeholders and URLs in all widths and "
        "formats. Everybody may ask, from pages of any origin.",
        {
            200: Response("In the order asked.", json(ref("Media")), (hdrs.ETAG, hdrs.CACHE_CONTROL)),
            304: Response("It is still the one that `If-None-Match` names."),
        },
        query=_Asked,
        sentences={
            "sku": "SKUs of the products, spelt exactly, the parameter repeated; one that is given twice counts once.",
            "store": "Code of the store view whose texts, order and types count; by default the global ones.",
        },
        examples={"sku": "mug"},
    ),
)
