"""The API of OpenMage: who asks, what for, one method for each operation."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, Final, get_args
from urllib.parse import quote

from aiohttp import hdrs, web

from app.access.oauth import OAuth
from app.apis.openmage.accept import negotiate
from app.apis.openmage.auth.callers import Callers
from app.apis.openmage.auth.refusals import Refusals
from app.apis.openmage.auth.rights import Asked, Operation, Principal, authorise
from app.apis.openmage.errors import ErrorStyle, OpenMageError, UserType, error_document, is_of_the_body
from app.apis.openmage.formats import CONTENT_TYPES
from app.apis.openmage.headers import ALWAYS
from app.apis.openmage.match import Route, image_id, match, product_ref, scope
from app.apis.openmage.parse import parse_create, parse_update
from app.apis.openmage.present import ImageItem, Shape, collection, entity
from app.apis.openmage.profile_settings import ProfileSettings
from app.apis.openmage.uploads import Uploads
from app.apis.previews import Preview, Subject
from app.cache.documents import DocumentCache
from app.errors import ProductNotFound, StoreViewNotFound
from app.events import Observe
from app.http.apis import described_by
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
    style: ErrorStyle
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
        self._profile_settings = ProfileSettings.of(settings)
        self._callers = Callers(settings, oauth, self._profile_settings, Refusals(settings, observe))
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
        call, operation = await self._admitted(request)
        work, refusal_of = partial(self._operations[operation], call), partial(self._of_the_body, request)
        whose, spelling = str(call.principal.admin_id), call.shape.format
        answering = partial(self._answers.answered, request, "openmage", whose, work, refusal_of, spelling)
        if request.method == hdrs.METH_GET:
            return await answering()
        with as_actor(Act("oauth", call.principal.consumer_key, call.principal.consumer_name, "openmage")):
            return await answering()

    async def _admitted(self, request: web.Request) -> tuple[Call, Operation]:
        """Found out in this order: the format of the answer, who asks, what for, whether he may, and how often."""
        style = request[_STYLE] = ErrorStyle(profile=self._profile_settings.profile, method=request.method)
        style.format = negotiate(", ".join(request.headers.getall(hdrs.ACCEPT, ())), self._profile_settings.wildcard)
        principal = await self._callers.principal(request)
        style.user = principal.user
        route = match(request.rel_url.raw_path)
        operation = authorise(Asked(principal, request.method, route, request.headers.get("Version")))
        if request.method != hdrs.METH_GET:
            await self._limits.admit_address(request)
            await self._limits.admit_key(principal.admin_id)
        keys = self._profile_settings.visible_keys(principal.user, request.rel_url.raw_query_string)
        shape = Shape(style.format, keys, self._profile_settings.profile)
        return Call(request, style, principal, route, shape, media_base(request, self._settings)), operation

    def error(self, request: web.Request, error: Exception) -> web.Response:
        """The answer to a request that ended in `error`."""
        style = request.get(_STYLE) or ErrorStyle(profile=self._profile_settings.profile, method=request.method)
        status, headers, body = error_document(style, error)
        return web.Response(status=status, headers=headers, body=body)

    def _of_the_body(self, request: web.Request, error: Exception) -> web.Response | None:
        """A refusal that the same body would meet again."""
        return self.error(request, error) if is_of_the_body(error) else None

    async def previews(self, request: web.Request, subject: Subject) -> AsyncIterator[Preview]:
        """A product's gallery in each scope, to each type of user, in each format."""
        media = media_base(request, self._settings)
        for store in (None, *subject.stores):
            path = f"/api/rest/products/{subject.id}/images" + (f"/store/{quote(store)}" if store else "")
            for user in get_args(UserType):
                for form, media_type in CONTENT_TYPES.items():
                    style = ErrorStyle(form, self._profile_settings.profile, hdrs.METH_GET, user)
                    answer = await self._preview(style, match(path), media)
                    yield Preview("openmage", user, store, media_type.partition(";")[0], path, answer)

    async def _preview(self, style: ErrorStyle, route: Route, media: str) -> Document:
        principal = Principal(style.user, self._profile_settings.privileges.get(style.user))
        shape = Shape(style.format, self._profile_settings.visible_keys(style.user, ""), self._profile_settings.profile)
        try:
            authorise(Asked(principal, hdrs.METH_GET, route, None))
            return await self._load(style, route, principal.is_public, shape, media)
        except OpenMageError as error:
            status, headers, body = error_document(style, error)
            return Document(status, {**ALWAYS, **headers}, body, family=None)

    async def _read(self, call: Call) -> web.StreamResponse:
        shown = call.route, call.principal.is_public, call.shape, call.media
        key = ("openmage", *shown)
        document = self._documents.get(key)
        if document is None:
            load = partial(self._load, call.style, *shown)
            document = await self._documents.fill(key, load, frozenset((call.media,)))
        return send_document(call.request, document, key, self._callers.guards.get(call.principal.user))

    async def warm(self, line: Sequence[Any]) -> None:
        """Keeps the document of a key as it is written down; ValueError for what is none."""
        match line:
            case [dict(route), bool(is_public), {"format": form, "keys": [*keys], "profile": profile}, str(media)]:
                shown = Route(**route), is_public, Shape(form, tuple(keys), profile), media
                key = ("openmage", *shown)
                style = ErrorStyle(form, profile, hdrs.METH_GET, "guest" if is_public else "admin")
                if key not in self._documents:
                    await self._documents.fill(key, partial(self._load, style, *shown), frozenset((media,)))
            case _:
                raise ValueError("not of OpenMage's")

    async def _load(self, style: ErrorStyle, route: Route, is_public: bool, shape: Shape, media: str) -> Document:
        try:
            gallery = await self._reader.read(product_ref(route.product), scope(route.store, public=is_public))
        except (StoreViewNotFound, ProductNotFound) as error:
            status, headers, reported = error_document(style, error)
            return Document(status, {**ALWAYS, **headers}, reported, family=None)
        if route.image is None:
            images = list(gallery.images)
            body = collection([_item(image, media) for image in images], shape)
        else:
            images = [gallery.image(image_id(route.image))]
            body = entity(_item(images[0], media), shape)
        headers = {**ALWAYS, hdrs.CONTENT_TYPE: CONTENT_TYPES[shape.format]}
        return Document(200, headers, body, gallery.family, [image.id for image in images])

    async def _create(self, call: Call) -> web.StreamResponse:
        async with AsyncExitStack() as stack:
            body = await self._uploads.body(call.request, stack)
            await require_first()
            command = parse_create(body, self._profile_settings)
            product, store = product_ref(call.route.product), _store(call.route)
            gallery = await self._writer.for_upload(product, store, command.name.base)
            blob = await self._uploads.keep(command.upload)
            image = await self._writer.create(gallery, blob, command.name, command.values)
        location = f"/api/rest/products/{call.route.spelled_product}/images/{image}"
        return self._done(image, {hdrs.LOCATION: location})

    async def _update(self, call: Call) -> web.StreamResponse:
        async with AsyncExitStack() as stack:
            body = await self._uploads.body(call.request, stack)
            await require_first()
            command = parse_update(body, self._profile_settings)
            image = image_id(call.route.image or "")
            product, store = product_ref(call.route.product), _store(call.route)
            gallery = await self._writer.for_change(product, store, image, command.base)
            blob = await self._uploads.keep(command.upload) if command.upload else None
            file = NewFile(blob, command.base, command.extension) if blob or command.base else None
            await self._writer.update(gallery, image, command.values, file)
        return self._done(image)

    async def _delete(self, call: Call) -> web.StreamResponse:
        image = image_id(call.route.image or "")
        gallery = await self._writer.for_change(product_ref(call.route.product), _store(call.route), image)
        await self._writer.delete(gallery, image)
        return self._done(image)

    def _done(self, image: int, headers: Mapping[str, str] = MappingProxyType({})) -> web.Response:
        described = described_by(image) if self._settings.described_by else {}
        return web.Response(headers={**headers, hdrs.CONTENT_TYPE: "text/html; charset=UTF-8", **described})


def _store(route: Route) -> str | None:
    return scope(route.store, public=False).store


def _item(image: GalleryImage, media: str) -> ImageItem:
    url = f"{media}/media/catalog/product{image.path}" if image.path else image.external_url or ""
    return ImageItem(image.id, image.label, image.position, image.excluded, url, image.types)
