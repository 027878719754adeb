"""What `/metrics` answers: this process, the others on the machine, and the queue that all machines share."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

from aiohttp import web
from prometheus_client.core import GaugeMetricFamily, Metric

from app.background import in_background
from app.db.queue.jobs import Failure, QueueDepth
from app.errors import ProductImagesError
from app.events import CheckFailed, LoopLagged, Observe, nobody
from app.telemetry.exposition import Figures, plain, summed, text
from app.telemetry.metrics import Metrics
from app.telemetry.processes import Processes

T = TypeVar("T")

_LAY_DOWN_SECONDS: Final = 5.0
_LAG_SECONDS: Final = 0.1
_SHARED_MEMORY: Final = 5.0
_SHARED_PATIENCE: Final = 2.0


@dataclass(frozen=True, slots=True)
class Shared:
    """What all machines have together: the queue, and by how many seconds readers of the log are behind."""

    depths: list[QueueDepth]
    failures: list[Failure]
    feed_delay: float


AskShared = Callable[[], Awaitable[Shared]]


class Scrape:
    """`ask_shared` is asked once in several seconds at most, however many scrape.

    Where the disc does not take or give figures, those of this process are all there is: that is told once, and they
    are shared again as soon as it can be.
    """

    def __init__(
        self, metrics: Metrics, processes: Processes, ask_shared: AskShared, observe: Observe = nobody
    ) -> None:
        self._metrics = metrics
        self._processes = processes
        self._ask_shared = ask_shared
        self._observe = observe
        self._trouble = ""
        self._shared: tuple[float, Figures] = (0.0, [])
        self._asking = asyncio.Lock()

    async def text(self) -> bytes:
        """All figures in Prometheus' text format. Those of other processes are some seconds old."""
        own = plain(self._metrics.families())
        return await asyncio.to_thread(self._text, own, await self._of_shared(), *await self._exchange(own))

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Lays the figures down for the others, again and again, for as long as the block lasts."""
        await self._despite_disc(self._processes.join)
        try:
            async with in_background("figures", self._lay_down, self._observe, every=_LAY_DOWN_SECONDS):
                yield
        finally:
            await self._lay_down()
            self._processes.leave()

    async def _lay_down(self) -> None:
        figures = plain(self._metrics.families())
        await self._despite_disc(lambda: self._processes.lay_down(figures))

    async def _exchange(self, own: Figures) -> tuple[int, list[Figures]]:
        """How many other processes live, and their figures. Also lays `own` down: what Prometheus was told once counts
        on, though this process be killed."""

        def work() -> tuple[int, list[Figures]]:
            self._processes.lay_down(own)
            return self._processes.others()

        return await self._despite_disc(work) or (0, [])

    async def _despite_disc(self, work: Callable[[], T]) -> T | None:
        try:
            done = await asyncio.to_thread(work)
        except OSError as error:
            if not self._trouble:
                self._observe(CheckFailed("figures", str(error)))
            self._trouble = str(error)
            return None
        self._trouble = ""
        return done

    def _text(self, own: Figures, queue: Figures, living: int, others: list[Figures]) -> bytes:
        count = GaugeMetricFamily("product_images_processes", "Processes whose figures these are.", living + 1)
        return text(summed([own, *others]) + plain([count]) + queue)

    async def _of_shared(self) -> Figures:
        """Nothing while the database is away: an old figure would look like a new one."""
        async with self._asking:
            asked, figures = self._shared
            if time.monotonic() - asked > _SHARED_MEMORY:
                figures = await self._asked_shared()
                self._shared = time.monotonic(), figures
            return figures

    async def _asked_shared(self) -> Figures:
        try:
            async with asyncio.timeout(_SHARED_PATIENCE):
                asked = await self._ask_shared()
        except (ProductImagesError, OSError):
            return []
        return plain([*_of_depths(asked.depths), _of_failures(asked.failures), _of_feed(asked.feed_delay)])


SCRAPE: Final = web.AppKey("scrape", Scrape)


def _of_depths(depths: list[QueueDepth]) -> tuple[Metric, Metric]:
    jobs = GaugeMetricFamily("product_images_queue_jobs", "Jobs in the queue.", labels=["kind", "state"])
    oldest = GaugeMetricFamily(
        "product_images_queue_oldest_seconds", "Age of the oldest unfinished job.", labels=["kind"]
    )
    for depth in depths:
        for state, count in (("waiting", depth.waiting), ("in_hand", depth.in_hand), ("failed", depth.failed)):
            jobs.add_metric([depth.kind, state], count)
        oldest.add_metric([depth.kind], depth.oldest_seconds)
    return jobs, oldest


def _of_failures(failures: list[Failure]) -> Metric:
    """By the name of the error alone: the rest of a reason has no end of values."""
    family = GaugeMetricFamily("product_images_queue_failed_jobs", "Failed jobs kept.", labels=["kind", "reason"])
    counts: dict[tuple[str, str], int] = {}
    for failure in failures:
        key = failure.kind, failure.reason.partition(":")[0]
        counts[key] = counts.get(key, 0) + failure.count
    for labels, count in counts.items():
        family.add_metric(labels, count)
    return family


def _of_feed(seconds: float) -> Metric:
    name = "product_images_feed_delay_seconds"
    return GaugeMetricFamily(name, "For how long changes that were made are held up for readers of the log.", seconds)


async def watch_loop(observe: Observe) -> None:
    """Measures how late the event loop comes round, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + _LAG_SECONDS
        await asyncio.sleep(_LAG_SECONDS)
        observe(LoopLagged(max(0.0, loop.time() - due)))
