"""`/spree/products/:id/:style/:file`: an image's renditions under its own URLs. Source: spree.md, section 9."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

from aiohttp import hdrs, web

from app.apis.spree.match import Binary, binary_of
from app.cache.bytes import ByteCache
from app.errors import ImageNotFound, NotFound, RenditionFailed
from app.http.negotiate import is_negotiable, named, wanted_formats
from app.http.respond import IMMUTABLE, PASSING, represent_image, send_object
from app.http.streams import Stored
from app.model import Format, RecipeHash
from app.percent import decoded
from app.service.flight import SingleFlight
from app.service.galleries.spree.addresses import ORIGINAL, STYLES, file_segment, unix
from app.service.galleries.spree.reader import SpreeGalleryReader, StoredFile
from app.service.renditions.render import Renderer
from app.service.renditions.rendition import Rendition, bytes_of
from app.settings import Settings
from app.store import ObjectStore


@dataclass(frozen=True, slots=True)
class _Served:
    """A rendition with the caching it may have, and its bytes if they are at hand."""

    rendition: Rendition
    caching: str
    data: bytes | None = None


class SpreeDelivery:
    """Which bytes an image shows is asked of the database each time; hot ones come from memory, and cold ones are
    read once however many ask."""

    def __init__(
        self,
        settings: Settings,
        reader: SpreeGalleryReader,
        renderer: Renderer,
        store: ObjectStore,
        hot: ByteCache[Hashable, tuple[Rendition, bytes]],
        address_of: Callable[[web.Request], str],
        tags: Callable[[str], Mapping[str, str]],
    ) -> None:
        self._recipes = {recipe.name: recipe.hash for recipe in settings.recipes}
        self._negotiate = settings.media_negotiate
        self._reader = reader
        self._renderer = renderer
        self._store = store
        self._reading: SingleFlight[str, bytes] = SingleFlight()
        self._hot = hot
        self._address_of = address_of
        self._tags = tags

    async def handle(self, request: web.Request) -> web.StreamResponse:
        asked = binary_of(request.rel_url.raw_path)
        if asked is None or request.method not in (hdrs.METH_GET, hdrs.METH_HEAD):
            raise NotFound
        if asked.style not in (*STYLES, ORIGINAL):
            raise ImageNotFound(f"there is no style {asked.style}")
        return await self._renderer.despite_losses(
            lambda: self._answer(request, asked), lambda: self._address_of(request)
        )

    async def _answer(self, request: web.Request, asked: Binary) -> web.StreamResponse:
        file = await self._reader.file(asked.image, f"spree-{asked.style}")
        if not _names(asked, file):
            raise ImageNotFound(f"image {asked.image} is not called {asked.file}")
        offered = self._negotiate if asked.style != ORIGINAL else ()
        wanted = wanted_formats(request, file.format, offered)
        asker = self._address_of(request)
        served = await self._served(file, asked.style, wanted, _caching(request, file), asker)
        vary = hdrs.ACCEPT if is_negotiable(file.format, offered) else None
        return await self._send(request, file, served, vary)

    async def _served(
        self, file: StoredFile, style: str, wanted: Sequence[Format], caching: str, asker: str
    ) -> _Served:
        version = file.path if style == ORIGINAL else file.recipe or self._recipes[f"spree-{style}"]
        key = (file.segment, style, version, wanted)
        hot = self._hot.get(key)
        if hot is not None:
            return _Served(hot[0], caching, hot[1])
        try:
            rendition, is_best = await self._find(file, style, version, wanted, asker)
        except RenditionFailed:
            return _Served(await self._original(file), PASSING)
        if not is_best:
            return _Served(rendition, PASSING)
        if not self._hot.fits(rendition.size):
            return _Served(rendition, caching)
        data = await self._reading.run(rendition.key, lambda: bytes_of(self._store, rendition))
        self._hot.put(key, (rendition, data), rendition.size)
        return _Served(rendition, caching, data)

    async def _find(
        self, file: StoredFile, style: str, version: str | None, wanted: Sequence[Format], asker: str
    ) -> tuple[Rendition, bool]:
        """What shows the file in a style; and whether nothing better may come."""
        if style == ORIGINAL or version is None:
            return await self._original(file), True
        if not wanted:
            return await self._renderer.find(file.segment, RecipeHash(version)), True
        return await self._renderer.find_preferred(file.segment, RecipeHash(version), file.format, wanted, asker)

    async def _original(self, file: StoredFile) -> Rendition:
        if file.path is None:
            raise ImageNotFound("an image without a path of its own")
        return await self._renderer.original(file.path)

    async def _send(
        self, request: web.Request, file: StoredFile, served: _Served, vary: str | None
    ) -> web.StreamResponse:
        rendition = served.rendition
        about = represent_image(
            size=rendition.size,
            media_type=rendition.media_type,
            etag=f'"{rendition.etag[:32]}"',
            cache_control=served.caching,
            filename=file.name if rendition.format == file.format else named(file.name, rendition.format),
            modified=unix(file.updated_at or rendition.created_at),
            vary=vary,
            further=self._tags(rendition.key),
        )
        body = served.data or Stored(self._store, rendition.key, rendition.size)
        return await send_object(request, about, body)


def _names(asked: Binary, file: StoredFile) -> bool:
    return decoded(asked.file) == decoded(file_segment(file.name))


def _caching(request: web.Request, file: StoredFile) -> str:
    """Only the current stamp is a promise: the path alone can come to mean other bytes."""
    if file.updated_at is None:
        return PASSING
    return IMMUTABLE if request.query_string == str(unix(file.updated_at)) else PASSING
