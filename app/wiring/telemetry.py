"""What operators see of one process."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from app.background import in_background
from app.db.pool import Database
from app.service.upkeep.clocks import LOOK_SECONDS, ClockWatch
from app.settings import Settings
from app.telemetry.lookups import Bounded, scrape_of
from app.telemetry.observer import Observer
from app.telemetry.queue_sample import SAMPLE_SECONDS, sample_queue
from app.telemetry.scrape import Scrape, watch_loop
from app.wiring.caches import Caches
from app.wiring.pictures import Pictures
from app.wiring.storage import Storage


@dataclass(frozen=True, slots=True)
class Telemetry:
    database: Database
    observer: Observer
    clocks: ClockWatch
    scrape: Scrape

    @asynccontextmanager
    async def observed(self) -> AsyncIterator[None]:
        """Figures of this process, for the other processes and of its event loop, for as long as the block lasts."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.scrape.shared())
            loop = partial(watch_loop, self.observer)
            await stack.enter_async_context(in_background("event loop", loop, self.observer))
            clocks = in_background("clocks", self.clocks.look, self.observer, every=LOOK_SECONDS)
            await stack.enter_async_context(clocks)
            queue = partial(sample_queue, self.database, self.observer.minutes)
            await stack.enter_async_context(in_background("queue", queue, self.observer, every=SAMPLE_SECONDS))
            yield


def telemetry_of(
    settings: Settings, storage: Storage, caches: Caches, slots: Mapping[str, Bounded], observer: Observer
) -> Telemetry:
    clocks, metrics = ClockWatch(storage.database, storage.store, observer), observer.metrics
    metrics.watch("clock_skew_seconds", "Seconds a clock is ahead of this process's.", "clock", clocks.figures)
    metrics.watch_cache("documents", caches.documents)
    metrics.watch_cache("shown", caches.shown)
    metrics.watch_cache("media", caches.media.hot)
    metrics.watch_cache("spree_files", caches.spree_files)
    scrape = scrape_of(settings, metrics, storage.database, observer, **slots)
    return Telemetry(storage.database, observer, clocks, scrape)


def slots_of(pictures: Pictures) -> dict[str, Bounded]:
    """Of the life of pictures, by the work they bound."""
    return {
        "upload": pictures.intake.slots,
        "stranger": pictures.intake.strangers.slots,
        "build": pictures.renderer.slots,
        "waiter": pictures.waiting.slots,
        "codec": pictures.codecs.turns,
    }
