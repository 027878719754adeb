"""Delivery: the origin that CDNs pull cleaned originals and renditions from."""

import re
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import hdrs, web

from app.errors import CodecFailed, NotFound, RenditionFailed, RenditionNotFound, Unavailable
from app.http.bytecache import ByteCache
from app.http.respond import Representation, Stored, represent_image, send_object
from app.model import BlobHash, RecipeHash
from app.service.render import Renderer, Rendition, format_of
from app.store import ObjectStore

IMMUTABLE: Final = "public, max-age=31536000, immutable"
PASSING: Final = "public, max-age=60"

_ORIGINAL: Final = "/media/catalog/product/"
_RENDITION: Final = re.compile(
    r"/media/renditions/[a-z][a-z0-9-]*-(?P<recipe>[0-9a-f]{8})/(?P<blob>[0-9a-f]{64})/(?P<file>[^/]+)\.(?P<ext>[a-z]+)"
)

Find = Callable[[], Awaitable[Rendition]]


class Media:
    """Answers `/media/…`. Hot bytes come from memory, cold ones are streamed from the store."""

    def __init__(self, renderer: Renderer, store: ObjectStore, cache_bytes: int) -> None:
        self._renderer = renderer
        self._store = store
        self.hot: ByteCache[str, tuple[Representation, bytes]] = ByteCache(cache_bytes)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        hot = self.hot.get(request.path)
        if hot is not None and request.method in {hdrs.METH_GET, hdrs.METH_HEAD}:
            return await send_object(request, *hot)
        return await self._answer(request)

    def drop_paths(self) -> None:
        """Some path was withdrawn: nothing that was found by path may be sent from memory any more."""
        self.hot.clear()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if request.method not in {hdrs.METH_GET, hdrs.METH_HEAD}:
            return web.Response(status=405, headers={hdrs.ALLOW: "GET, HEAD"})
        path = request.path
        if path.startswith(_ORIGINAL):
            return await self._send(request, await self._renderer.original(path[len(_ORIGINAL) - 1 :]), IMMUTABLE)
        match = _RENDITION.fullmatch(path)
        if match is None:
            raise RenditionNotFound(f"nothing is delivered at {path}")
        return await self._send_rendition(request, match)

    async def _send_rendition(self, request: web.Request, match: re.Match[str]) -> web.StreamResponse:
        blob, recipe = BlobHash(match["blob"]), RecipeHash(match["recipe"])
        try:
            rendition = await self._renderer.find(blob, recipe, format_of(match["ext"]))
        except RenditionFailed:
            return await self._send(request, await self._renderer.cleaned(blob), PASSING)
        return await self._send(request, rendition, IMMUTABLE)

    async def _send(self, request: web.Request, rendition: Rendition, caching: str) -> web.StreamResponse:
        about = represent_image(
            size=rendition.size,
            media_type=rendition.media_type,
            etag=f'"{rendition.etag[:32]}"',
            cache_control=caching,
            filename=request.path.rpartition("/")[2],
            modified=int(rendition.created_at.timestamp()),
        )
        if caching is not IMMUTABLE or not self.hot.fits(rendition.size):
            return await send_object(request, about, Stored(self._store, rendition.key))
        data = await self._store.read(rendition.key, rendition.size)
        self.hot.put(request.path, (about, data), rendition.size)
        return await send_object(request, about, data)


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
