"""One process's share of the service: its sections are built here, in order and without any input or output."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Final

from app.access.secret_key import refuse_short_key
from app.background import Work, in_background
from app.db.listen import CATALOGUE_CHANGE, Hearing, Listener
from app.db.migrate import migrate
from app.embedded.folders import made_folder
from app.errors import DatabaseUnavailable
from app.events import CheckFailed
from app.http.drain import Drain
from app.service.feed.follower import CATALOGUE_LOG
from app.service.flight import Slots
from app.service.pictures.waiting import PICTURE_STATE
from app.settings import Settings
from app.telemetry.metrics import Metrics
from app.telemetry.observer import Observer
from app.telemetry.otel import spans_of
from app.traces import Spans
from app.wiring.access import access_of
from app.wiring.caches import caches_of
from app.wiring.catalogue import catalogue_of
from app.wiring.feed import feed_of
from app.wiring.pictures import pictures_of
from app.wiring.replica import replicated_of
from app.wiring.storage import storage_of
from app.wiring.telemetry import slots_of, telemetry_of
from app.wiring.upkeep import upkeep_of
from app.wiring.webhooks import webhooks_of
from app.worker import Worker

_TABLES: Final = 4
"""Tables of whole catalogues that a process sends at a time: each reads without a pause."""
_TIDY_SECONDS: Final = 60.0
"""How often files are looked for whose process was killed."""


class Parts:
    """One process's share of the service. `dsn` is the Postgres to use, embedded or not."""

    def __init__(
        self, settings: Settings, dsn: str, observer: Observer | None = None, spans: Spans | None = None
    ) -> None:
        self.settings = settings
        self.dsn = dsn
        self.observer = observer or Observer(Metrics(), sample=settings.log_sample)
        self.spans = spans or spans_of(settings.traces)
        self.drain = Drain()
        hearing = Hearing()
        self.storage = storage_of(settings, dsn, self.observer)
        self.pictures = pictures_of(settings, self.storage, self.observer)
        self.access = access_of(settings, self.storage.database, hearing)
        replicated = self._replicated = replicated_of(settings, self.storage, hearing, self.observer)
        positions, reads = (replicated.positions, replicated.reads) if replicated else (None, self.storage.database)
        self.caches = caches_of(settings, self.storage, self.pictures, self.access, hearing, positions)
        self.catalogue = catalogue_of(settings, self.storage, self.pictures, self.caches, reads)
        self.feed = feed_of(settings, self.storage, self.catalogue)
        self.webhooks = webhooks_of(
            settings, self.storage, self.feed, self.access.accounts.box, self.observer, self.spans
        )
        self.upkeep = upkeep_of(settings, self.storage, self.pictures, self.catalogue, self.observer)
        self.tables = Slots(_TABLES)
        slots = {**slots_of(self.pictures), "stream": self.feed.follower.slots, "table": self.tables}
        self.telemetry = telemetry_of(settings, self.storage, self.caches, slots, self.observer)
        self.listener = self._listener(hearing)
        self.worker = Worker(
            settings,
            self.storage.database,
            self.pictures.renderer,
            self.webhooks.courier.run,
            self.observer,
            self.spans,
        )

    def _listener(self, hearing: Hearing) -> Listener:
        caches, waiting, follower = self.caches, self.pictures.waiting, self.feed.follower

        def missed() -> None:
            caches.drop_all()
            waiting.look_again()
            follower.hear()

        return Listener(
            self.dsn,
            {CATALOGUE_CHANGE: caches.hear, PICTURE_STATE: waiting.hear, CATALOGUE_LOG: follower.hear},
            missed,
            hearing,
            on_silence=caches.documents.stop_using,
            observe=self.observer,
        )

    @asynccontextmanager
    async def opened(self, *, waits: bool = False) -> AsyncIterator[None]:
        """Database, its schema up to date, store and codecs, for as long as the block lasts. Where the database is
        away, that is raised, or (`waits`) it is opened as soon as it is there; until then whatever is asked of it is
        `DatabaseUnavailable`, too."""
        await asyncio.to_thread(made_folder, self.settings.data_dir)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.spans.close)
            stack.push_async_callback(self.storage.database.close)
            await stack.enter_async_context(self.storage.store)
            stack.push_async_callback(self.pictures.codecs.close)
            for tidy in (self.pictures.intake.tidy, self.storage.store.tidy):
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
        await self.storage.database.open()
        try:
            await refuse_short_key(self.storage.database, self.settings)
        except BaseException:  # it is opened once more by another try, or never
            await self.storage.database.close()
            raise
        with suppress(DatabaseUnavailable):  # every build registers its recipes, too
            await self.pictures.renderer.register_recipes()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """What other processes tell is heard for as long as the block lasts; once the process drains nobody waits for
        it any more."""
        work: dict[str, Work] = {
            "listener": self.listener.run,
            "waiters": self.pictures.waiting.run,
            "feed": self.feed.follower.run,
            "drain of waiters": self._release_waiters,
        }
        async with AsyncExitStack() as stack:
            if self._replicated is not None:
                await stack.enter_async_context(self._replicated.replica)
                work |= self._replicated.work()
            for name, one in work.items():
                await stack.enter_async_context(in_background(name, one, self.observer))
            yield

    async def _release_waiters(self) -> None:
        await self.drain.wait()
        self.pictures.waiting.release()
        self.feed.follower.release()

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
