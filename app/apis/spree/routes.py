"""Spree's API: match, authenticate, parse, call the service, present."""

from collections.abc import AsyncIterator, Hashable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, Final, assert_never
from urllib.parse import quote

from aiohttp import hdrs, web

from app.apis.previews import Preview, Subject
from app.apis.spree import headers, present, validation
from app.apis.spree.auth import KEY_HEADER, Caller, Credentials, FindKey, authenticate, credentials, header_key
from app.apis.spree.body.files import Files, Standing
from app.apis.spree.body.forms import METHOD_OVERRIDE, parse_body, query_params
from app.apis.spree.body.params import check_viewable, image_form
from app.apis.spree.checks import READ_METHODS, check_head, routed
from app.apis.spree.errors import OF_THE_BODY, Invalid, Unauthorised, document
from app.apis.spree.headers import respond
from app.apis.spree.match import Action, Place, leading_integer, parent_of, place_of
from app.apis.spree.uploads import Uploads
from app.cache.documents import DocumentCache
from app.errors import CodecFailed, FileTooLarge, ImageNotFound, NotFound, ProductNotFound
from app.http.rate_limits import RateLimits
from app.http.ready import Document
from app.http.retries.answers import KeptAnswers, require_first, take_key
from app.model import ProductId
from app.service.changes.acting import Act, as_actor
from app.service.galleries.spree.reader import ListedImage, Parent, SpreeGalleryReader
from app.service.galleries.spree.writer import Edit, SpreeGalleryWriter
from app.service.pictures.intake import Intake
from app.settings import Settings

READS: Final = frozenset((b"x-spree-token", b"x-spree-order-token", b"if-none-match"))
"""The headers that documents depend on."""

_WRITES = frozenset({hdrs.METH_POST, hdrs.METH_PUT, hdrs.METH_PATCH, hdrs.METH_DELETE})


class SpreeApi:
    def __init__(
        self,
        settings: Settings,
        reader: SpreeGalleryReader,
        writer: SpreeGalleryWriter,
        documents: DocumentCache,
        find_key: FindKey,
        intake: Intake,
        uploads: Uploads,
        limits: RateLimits,
        answers: KeptAnswers,
    ) -> None:
        self._settings = settings
        self._prefix = settings.spree_url_prefix.rstrip("/")
        self._reader = reader
        self._writer = writer
        self._documents = documents
        self._find_key = find_key
        self._intake = intake
        self._uploads = uploads
        self._limits = limits
        self._answers = answers

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Any method, any path below `/api`; raises what `error` knows how to tell."""
        place = place_of(request.rel_url.raw_path)
        if place is None:
            raise NotFound(f"nothing is routed at {request.rel_url.raw_path}")
        if request.method in READ_METHODS:
            reported, key = await self._read(request, place)
            # what is remembered of a request does not say whose `Authorization` it had
            return respond(request, reported, None if self._settings.spree_bearer and _is_bearers(request) else key)
        if request.method in _WRITES:
            work, refusal_of = partial(self._written, request, place), partial(self._of_the_body, request)
            verb = request.headers.get(METHOD_OVERRIDE, "").upper()
            return await self._answers.answered(request, "spree", None, work, refusal_of, verb)
        raise NotFound(f"{request.method} is never routed")

    def error(self, request: web.Request, error: Exception) -> web.StreamResponse:
        """The answer to a request that ended in `error`."""
        return respond(request, _reported(error))

    def _of_the_body(self, request: web.Request, error: Exception) -> web.Response | None:
        """A refusal that the same body would meet again."""
        is_ours = isinstance(error.__cause__, CodecFailed | FileTooLarge)  # a child, or a setting, of this moment
        reported = self.error(request, error) if isinstance(error, OF_THE_BODY) and not is_ours else None
        return reported if isinstance(reported, web.Response) else None

    async def _written(self, request: web.Request, place: Place) -> web.StreamResponse:
        return respond(request, await self._write(request, place))

    async def _read(self, request: web.Request, place: Place) -> tuple[Document, Hashable]:
        """A document and its key in the cache."""
        action = routed(place, request.method)
        caller = await self._caller(request, query_params(request.rel_url.raw_query_string))
        audience = self._audience(caller)
        match action:
            case "new":
                return headers.good(200, present.NEW), None
            case "show":
                return await self._show(leading_integer(place.image or ""), audience)
            case "index":
                return await self._index(place, audience)
        raise NotFound

    def _audience(self, caller: Caller) -> present.Audience:
        return "admin" if caller.admin else "public" if self._settings.spree_public_read else "nobody"

    async def previews(self, _: web.Request, subject: Subject) -> AsyncIterator[Preview]:
        """A product's images, to who has an admin's key and to who has none."""
        owner = f"products/{quote(subject.slug, safe='')}" if subject.is_root else f"variants/{subject.id}"
        path = f"/api/v1/{owner}/images"
        place = place_of(path)
        assert place is not None
        yield Preview("spree", "admin", None, None, path, await self._load_index(parent_of(place), "admin"))
        yield Preview("spree", "guest", None, None, path, await self._to_guests(place))

    async def _to_guests(self, place: Place) -> Document:
        required = self._settings.spree_requires_authentication
        try:
            guest = await authenticate(Credentials("", order=False), self._find_key, required=required)
        except Unauthorised as error:
            return _reported(error)
        return await self._load_index(parent_of(place), self._audience(guest))

    async def _index(self, place: Place, audience: present.Audience) -> tuple[Document, Hashable]:
        key = ("spree", place.parents, place.parent, audience)
        load = partial(self._load_index, parent_of(place), audience)
        return self._documents.get(key) or await self._documents.fill(key, load), key

    async def warm(self, line: Sequence[Any]) -> None:
        """Keeps the document of a key as it is written down; ValueError for what is none."""
        match line:
            case ["products" | "variants" as parents, str(parent), "admin" | "public" | "nobody" as audience]:
                await self._index(Place(parents, parent, None, ""), audience)
            case [int(image), "admin" | "public" | "nobody" as audience] if 0 < image < 2**63:
                await self._show(image, audience)
            case _:
                raise ValueError("not of Spree's")

    async def _load_index(self, parent: Parent, audience: present.Audience) -> Document:
        try:
            listing = await self._reader.list(parent)
        except ProductNotFound as error:
            return headers.other(404, document(error).body)
        images = [image for image in listing.images if present.is_shown(image, audience)]
        return headers.good(200, present.index(images, self._prefix), listing.family)

    async def _show(self, image: int, audience: present.Audience) -> tuple[Document, Hashable]:
        key = ("spree", image, audience)
        load = partial(self._load_show, image, audience)
        return self._documents.get(key) or await self._documents.fill(key, load), key

    async def _load_show(self, image_id: int, audience: present.Audience) -> Document:
        family, image = await self._reader.image(image_id)
        if not present.is_shown(image, audience):
            raise ImageNotFound(f"image {image_id} is not for {audience}")
        return headers.good(200, present.show(image, self._prefix), family)

    async def _write(self, request: web.Request, place: Place) -> Document:
        check_head(request, place)
        query = query_params(request.rel_url.raw_query_string)
        key = self._credentials(request, query).key
        await self._limits.admit_address(request)
        await self._limits.admit_key(key)
        async with AsyncExitStack() as stack:
            files = await self._files(stack, request, query)
            if files.standing == "admin":
                take_key(key)
            body = await parse_body(request, files, self._settings.max_body_bytes)
            action, params = routed(place, body.verb(request)), body.params | query
            given = self._credentials(request, params).key
            if not key:
                await self._limits.admit_key(given)
            caller = await self._caller(request, params)
            if caller.key is None:
                return await self._change(action, place, caller, params, files)
            take_key(given)
            await require_first()
            await files.admit()
            with as_actor(Act("key", str(caller.key.id), caller.key.name, "spree")):
                return await self._change(action, place, caller, params, files)

    async def _change(
        self, action: Action, place: Place, caller: Caller, params: dict[str, Any], files: Files
    ) -> Document:
        match action:
            case "create":
                return await self._create(place, caller, params, files)
            case "update":
                product, image = await self._own(place, caller)
                return await self._update(product, image, params, files)
            case "destroy":
                product, image = await self._own(place, caller)
                await self._writer.destroy(product, image.id)
                return self._described(headers.other(204, content_type=None), image)
            case "index" | "show" | "new":
                raise NotFound
            case _:
                assert_never(action)

    async def _create(self, place: Place, caller: Caller, params: dict[str, Any], files: Files) -> Document:
        if not caller.admin:
            raise Unauthorised
        product = await self._reader.find(parent_of(place))
        form = image_form(params)
        upload = await self._uploads.take(form.attachment, files)
        if upload is None:
            raise Invalid(validation.BLANK)
        image = await self._writer.create(product, upload, form.alt, form.position)
        return self._described(headers.good(201, present.show(image, self._prefix)), image)

    async def _update(self, product: ProductId, image: ListedImage, params: dict[str, Any], files: Files) -> Document:
        form = image_form(params)
        check_viewable(params)
        upload = await self._uploads.take(form.attachment, files)
        edit = Edit(form.given, form.alt, form.position, form.viewable_id, upload)
        changed = await self._writer.update(product, image.id, edit)
        return self._described(headers.good(200, present.show(changed, self._prefix)), changed)

    def _described(self, answer: Document, image: ListedImage) -> Document:
        return headers.described(answer, image.id) if self._settings.described_by else answer

    async def _own(self, place: Place, caller: Caller) -> tuple[ProductId, ListedImage]:
        """The image, if it is in the parent's list and the caller may see it there."""
        product = await self._reader.find(parent_of(place))
        _, image = await self._reader.image(leading_integer(place.image or ""))
        if image.product_id != product or not caller.admin:
            raise ImageNotFound(f"image {image.id} is not the caller's in product {product}")
        return product, image

    async def _standing(self, request: web.Request, query: dict[str, Any]) -> Standing:
        """What is known before the body, which is asked for a key only where none stands before it."""
        if header_key(request.headers, bearer=self._settings.spree_bearer) is None and "token" not in query:
            return "unknown"
        return "admin" if await self._is_admin(self._credentials(request, query).key) else "refused"

    async def _files(self, stack: AsyncExitStack, request: web.Request, query: dict[str, Any]) -> Files:
        return Files(
            stack,
            self._intake,
            await self._standing(request, query),
            address=self._limits.subscriber(request),
            seconds=self._settings.stranger_seconds,
            is_admin=self._is_admin,
            announced=request.content_length or 0,
        )

    async def _is_admin(self, key: str) -> bool:
        found = await self._find_key(key) if key.strip() else None
        return found is not None and found.role == "admin"

    def _credentials(self, request: web.Request, params: dict[str, Any]) -> Credentials:
        return credentials(request.headers, params, bearer=self._settings.spree_bearer)

    async def _caller(self, request: web.Request, params: dict[str, Any]) -> Caller:
        given = self._credentials(request, params)
        return await authenticate(given, self._find_key, required=self._settings.spree_requires_authentication)


def _reported(error: Exception) -> Document:
    reported = document(error)
    return headers.other(reported.status, reported.body, reported.content_type, further=reported.headers)


def _is_bearers(request: web.Request) -> bool:
    return KEY_HEADER not in request.headers and hdrs.AUTHORIZATION in request.headers
