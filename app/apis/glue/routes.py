"""The API of Glue: one handler for every path, because every path has an answer here."""

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from aiohttp import hdrs, web

from app.apis.glue.errors import answer_to
from app.apis.glue.headers import Cors, Headers
from app.apis.glue.locale import negotiate
from app.apis.glue.match import match, split_target
from app.apis.glue.parse import Asked, address_of, admit, parse
from app.apis.glue.present import PREFLIGHT, View, image_sets_document, product_document
from app.apis.glue.query import is_read
from app.apis.previews import Preview, Subject
from app.cache.documents import DocumentCache
from app.cache.keys import PathKey
from app.errors import ProductNotFound
from app.http.origin import media_base, public_base
from app.http.ready import Document
from app.http.respond import send_document
from app.service.galleries.glue import ImageSetReader, ProductFamily, Wanted
from app.settings import Settings

READS: Final = frozenset(
    (
        b"accept",
        b"accept-language",
        b"content-type",
        b"access-control-request-method",
        b"access-control-request-headers",
    )
)
"""The headers that documents depend on, beside those that tell the service's address."""


_PLAIN: Final[Mapping[str, str]] = {"Accept": "*/*"}
"""Headers of a request whose path says all."""


class GlueApi:
    def __init__(self, settings: Settings, reader: ImageSetReader, documents: DocumentCache) -> None:
        self._settings = settings
        self._languages = tuple(settings.locales.items())
        self._alt_text = settings.glue_alt_text
        self._headers = Headers(settings.glue_allow_origin, settings.glue_transport_security)
        self._cors = Cors(settings.glue_allow_headers)
        self._reader = reader
        self._documents = documents

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Any method, any path; raises what `error` knows how to tell."""
        address = address_of(request.raw_path)
        admit(request.method, address, request.headers, self._cors)
        if request.method == hdrs.METH_OPTIONS:
            return web.Response(body=PREFLIGHT, headers={**self._of_document(request), **self._cors.headers})
        return await self._show(request, parse(request.method, address, request.headers))

    def error(self, request: web.Request, error: Exception) -> web.Response:
        """The answer to a request that ended in `error`."""
        path, _ = split_target(request.raw_path)
        answer = answer_to(error, match(path))
        headers = self._headers.of_text() if answer.is_plain else self._of_document(request)
        return web.Response(status=answer.status, headers={**headers, **answer.headers}, body=answer.body)

    async def _show(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        headers = self._of_document(request)
        base, media = self._addresses(request)
        reported = headers[hdrs.CONTENT_LANGUAGE], headers[hdrs.CONTENT_TYPE]
        key = PathKey(request.raw_path, ("glue", asked.target.pattern, *reported, base, media))
        document = self._documents.get(key)
        if document is None:
            load = partial(self._load, asked, headers, base, media)
            document = await self._documents.fill(key, load, frozenset((base, media)))
        return send_document(request, document, key)

    async def warm(self, line: Sequence[Any]) -> None:
        """Keeps the document of a key as `spelled` has it; ValueError for what is none."""
        match line:
            case [str(path), str(locale), str(media_type), str(base), str(media)] if path.startswith("/"):
                address = address_of(path)
                admit(hdrs.METH_GET, address, _PLAIN, self._cors)
                asked = parse(hdrs.METH_GET, address, _PLAIN)
                headers = self._headers.of_document(media_type, locale)
                key = PathKey(path, ("glue", asked.target.pattern, locale, headers[hdrs.CONTENT_TYPE], base, media))
                load = partial(self._load, asked, headers, base, media)
                if key not in self._documents:
                    await self._documents.fill(key, load, frozenset((base, media)))
            case _:
                raise ValueError("not of Glue's")

    async def previews(self, request: web.Request, subject: Subject) -> AsyncIterator[Preview]:
        """A product's image sets in each language, which `accept` names."""
        kind = "abstract" if subject.is_root else "concrete"
        path = f"/{kind}-products/{quote(subject.sku, safe='')}/{kind}-product-image-sets"
        asked = parse(hdrs.METH_GET, address_of(path), {})
        for language, locale in self._languages:
            answer = await self._load(asked, self._headers.of_document(None, locale), *self._addresses(request))
            yield Preview("glue", "guest", None, language, path, answer)

    def _addresses(self, request: web.Request) -> tuple[str, str]:
        """Where links begin, and where URLs of files do."""
        base = self._settings.glue_base_url or public_base(request, self._settings)
        return base, media_base(request, self._settings)

    async def _load(self, asked: Asked, headers: dict[str, str], base: str, media: str) -> Document:
        try:
            family = await self._reader.read(_wanted(asked, headers[hdrs.CONTENT_LANGUAGE], media))
        except ProductNotFound as error:
            answer = answer_to(error, asked.target)
            return Document(answer.status, headers, answer.body, family=None)
        body = _written(asked, family, View(base, asked.query, self._alt_text))
        return Document(200, headers, body, family.id)

    def _of_document(self, request: web.Request) -> dict[str, str]:
        locale = negotiate(request.headers.get(hdrs.ACCEPT_LANGUAGE), self._languages)
        return self._headers.of_document(request.headers.get(hdrs.CONTENT_TYPE), locale)


def spelled(key: PathKey) -> tuple[str, ...] | None:
    """What is written down of the key of one of Glue's documents; None for a query that Glue does not read."""
    if not is_read(split_target(key.path)[1]):
        return None
    match key.rest:
        case ("glue", _, str(locale), str(media_type), str(base), str(media)):
            return "glue", key.path, locale, media_type, base, media
    return None


def _wanted(asked: Asked, locale: str, media: str) -> Wanted:
    """Relatives and sets are read only where the document shows them."""
    target, include = asked.target, asked.query.include
    if target.wants_sets:
        return Wanted(asked.sku, target.is_abstract, locale, media)
    return Wanted(
        asked.sku,
        target.is_abstract,
        locale,
        media,
        sets=not include.isdisjoint(("abstract-product-image-sets", "concrete-product-image-sets")),
        abstract="abstract-products" in include,
        concretes="concrete-products" in include,
    )


def _written(asked: Asked, family: ProductFamily, view: View) -> bytes:
    if asked.target.wants_sets:
        return image_sets_document(asked.target, asked.sku, family.main.sets, view)
    return product_document(family, view)
