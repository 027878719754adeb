"""Delivery: the origin that CDNs pull cleaned originals and renditions from."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import hdrs, web

from app.errors import NotFound, RenditionFailed, RenditionNotFound, Unavailable
from app.http.bytecache import ByteCache
from app.http.negotiate import is_negotiable, named, wanted_formats
from app.http.respond import Representation, Stored, represent_image, send_object
from app.model import FORMAT_OF_EXTENSION, BlobHash, Format, RecipeHash
from app.service.flight import SingleFlight
from app.service.render import Renderer
from app.service.rendition import Rendition, format_of
from app.store import ObjectStore

IMMUTABLE: Final = "public, max-age=31536000, immutable"
PASSING: Final = "public, max-age=60"

_ORIGINAL: Final = "/media/catalog/product/"
_RENDITION: Final = re.compile(
    r"/media/renditions/[a-z][a-z0-9-]*-(?P<recipe>[0-9a-f]{8})/(?P<blob>[0-9a-f]{64})/(?P<file>[^/]+)\.(?P<ext>[a-z]+)"
)

Key = tuple[str, tuple[Format, ...]]
"""A path, and the formats that the client would rather have than the one that it names."""

Found = tuple[Representation, bytes | str]
"""What is sent: the bytes, or the key under which the store streams them."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a path shows, how long it may be kept, and the request's header that it depends on."""

    rendition: Rendition
    caching: str
    filename: str
    vary: str | None = None


class Media:
    """Answers `/media/…`. Hot bytes come from memory; cold ones are read once however many ask, and large ones
    streamed from the store. `hears` says whether withdrawals by other processes are being heard of; while they
    are not, nothing is kept. `negotiate` are the formats that `Accept` may choose."""

    def __init__(
        self,
        renderer: Renderer,
        store: ObjectStore,
        cache_bytes: int,
        hears: Callable[[], bool] = lambda: True,
        negotiate: Sequence[Format] = (),
    ) -> None:
        self._renderer = renderer
        self._store = store
        self._negotiate = negotiate
        self._hears = hears
        self._drops = 0
        self._finding: SingleFlight[Key, Found] = SingleFlight()
        self.hot: ByteCache[Key, tuple[Representation, bytes]] = ByteCache(cache_bytes)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.method not in {hdrs.METH_GET, hdrs.METH_HEAD}:
            return web.Response(status=405, headers={hdrs.ALLOW: "GET, HEAD"})
        key = self._key(request, request.path)
        hot = self.hot.get(key)
        if hot is not None:
            return await send_object(request, *hot)
        return await self._renderer.despite_losses(lambda: self._send(request, key))

    async def _send(self, request: web.Request, key: Key) -> web.StreamResponse:
        about, found = await self._finding.run(key, lambda: self._find(key))
        return await send_object(request, about, found if isinstance(found, bytes) else Stored(self._store, found))

    def drop_path(self, path: str) -> None:
        """A file path was withdrawn by this process, which must not send it once more."""
        self._drops += 1
        self.hot.drop((f"{_ORIGINAL[:-1]}{path}", ()))
        self._finding.detach()

    def drop_paths(self) -> None:
        """Some path was withdrawn: nothing that was found by path may be sent from memory any more."""
        self._drops += 1
        self.hot.clear()
        self._finding.detach()

    def glance(self, request: web.BaseRequest, path: str) -> tuple[Representation, bytes] | None:
        """A hot file as a whole; None where it has to be looked for, or `path` (as it came) be decoded first."""
        return self.hot.glance(self._key(request, path))

    def _key(self, request: web.BaseRequest, path: str) -> Key:
        if not self._negotiate or path.startswith(_ORIGINAL):
            return path, ()
        return path, wanted_formats(request, _own_format(path), self._negotiate)

    async def _find(self, key: Key) -> Found:
        drops = self._drops
        shown = await self._shown(*key)
        rendition = shown.rendition
        about = represent_image(
            size=rendition.size,
            media_type=rendition.media_type,
            etag=f'"{rendition.etag[:32]}"',
            cache_control=shown.caching,
            filename=shown.filename,
            modified=int(rendition.created_at.timestamp()),
            vary=shown.vary,
        )
        if shown.caching is not IMMUTABLE or not self.hot.fits(rendition.size):
            return about, rendition.key
        data = await self._store.read(rendition.key, rendition.size)
        if drops == self._drops and self._hears():
            self.hot.put(key, (about, data), rendition.size)
        return about, data

    async def _shown(self, path: str, wanted: Sequence[Format]) -> _Shown:
        filename = path.rpartition("/")[2]
        if path.startswith(_ORIGINAL):
            return _Shown(await self._renderer.original(path[len(_ORIGINAL) - 1 :]), IMMUTABLE, filename)
        match = _RENDITION.fullmatch(path)
        if match is None:
            raise RenditionNotFound(f"nothing is delivered at {path}")
        blob, recipe, own = BlobHash(match["blob"]), RecipeHash(match["recipe"]), format_of(match["ext"])
        try:
            rendition, caching = await self._rendition(blob, recipe, own, wanted)
        except RenditionFailed:
            rendition, caching = await self._renderer.cleaned(blob), PASSING
        vary = hdrs.ACCEPT if is_negotiable(own, self._negotiate) else None
        return _Shown(rendition, caching, named(filename, rendition.format), vary)

    async def _rendition(
        self, blob: BlobHash, recipe: RecipeHash, own: Format, wanted: Sequence[Format]
    ) -> tuple[Rendition, str]:
        """What was found, and how long it may be kept: briefly while something better may come."""
        if not wanted:
            return await self._renderer.find(blob, recipe, own), IMMUTABLE
        rendition, is_best = await self._renderer.find_preferred(blob, recipe, own, wanted)
        return rendition, IMMUTABLE if is_best else PASSING


def _own_format(path: str) -> Format | None:
    return FORMAT_OF_EXTENSION.get(path.rpartition(".")[2].lower())


def media_error(_: web.Request, error: Exception) -> web.StreamResponse:
    """The room's words are an empty body. What is not there may come, or be built again: kept for a minute."""
    match error:
        case NotFound() | RenditionFailed():
            return web.Response(status=404, headers={hdrs.CACHE_CONTROL: PASSING})
        case Unavailable():
            return web.Response(status=503, headers={hdrs.RETRY_AFTER: str(error.retry_after)})
        case web.HTTPException():
            return web.Response(status=error.status)
        case _:
            return web.Response(status=500)
