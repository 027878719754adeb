"""One process's share of the service: its constructors are called here, in order and without any input or output."""

import asyncio
import re
from collections.abc import AsyncIterator, Hashable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from typing import Final

from app.access.accounts import Accounts
from app.access.oauth import OAuth
from app.access.secret_key import refuse_short_key
from app.access.secrets import SecretBox
from app.apis.glue.routes import READS as GLUE_READS
from app.apis.openmage.routes import READS as OPENMAGE_READS
from app.apis.spree.routes import READS as SPREE_READS
from app.background import in_background
from app.cache.bytes import ByteCache
from app.cache.documents import DocumentCache
from app.cache.requests import RequestIndex
from app.db.listen import Hearing, Listener
from app.db.migrate import migrate
from app.db.pool import Database
from app.delivery.media import Media
from app.embedded.folders import made_folder
from app.errors import DatabaseUnavailable
from app.events import CheckFailed
from app.http.drain import Drain
from app.http.rate_limits import RateLimits
from app.model import ProductId
from app.raster.child.pool import CodecPool
from app.service.galleries.openmage.reader import GalleryReader
from app.service.galleries.openmage.writer import GalleryWriter
from app.service.galleries.spree.writer import SpreeGalleryWriter
from app.service.pictures.filing import Filing
from app.service.pictures.intake import Intake
from app.service.renditions.render import Renderer
from app.service.renditions.rendition import Rendition
from app.service.upkeep.clocks import LOOK_SECONDS, ClockWatch
from app.service.upkeep.purge import Purge
from app.service.upkeep.recipe_change import RecipeChange
from app.service.upkeep.sweeps import Housekeeping
from app.service.upkeep.verify import Verify
from app.settings import Settings
from app.store import open_store
from app.telemetry.lookups import Bounded, scrape_of
from app.telemetry.metrics import Metrics
from app.telemetry.observer import Observer
from app.telemetry.scrape import watch_loop
from app.worker import Worker

_FAMILIES: Final = re.compile(r"[0-9]+(?:,[0-9]+)*")
_TIDY_SECONDS: Final = 60.0
"""How often files are looked for whose process was killed."""


class Parts:
    """One process's share of the service. `dsn` is the Postgres to use, embedded or not."""

    def __init__(self, settings: Settings, dsn: str, observer: Observer | None = None) -> None:
        self.settings = settings
        self.dsn = dsn
        self.observer = observer or Observer(Metrics(), sample=settings.log_sample)
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
        hearing = Hearing()
        box = SecretBox(settings.secret_key, settings.secret_key_former)
        self.accounts = Accounts(self.database, box, hearing)
        self.oauth = OAuth(self.accounts, settings.openmage_oauth_past_seconds)
        self.documents = DocumentCache(settings.document_cache_bytes, hearing, settings.document_cache_seconds)
        self.listener = Listener(
            dsn, self.hear, self.drop_all, hearing, on_silence=self.documents.stop_using, observe=self.observer
        )
        reads = GLUE_READS | OPENMAGE_READS | SPREE_READS
        self.request_index = RequestIndex(self.documents, settings, reads)
        spree_share = settings.media_cache_bytes // 4
        self.spree_files: ByteCache[Hashable, tuple[Rendition, bytes]] = ByteCache(spree_share)
        self.rate_limits = RateLimits(settings)
        self.media = Media(
            self.renderer,
            self.store,
            settings.media_cache_bytes - spree_share,
            lambda: hearing.listening,
            settings.media_negotiate,
            self.rate_limits.subscriber,
        )
        metrics = self.observer.metrics
        self.clocks = ClockWatch(self.database, self.store, self.observer)
        metrics.watch("clock_skew_seconds", "Seconds a clock is ahead of this process's.", "clock", self.clocks.figures)
        metrics.watch_cache("documents", self.documents)
        metrics.watch_cache("media", self.media.hot)
        metrics.watch_cache("spree_files", self.spree_files)
        slots: dict[str, Bounded] = {
            "upload": self.intake.slots,
            "stranger": self.intake.strangers.slots,
            "build": self.renderer.slots,
        }
        slots["codec"] = self.codecs.turns
        self.scrape = scrape_of(settings, metrics, self.database, self.observer, **slots)
        self.drain = Drain()
        self.worker = Worker(settings, self.database, self.renderer, self.observer)
        self.housekeeping = Housekeeping(self.database, self.store)
        self.verify = Verify(self.database, self.store)
        self.recipe_change = RecipeChange(settings, self.database, self.store, self.codecs)
        self.purge = Purge(self.database, self.store, self.spree_writer, self.observer)

    def drop(self, families: Iterable[ProductId]) -> None:
        """What this process has committed, it never answers from memory again."""
        self.documents.drop_families(families)

    def hear(self, payload: str) -> None:
        """A change, in the words of `sql/migrations`, 0002 and 0011."""
        match payload:
            case "unknown":
                self.documents.drop_families([None])
            case "*" | "addresses":
                self.documents.drop_all()
            case "paths":
                self._drop_files()
            case "accounts":
                self._drop_accounts()
            case families if _FAMILIES.fullmatch(families):
                self.documents.drop_families(map(int, families.split(",")))
            case _:  # a word of a later version, which may be running beside this one
                self.drop_all()

    def drop_all(self) -> None:
        self.documents.drop_all()
        self._drop_files()
        self._drop_accounts()

    def _drop_files(self) -> None:
        self.media.drop_paths()
        self.spree_files.clear()

    def _drop_accounts(self) -> None:
        self.accounts.drop()
        self.request_index.forget()

    @asynccontextmanager
    async def opened(self, *, waits: bool = False) -> AsyncIterator[None]:
        """Database, its schema up to date, store and codecs, for as long as the block lasts. Where the database is
        away, that is raised, or (`waits`) it is opened as soon as it is there; until then whatever is asked of it is
        `DatabaseUnavailable`, too."""
        await asyncio.to_thread(made_folder, self.settings.data_dir)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.database.close)
            await stack.enter_async_context(self.store)
            stack.push_async_callback(self.codecs.close)
            for tidy in (self.intake.tidy, self.store.tidy):
                await stack.enter_async_context(in_background("tidy", tidy, self.observer, every=_TIDY_SECONDS))
            try:
                await self._open_database()
            except DatabaseUnavailable as error:
                if not waits:
                    raise
                self.observer(CheckFailed("database", error.reason))
                await stack.enter_async_context(in_background("database", self._open_database, self.observer))
            yield

    async def _open_database(self) -> None:
        await migrate(self.dsn, observe=self.observer)
        await self.database.open()
        try:
            await refuse_short_key(self.database, self.settings)
        except BaseException:  # it is opened once more by another try, or never
            await self.database.close()
            raise
        with suppress(DatabaseUnavailable):  # every build registers its recipes, too
            await self.renderer.register_recipes()

    @asynccontextmanager
    async def observed(self) -> AsyncIterator[None]:
        """Figures of this process, for the other processes and of its event loop, for as long as the block lasts."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.scrape.shared())
            loop = partial(watch_loop, self.observer)
            await stack.enter_async_context(in_background("event loop", loop, self.observer))
            clocks = in_background("clocks", self.clocks.look, self.observer, every=LOOK_SECONDS)
            await stack.enter_async_context(clocks)
            yield

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Jobs are worked off for as long as the block lasts, and no new ones taken once the process drains."""
        await self.worker.prepare()
        async with in_background("worker", self.worker.run, self.observer):
            async with in_background("drain", self._stop_working, self.observer):
                yield
            await self.worker.stop()

    async def _stop_working(self) -> None:
        await self.drain.wait()
        await self.worker.stop()
