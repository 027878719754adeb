"""The API of OpenMage: who asks, what for, one method for each operation."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Final

from aiohttp import hdrs, web

from app.access.oauth import OAuth
from app.apis.openmage.accept import negotiate
from app.apis.openmage.auth.callers import Callers
from app.apis.openmage.auth.refusals import Refusals
from app.apis.openmage.auth.rights import Operation, Principal, authorise
from app.apis.openmage.errors import ErrorStyle, error_document, is_of_the_body
from app.apis.openmage.formats import CONTENT_TYPES
from app.apis.openmage.headers import ALWAYS
from app.apis.openmage.match import Route, image_id, match, product_ref, scope
from app.apis.openmage.parse import parse_create, parse_update
from app.apis.openmage.present import ImageItem, Shape, collection, entity
from app.apis.openmage.rules import Rules
from app.apis.openmage.uploads import Uploads
from app.cache.documents import DocumentCache
from app.errors import ProductNotFound, StoreViewNotFound
from app.events import Observe
from app.http.origin import media_base
from app.http.rate_limits import RateLimits
from app.http.ready import Document
from app.http.respond import send_document
from app.http.retries.answers import KeptAnswers, require_first
from app.service.changes.acting import Act, as_actor
from app.service.galleries.openmage.reader import GalleryImage, GalleryReader
from app.service.galleries.openmage.writer import GalleryWriter, NewFile
from app.settings import Settings

READS: Final = frozenset((b"accept", b"version"))
"""The headers that documents depend on, beside those that tell the service's address, and `Authorization`."""

_STYLE: Final = web.RequestKey("openmage_error_style", ErrorStyle)


@dataclass(frozen=True, slots=True)
class Call:
    """An authorised request."""

    request: web.Request
    principal: Principal
    route: Route
    shape: Shape
    media: str


class OpenMageApi:
    def __init__(
        self,
        settings: Settings,
        oauth: OAuth,
        reader: GalleryReader,
        writer: GalleryWriter,
        uploads: Uploads,
        documents: DocumentCache,
        limits: RateLimits,
        answers: KeptAnswers,
        observe: Observe,
    ) -> None:
        self._settings = settings
        self._rules = Rules.of(settings)
        self._callers = Callers(settings, oauth, self._rules, Refusals(settings, observe))
        self._reader = reader
        self._writer = writer
        self._uploads = uploads
        self._documents = documents
        self._limits = limits
        self._answers = answers
        self._operations: Mapping[Operation, Callable[[Call], Awaitable[web.StreamResponse]]] = {
            "list": self._read,
            "read": self._read,
            "create": self._create,
            "update": self._update,
            "delete": self._delete,
        }

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Any method, any path of this API; raises what `error` knows how to tell."""
        style = request[_STYLE] = ErrorStyle(profile=self._rules.profile, method=request.method)
        style.format = negotiate(", ".join(request.headers.getall(hdrs.ACCEPT, ())), self._rules.wildcard)
        principal = await self._callers.principal(request)
        style.user = principal.user
        route = match(request.rel_url.raw_path)
        operation = authorise(principal, request.method, route, request.headers.get("Version"))
        if request.method != hdrs.METH_GET:
            await self._limits.admit_address(request)
            await self._limits.admit_key(principal.admin_id)
        keys = self._rules.visible_keys(principal.user, request.rel_url.raw_query_string)
        shape = Shape(style.format, keys, self._rules.profile)
        media = media_base(request, self._settings)
        work = partial(self._operations[operation], Call(request, principal, route, shape, media))
        whose, tell = str(principal.admin_id), partial(self._of_the_body, request)
        answering = partial(self._answers.answered, request, "openmage", whose, work, tell, style.format)
        if request.method == hdrs.METH_GET:
            return await answering()
        with as_actor(Act("oauth", principal.consumer_key, principal.consumer_name, "openmage")):
            return await answering()

    def error(self, request: web.Request, error: Exception) -> web.Response:
        """The answer to a request that ended in `error`."""
        style = request.get(_STYLE) or ErrorStyle(profile=self._rules.profile, method=request.method)
        status, headers, body = error_document(style, error)
        return web.Response(status=status, headers=headers, body=body)

    def _of_the_body(self, request: web.Request, error: Exception) -> web.Response | None:
        """A refusal that the same body would meet again."""
        return self.error(request, error) if is_of_the_body(error) else None

    async def _read(self, call: Call) -> web.StreamResponse:
        key = ("openmage", call.route, call.principal.is_public, call.shape, call.media)
        document = self._documents.get(key)
        if document is None:
            document = await self._documents.fill(key, partial(self._load, call), frozenset((call.media,)))
        return send_document(call.request, document, key, self._callers.guards.get(call.principal.user))

    async def _load(self, call: Call) -> Document:
        asked = scope(call.route.store, public=call.principal.is_public)
        try:
            gallery = await self._reader.read(product_ref(call.route.product), asked)
        except (StoreViewNotFound, ProductNotFound) as error:
            status, headers, told = error_document(call.request[_STYLE], error)
            return Document(status, {**ALWAYS, **headers}, told, family=None)
        if call.route.image is None:
            body = collection([_item(image, call.media) for image in gallery.images], call.shape)
        else:
            body = entity(_item(gallery.image(image_id(call.route.image)), call.media), call.shape)
        headers = {**ALWAYS, hdrs.CONTENT_TYPE: CONTENT_TYPES[call.shape.format]}
        return Document(200, headers, body, gallery.family)

    async def _create(self, call: Call) -> web.StreamResponse:
        async with AsyncExitStack() as stack:
            body = await self._uploads.body(call.request, stack)
            await require_first()
            command = parse_create(body, self._rules)
            product, store = product_ref(call.route.product), _store(call.route)
            gallery = await self._writer.for_upload(product, store, command.name.base)
            blob = await self._uploads.keep(command.upload)
            image = await self._writer.create(gallery, blob, command.name, command.values)
        location = f"/api/rest/products/{call.route.spelled_product}/images/{image}"
        return web.Response(headers={hdrs.LOCATION: location, hdrs.CONTENT_TYPE: "text/html; charset=UTF-8"})

    async def _update(self, call: Call) -> web.StreamResponse:
        async with AsyncExitStack() as stack:
            body = await self._uploads.body(call.request, stack)
            await require_first()
            command = parse_update(body, self._rules)
            image = image_id(call.route.image or "")
            product, store = product_ref(call.route.product), _store(call.route)
            gallery = await self._writer.for_change(product, store, image, command.base)
            blob = await self._uploads.keep(command.upload) if command.upload else None
            file = NewFile(blob, command.base, command.extension) if blob or command.base else None
            await self._writer.update(gallery, image, command.values, file)
        return _done()

    async def _delete(self, call: Call) -> web.StreamResponse:
        image = image_id(call.route.image or "")
        gallery = await self._writer.for_change(product_ref(call.route.product), _store(call.route), image)
        await self._writer.delete(gallery, image)
        return _done()


def _store(route: Route) -> str | None:
    return scope(route.store, public=False).store


def _item(image: GalleryImage, media: str) -> ImageItem:
    url = f"{media}/media/catalog/product{image.path}" if image.path else image.external_url or ""
    return ImageItem(image.id, image.label, image.position, image.excluded, url, image.types)


def _done() -> web.Response:
    return web.Response(headers={hdrs.CONTENT_TYPE: "text/html; charset=UTF-8"})
