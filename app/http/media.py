"""Delivery: the origin that CDNs pull cleaned originals and renditions from."""

import re
from collections.abc import Callable
from typing import Final

from aiohttp import hdrs, web

from app.errors import CodecFailed, NotFound, RenditionFailed, RenditionNotFound, Unavailable
from app.http.bytecache import ByteCache
from app.http.respond import Representation, Stored, represent_image, send_object
from app.model import BlobHash, RecipeHash
from app.service.flight import SingleFlight
from app.service.render import Renderer, Rendition, format_of
from app.store import ObjectStore

IMMUTABLE: Final = "public, max-age=31536000, immutable"
PASSING: Final = "public, max-age=60"

_ORIGINAL: Final = "/media/catalog/product/"
_RENDITION: Final = re.compile(
    r"/media/renditions/[a-z][a-z0-9-]*-(?P<recipe>[0-9a-f]{8})/(?P<blob>[0-9a-f]{64})/(?P<file>[^/]+)\.(?P<ext>[a-z]+)"
)

Found = tuple[Representation, bytes | str]
"""What is sent: the bytes, or the key under which the store streams them."""


class Media:
    """Answers `/media/…`. Hot bytes come from memory; cold ones are read once however many ask, and large ones
    streamed from the store. `hears` says whether withdrawals by other processes are being heard of; while they
    are not, nothing is kept."""

    def __init__(
        self, renderer: Renderer, store: ObjectStore, cache_bytes: int, hears: Callable[[], bool] = lambda: True
    ) -> None:
        self._renderer = renderer
        self._store = store
        self._hears = hears
        self._drops = 0
        self._finding: SingleFlight[str, Found] = SingleFlight()
        self.hot: ByteCache[str, tuple[Representation, bytes]] = ByteCache(cache_bytes)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.method not in {hdrs.METH_GET, hdrs.METH_HEAD}:
            return web.Response(status=405, headers={hdrs.ALLOW: "GET, HEAD"})
        path = request.path
        hot = self.hot.get(path)
        if hot is not None:
            return await send_object(request, *hot)
        about, found = await self._finding.run(path, lambda: self._find(path))
        return await send_object(request, about, found if isinstance(found, bytes) else Stored(self._store, found))

    def drop_paths(self) -> None:
        """Some path was withdrawn: nothing that was found by path may be sent from memory any more."""
        self._drops += 1
        self.hot.clear()
        self._finding.detach()

    async def _find(self, path: str) -> Found:
        drops = self._drops
        rendition, caching = await self._rendition(path)
        about = represent_image(
            size=rendition.size,
            media_type=rendition.media_type,
            etag=f'"{rendition.etag[:32]}"',
            cache_control=caching,
            filename=path.rpartition("/")[2],
            modified=int(rendition.created_at.timestamp()),
        )
        if caching is not IMMUTABLE or not self.hot.fits(rendition.size):
            return about, rendition.key
        data = await self._store.read(rendition.key, rendition.size)
        if drops == self._drops and self._hears():
            self.hot.put(path, (about, data), rendition.size)
        return about, data

    async def _rendition(self, path: str) -> tuple[Rendition, str]:
        """What a path shows, and how long it may be kept."""
        if path.startswith(_ORIGINAL):
            return await self._renderer.original(path[len(_ORIGINAL) - 1 :]), IMMUTABLE
        match = _RENDITION.fullmatch(path)
        if match is None:
            raise RenditionNotFound(f"nothing is delivered at {path}")
        blob, recipe = BlobHash(match["blob"]), RecipeHash(match["recipe"])
        try:
            return await self._renderer.find(blob, recipe, format_of(match["ext"])), IMMUTABLE
        except RenditionFailed:
            return await self._renderer.cleaned(blob), PASSING


def media_error(_: web.Request, error: Exception) -> web.StreamResponse:
    """The room's words are an empty body. What is not there may come, or be built again: kept for a minute."""
    match error:
        case NotFound() | RenditionFailed():
            return web.Response(status=404, headers={hdrs.CACHE_CONTROL: PASSING})
        case Unavailable() | CodecFailed():
            return web.Response(status=503, headers={hdrs.CACHE_CONTROL: "no-store", hdrs.RETRY_AFTER: "5"})
        case web.HTTPException():
            return web.Response(status=error.status)
        case _:
            return web.Response(status=500, headers={hdrs.CACHE_CONTROL: "no-store"})
