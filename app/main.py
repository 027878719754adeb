"""Wires everything; the only module that knows everybody.

`Parts` calls the constructors, in order and without any input or output. What has to be opened is
opened in the application's `cleanup_ctx` and closed in reverse.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, Final, get_args

from aiohttp import web

from app.access.accounts import Accounts
from app.access.oauth import OAuth
from app.access.secrets import SecretBox
from app.db.listen import Listener
from app.db.migrate import pending
from app.db.pool import Database
from app.dialects.glue.routes import READS as GLUE_READS
from app.dialects.glue.routes import GlueRoom
from app.dialects.openmage.routes import READS as OPENMAGE_READS
from app.dialects.openmage.routes import OpenMageRoom
from app.dialects.openmage.uploads import Uploads as OpenMageUploads
from app.dialects.spree.delivery import SpreeDelivery
from app.dialects.spree.routes import READS as SPREE_READS
from app.dialects.spree.routes import SpreeRoom
from app.dialects.spree.uploads import Uploads
from app.errors import DatabaseUnavailable, Misconfigured
from app.http import health
from app.http.appkeys import OBSERVER, SETTINGS
from app.http.cache import DocumentCache
from app.http.drain import DRAIN, Drain
from app.http.edge import edge
from app.http.landing import landing, wants_landing
from app.http.lookups import scrape_of
from app.http.media import Media, media_error
from app.http.metrics import Metrics
from app.http.observe import Observer
from app.http.origin import trusted_networks
from app.http.rooms import ROOMS, Room, RoomName
from app.http.scrape import SCRAPE, watch_loop
from app.http.shortcuts import SHORTCUTS, Shortcuts
from app.http.writes import WriteLimits
from app.model import ProductId
from app.raster.pool import CodecPool
from app.service.fetch import Fetcher
from app.service.filing import Filing
from app.service.gallery import GalleryReader
from app.service.gallery_writer import GalleryWriter
from app.service.housekeeping import Housekeeping
from app.service.image_sets import ImageSetReader
from app.service.intake import Intake, sweep_spool
from app.service.purge import Purge
from app.service.recipe_change import RecipeChange
from app.service.render import Renderer
from app.service.spree_gallery import SpreeGalleryReader
from app.service.spree_gallery_writer import SpreeGalleryWriter
from app.settings import Settings
from app.store import open_store
from app.worker import Worker

_FAMILIES: Final = re.compile(r"[0-9]+(?:,[0-9]+)*")
_ABANDONED_SECONDS: Final = 3600.0
"""Age at which a spooled upload has no owner left: a request ends long before."""


class Parts:
    """One process's share of the service. `dsn` is the Postgres to use, embedded or not."""

    def __init__(self, settings: Settings, dsn: str) -> None:
        self.settings = settings
        self.dsn = dsn
        self.observer = Observer(Metrics(), sample=settings.log_sample)
        self.database = Database(dsn, size=settings.database_pool_size, observe=self.observer)
        self.store = open_store(settings, self.observer)
        self.codecs = CodecPool(settings, self.observer)
        self.renderer = Renderer(settings, self.database, self.store, self.codecs, self.observer)
        self.intake = Intake(settings, self.database, self.store, self.codecs)
        self.gallery_reader = GalleryReader(self.database)
        self.filing = Filing(settings)
        self.gallery_writer = GalleryWriter(self.database, self.gallery_reader, self.filing, self.drop)
        self.spree_writer = SpreeGalleryWriter(
            self.database, self.filing, self.drop, lambda path: self.media.drop_path(path)
        )
        self.accounts = Accounts(self.database, SecretBox(settings.secret_key))
        self.oauth = OAuth(self.accounts, settings.openmage_oauth_past_seconds)
        self.listener = Listener(dsn, self.hear, self.drop_all, observe=self.observer)
        self.documents = DocumentCache(settings.document_cache_bytes, lambda: self.listener.listening)
        reads = GLUE_READS | OPENMAGE_READS | SPREE_READS
        self.shortcuts = Shortcuts(self.documents, settings, reads)
        self.media = Media(
            self.renderer,
            self.store,
            settings.media_cache_bytes,
            lambda: self.listener.listening,
            settings.media_negotiate,
        )
        metrics = self.observer.metrics
        metrics.watch_cache("documents", self.documents)
        metrics.watch_cache("media", self.media.hot)
        slots = {"upload": self.intake.slots, "build": self.renderer.slots}
        self.scrape = scrape_of(settings, metrics, self.database, **slots)
        self.drain = Drain()
        self.write_limits = WriteLimits(settings)
        self.worker = Worker(settings, self.database, self.renderer, self.observer)
        self.housekeeping = Housekeeping(self.database, self.store)
        self.recipe_change = RecipeChange(settings, self.database, self.store, self.codecs)
        self.purge = Purge(self.database, self.store, self.spree_writer, self.observer)

    def drop(self, families: Iterable[ProductId]) -> None:
        """What this process has committed, it never answers from memory again."""
        self.documents.drop_families(families)

    def hear(self, payload: str) -> None:
        """A change, in the words of `sql/migrations/0002_change_notification.sql`."""
        match payload:
            case "*" | "addresses":
                self.documents.drop_all()
            case "paths":
                self.media.drop_paths()
            case "accounts":
                self._drop_accounts()
            case families if _FAMILIES.fullmatch(families):
                self.documents.drop_families(map(int, families.split(",")))
            case _:  # a word of a later version, which may be running beside this one
                self.drop_all()

    def drop_all(self) -> None:
        self.documents.drop_all()
        self.media.drop_paths()
        self._drop_accounts()

    def _drop_accounts(self) -> None:
        self.accounts.drop()
        self.shortcuts.forget()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Database, store and codecs, for as long as the block lasts."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.database)
            await stack.enter_async_context(self.store)
            stack.push_async_callback(self.codecs.close)
            await asyncio.to_thread(sweep_spool, self.settings.spool_dir, time.time() - _ABANDONED_SECONDS)
            with suppress(DatabaseUnavailable):  # it may come later; every build registers its recipes, too
                await self.renderer.register_recipes()
            yield

    @asynccontextmanager
    async def observed(self) -> AsyncIterator[None]:
        """Figures of this process, for its siblings and of its event loop, for as long as the block lasts."""
        async with self.scrape.shared(), in_background(watch_loop(self.observer)):
            yield

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Jobs are worked off for as long as the block lasts, and no new ones taken once the process drains."""
        working = asyncio.create_task(self.worker.run())
        async with in_background(self._stop_working()):
            yield
        await self.worker.stop()
        await working

    async def _stop_working(self) -> None:
        await self.drain.wait()
        await self.worker.stop()


@asynccontextmanager
async def in_background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """A task that is cancelled when the block ends."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def build_app(settings: Settings, dsn: str) -> web.Application:
    """The web application; with `run_worker` it works off jobs, too."""
    trusted_networks(settings.trusted_proxies)  # a mistake in them is told now, not to the first client
    parts = Parts(settings, dsn)
    app = _service_app(parts)
    glue = GlueRoom(settings, ImageSetReader(parts.database, settings), parts.documents)
    openmage = OpenMageRoom(
        settings,
        parts.oauth,
        parts.gallery_reader,
        parts.gallery_writer,
        OpenMageUploads(parts.intake, settings.max_body_bytes, parts.observer),
        parts.documents,
        parts.write_limits,
    )
    spree, spree_files = _spree(parts)

    async def storefront(request: web.Request) -> web.StreamResponse:
        return landing() if wants_landing(request) else await glue.handle(request)

    rooms: dict[RoomName, Room] = {
        "openmage": Room(openmage.error),
        "spree": Room(spree.error, tells_request_id=True, tells_runtime=True),
        "glue": Room(glue.error),
        "delivery": Room(media_error),
        "service": Room(health.error, tells_request_id=True),
    }
    app[ROOMS] = rooms
    app.router.add_route("*", "/media/{file:.*}", parts.media.handle)
    for prefix in ("/api/rest", "/oauth/", "/admin/oauth_authorize"):
        app.router.add_route("*", f"{prefix}{{rest:.*}}", openmage.handle)
    app.router.add_route("*", "/api{rest:.*}", spree.handle)
    app.router.add_route("*", "/spree/{rest:.*}", spree_files.handle)
    app.router.add_route("*", "/{path:.*}", storefront)
    app.cleanup_ctx.append(lambda _: _running(parts))
    return app


def build_watch_app(parts: Parts) -> web.Application:
    """Health and metrics of a process that serves nothing else."""
    app = _service_app(parts)
    app[ROOMS] = dict.fromkeys(get_args(RoomName), Room(health.error))
    return app


def _service_app(parts: Parts) -> web.Application:
    app = web.Application(middlewares=[edge], client_max_size=parts.settings.max_body_bytes)
    app[SETTINGS] = parts.settings
    app[OBSERVER] = parts.observer
    app[SHORTCUTS] = parts.shortcuts
    app[SCRAPE] = parts.scrape
    app[DRAIN] = parts.drain
    app[health.CHECKS] = _checks(parts)
    app.add_routes(health.routes())
    return app


def _spree(parts: Parts) -> tuple[SpreeRoom, SpreeDelivery]:
    settings = parts.settings
    reader = SpreeGalleryReader(parts.database)
    fetcher = Fetcher(settings) if settings.spree_fetch_urls else None
    uploads = Uploads(settings, parts.intake, parts.codecs, parts.observer, fetcher)
    room = SpreeRoom(
        settings,
        reader,
        parts.spree_writer,
        parts.documents,
        parts.accounts.role_of,
        parts.intake,
        uploads,
        parts.write_limits,
    )
    return room, SpreeDelivery(settings, reader, parts.renderer, parts.store)


async def _running(parts: Parts) -> AsyncIterator[None]:
    async with parts.opened(), parts.observed(), AsyncExitStack() as stack:
        await stack.enter_async_context(in_background(parts.listener.run()))
        if parts.settings.run_worker:
            await stack.enter_async_context(parts.working())
        yield


def _checks(parts: Parts) -> health.Checks:
    async def migrated() -> None:
        if missing := await pending(parts.database):
            raise Misconfigured(f"migrations are missing: {', '.join(missing)}")

    return health.Checks({"database": migrated}, {"store": parts.store.check}, parts.observer)
