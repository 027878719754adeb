"""Delivery: the origin that CDNs pull cleaned originals and renditions from."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from aiohttp import hdrs, web

from app.cache.bytes import ByteCache
from app.errors import NotFound, RenditionFailed, RenditionNotFound, Unavailable
from app.http.negotiate import is_negotiable, named, wanted_formats
from app.http.respond import IMMUTABLE, PASSING, Representation, represent_image, send_object
from app.http.streams import Stored
from app.model import FORMAT_OF_EXTENSION, Format, RecipeHash, Segment, parted
from app.service.flight import SingleFlight
from app.service.renditions.render import Renderer
from app.service.renditions.rendition import Rendition, bytes_of, format_of
from app.store import ObjectStore

_ALLOWED: Final = "GET, HEAD, OPTIONS"
_OPEN_TO_PAGES: Final = {
    hdrs.ALLOW: _ALLOWED,
    hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*",
    hdrs.ACCESS_CONTROL_ALLOW_METHODS: _ALLOWED,
    hdrs.ACCESS_CONTROL_ALLOW_HEADERS: "*",
    hdrs.ACCESS_CONTROL_MAX_AGE: "86400",
    hdrs.CACHE_CONTROL: "no-store",
}
"""Files are for everybody, whatever headers a page sends along."""
_SLASHES: Final = re.compile("//+")
"""Shops write a base that ends in `/` before a path that begins with one."""
_ORIGINAL: Final = "/media/catalog/product/"
_RENDITION: Final = re.compile(
    r"/media/renditions/(?P<name>[a-z][a-z0-9-]*)-(?P<recipe>[0-9a-f]{8})/(?P<segment>[0-9a-f]{64}(?:-[0-9a-f]{16})?)/"
    r"(?P<file>[^/]+)\.(?P<ext>[a-z]+)"
)
_WAYS_SHARE: Final = 8
"""A part of the memory is for what requests ask for, the rest for what they get."""
_WAY_BYTES: Final = 2000
"""Reckoned memory of an address, beside the address itself."""

Key = tuple[str, tuple[Format, ...]]
"""A path, and the formats that the client would rather have than the one that it names."""


class Original(NamedTuple):
    """What a file path serves."""

    path: str


class Named(NamedTuple):
    """What a rendition's address serves, whatever file name it ends in."""

    name: str
    recipe: RecipeHash
    segment: Segment
    own: Format
    wanted: tuple[Format, ...]


Served = Original | Named


@dataclass(frozen=True, slots=True)
class Found:
    """What is sent, how long it may be kept, and its bytes, or None for what the store streams."""

    rendition: Rendition
    caching: str
    data: bytes | None = None


class _Way(NamedTuple):
    """From an address to what is kept, as long as it is still the same."""

    about: Representation
    served: Served
    rendition: Rendition


class Media:
    """Answers `/media/…`. Hot bytes come from memory, where they are kept once, by what is served and not by what
    clients may make up; cold ones are read once however many ask, and large ones
    streamed from the store. `hears` says whether withdrawals by other processes are being heard of; while they
    are not, nothing is kept. `negotiate` are the formats that `Accept` may choose. `address_of` says who asks;
    `tags` gives the headers that name a file, by its key, for caches in front."""

    def __init__(
        self,
        renderer: Renderer,
        store: ObjectStore,
        cache_bytes: int,
        hears: Callable[[], bool] = lambda: True,
        negotiate: Sequence[Format] = (),
        address_of: Callable[[web.Request], str] = lambda _: "",
        tags: Callable[[str], Mapping[str, str]] = lambda _: {},
    ) -> None:
        self._renderer = renderer
        self._store = store
        self._negotiate = negotiate
        self._hears = hears
        self._address_of = address_of
        self._tags = tags
        self._drops = 0
        self._finding: SingleFlight[Served, Found] = SingleFlight()
        ways = cache_bytes // _WAYS_SHARE
        self._ways: ByteCache[Key, _Way] = ByteCache(ways, entry_limit=ways)
        self.hot: ByteCache[Served, Found] = ByteCache(cache_bytes - ways, entry_limit=cache_bytes // 8)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.method == hdrs.METH_OPTIONS:
            return web.Response(status=204, headers=_OPEN_TO_PAGES)
        if request.method not in {hdrs.METH_GET, hdrs.METH_HEAD}:
            return web.Response(status=405, headers={hdrs.ALLOW: _ALLOWED})
        key = self._key(request, _SLASHES.sub("/", request.path))
        hot = self._kept(key)
        if hot is not None:
            return await send_object(request, *hot)
        return await self._renderer.despite_losses(lambda: self._send(request, key), lambda: self._address_of(request))

    async def _send(self, request: web.Request, key: Key) -> web.StreamResponse:
        served = _served(*key)
        found = self.hot.get(served)
        if found is None:
            asker = self._address_of(request)
            found = await self._finding.run(served, lambda: self._find(served, asker))
        about = self._represent(key[0], served, found)
        if served in self.hot:
            self._ways.put(key, _Way(about, served, found.rendition), _WAY_BYTES + 2 * len(key[0]))
        rendition = found.rendition
        source = found.data or Stored(self._store, rendition.key, rendition.size)
        return await send_object(request, about, source)

    def drop_path(self, path: str) -> None:
        """A file path was withdrawn by this process, which must not send it once more."""
        self._drops += 1
        self.hot.drop(Original(path))
        self._finding.detach()

    def drop_paths(self) -> None:
        """Some path was withdrawn: nothing that was found by path may be sent from memory any more."""
        self._drops += 1
        self.hot.clear()
        self._ways.clear()
        self._finding.detach()

    def glance(self, request: web.BaseRequest, path: str) -> tuple[Representation, bytes] | None:
        """A hot file as a whole; None where it has to be looked for, or `path`, as it came, says something else than it
        spells: what is kept is kept under what was decoded."""
        if "%" in path or "?" in path or "#" in path:
            return None
        return self._kept(self._key(request, path))

    def _key(self, request: web.BaseRequest, path: str) -> Key:
        if not self._negotiate or path.startswith(_ORIGINAL):
            return path, ()
        return path, wanted_formats(request, _own_format(path), self._negotiate)

    def _kept(self, key: Key) -> tuple[Representation, bytes] | None:
        way = self._ways.get(key)
        found = way and self.hot.glance(way.served)
        if way is None or found is None or found.data is None or found.rendition is not way.rendition:
            return None
        return way.about, found.data

    def _represent(self, path: str, served: Served, found: Found) -> Representation:
        rendition, filename = found.rendition, path.rpartition("/")[2]
        is_named = isinstance(served, Named)
        return represent_image(
            size=rendition.size,
            media_type=rendition.media_type,
            etag=f'"{rendition.etag[:32]}"',
            cache_control=found.caching,
            filename=named(filename, rendition.format) if is_named else filename,
            modified=int(rendition.created_at.timestamp()),
            vary=hdrs.ACCEPT if isinstance(served, Named) and is_negotiable(served.own, self._negotiate) else None,
            further=self._tags(rendition.key),
        )

    async def _find(self, served: Served, asker: str) -> Found:
        drops = self._drops
        rendition, caching = await self._shown(served, asker)
        if caching is not IMMUTABLE or not self.hot.fits(rendition.size):
            return Found(rendition, caching)
        found = Found(rendition, caching, await bytes_of(self._store, rendition))
        if drops == self._drops and self._hears():
            self.hot.put(served, found, rendition.size)
        return found

    async def _shown(self, served: Served, asker: str) -> tuple[Rendition, str]:
        """What an address shows, and how long it may be kept."""
        if isinstance(served, Original):
            return await self._renderer.original(served.path), IMMUTABLE
        if await self._renderer.name_of(served.recipe) != served.name:
            raise RenditionNotFound(f"recipe {served.recipe} is not called {served.name}")
        try:
            return await self._rendition(served, asker)
        except RenditionFailed:
            return await self._renderer.cleaned(parted(served.segment)[0]), PASSING

    async def _rendition(self, served: Named, asker: str) -> tuple[Rendition, str]:
        """What was found, and how long it may be kept: briefly while something better may come."""
        segment, recipe, own = served.segment, served.recipe, served.own
        if not served.wanted:
            return await self._renderer.find(segment, recipe, own, asker=asker), IMMUTABLE
        rendition, is_best = await self._renderer.find_preferred(segment, recipe, own, served.wanted, asker)
        return rendition, IMMUTABLE if is_best else PASSING


def _served(path: str, wanted: tuple[Format, ...]) -> Served:
    """RenditionNotFound for a path of another shape."""
    if path.startswith(_ORIGINAL):
        return Original(path[len(_ORIGINAL) - 1 :])
    match = _RENDITION.fullmatch(path)
    if match is None:
        raise RenditionNotFound(f"nothing is delivered at {path}")
    name, recipe, segment = match["name"], RecipeHash(match["recipe"]), Segment(match["segment"])
    return Named(name, recipe, segment, format_of(match["ext"]), wanted)


def _own_format(path: str) -> Format | None:
    return FORMAT_OF_EXTENSION.get(path.rpartition(".")[2].lower())


def media_error(_: web.Request, error: Exception) -> web.StreamResponse:
    """A failure has an empty body. What is not there may come, or be built again: kept for a minute."""
    match error:
        case NotFound() | RenditionFailed():
            return web.Response(status=404, headers={hdrs.CACHE_CONTROL: PASSING})
        case Unavailable():
            return web.Response(status=503, headers={hdrs.RETRY_AFTER: str(error.retry_after)})
        case web.HTTPException():
            return web.Response(status=error.status)
        case _:
            return web.Response(status=500)
