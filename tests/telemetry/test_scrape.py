"""What Prometheus is told when it asks one of several processes."""

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.cache.bytes import ByteCache
from app.db.pool import Database
from app.db.queue.jobs import Failure, QueueDepth
from app.errors import DatabaseUnavailable
from app.events import CheckFailed, Event, RequestServed, UploadAccepted, nobody
from app.service.flight import Slots
from app.settings import Settings
from app.telemetry.lookups import scrape_of
from app.telemetry.metrics import Metrics
from app.telemetry.observer import Observer
from app.telemetry.processes import GAP_SECONDS, Processes
from app.telemetry.scrape import Scrape, Shared, watch_loop
from tests.tmpfs import filled, small_disc


async def no_queue() -> Shared:
    return Shared([], [], 0.0)


class Process:
    """What one process has of figures."""

    def __init__(self, folder: Path) -> None:
        self.metrics = Metrics()
        self.observe = Observer(self.metrics, sample=10**9)
        self.processes = Processes(folder)
        self.scrape = Scrape(self.metrics, self.processes, no_queue)
        self.stack = AsyncExitStack()

    async def start(self) -> None:
        await self.stack.enter_async_context(self.scrape.shared())

    async def figure(self, name: str, **labels: str) -> float | None:
        return figure((await self.scrape.text()).decode(), name, **labels)

    def serve(self, times: int) -> None:
        for _ in range(times):
            self.observe(RequestServed("glue", "/", "GET", 200, 0.01))


def figure(text: str, name: str, **labels: str) -> float | None:
    """The one sample of that name and those labels, perhaps among others."""
    samples = [
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == f"product_images_{name}" and labels.items() <= sample.labels.items()
    ]
    assert len(samples) <= 1
    return samples[0] if samples else None


def age(folder: Path, seconds: float) -> None:
    """Makes the files of a folder look older than they are."""
    for path in folder.iterdir():
        os.utime(path, (time.time() - seconds,) * 2)


@pytest.fixture(name="processes")
async def _processes(tmp_path: Path) -> AsyncIterator[list[Process]]:
    processes = [Process(tmp_path / "figures") for _ in range(3)]
    for process in processes:
        await process.start()
    yield processes
    for process in processes:
        await process.stack.aclose()


async def test_any_process_tells_the_sum(processes: list[Process]) -> None:
    """Whichever process is asked, counters, histograms and gauges are those of all together."""
    cache: ByteCache[str, bytes] = ByteCache(10_000)
    cache.put("a", b"abc", 3)
    for number, process in enumerate(processes, start=1):
        process.serve(number)
        process.observe(UploadAccepted("spree", 100 * number, 0.1))
        process.metrics.watch_cache("media", cache)
        process.processes.lay_down([])  # what an unfinished start left
    for process in processes:
        await process.scrape.text()

    for process in processes:
        assert await process.figure("http_request_seconds_count") == 6
        assert await process.figure("http_request_seconds_bucket", le="0.01") == 6
        assert await process.figure("uploaded_bytes_total") == 600
        assert await process.figure("cache_bytes") == 3 * cache.size
        assert await process.figure("processes") == 3


async def test_no_sum_falls_when_a_process_ends(processes: list[Process]) -> None:
    """What an ended process counted stays in the sum, what it held does not; also after a second one ended."""
    for process in processes:
        process.serve(1)
        process.metrics.watch("held", "What a process holds.", "what", lambda: {"it": 5.0})
        await process.scrape.text()
    last = processes[2]
    assert await last.figure("held") == 15

    for ended, held in zip(processes[:2], (10, 5), strict=True):
        ended.serve(1)
        await ended.stack.aclose()
        assert await last.figure("held") == held

    assert await last.figure("http_request_seconds_count") == 5
    assert await last.figure("processes") == 1


async def test_a_killed_process_counts_with_what_it_told_last(processes: list[Process]) -> None:
    """A process that was killed is counted up to what it laid down last, and buried once."""
    killed, other = processes[:2]
    killed.serve(3)
    await killed.scrape.text()
    killed.processes.leave()  # as the kernel takes a dead process's locks away

    for _ in range(2):
        assert await other.figure("http_request_seconds_count") == 3


@pytest.mark.parametrize(("pause", "counted"), [(0, 5), (GAP_SECONDS - 10, 5), (GAP_SECONDS + 10, 2)])
async def test_what_was_counted_outlives_a_restart_but_no_long_pause(
    tmp_path: Path, pause: float, counted: int
) -> None:
    """Processes that start soon after the last one ended go on counting; after a while without any it begins anew."""
    former, latter = Process(tmp_path), Process(tmp_path)
    await former.start()
    former.serve(3)
    await former.stack.aclose()
    age(tmp_path, pause)

    await latter.start()
    latter.serve(2)
    assert await latter.figure("http_request_seconds_count") == counted
    await latter.stack.aclose()


async def test_the_queue_is_asked_now_and_then(tmp_path: Path) -> None:
    """Depth, age and failures by kind of error are reported, and looked up once however many ask."""
    asked = 0

    async def queue() -> Shared:
        nonlocal asked
        asked += 1
        failures = [Failure("render", "CodecFailed: a", 2), Failure("render", "CodecFailed: b", 1)]
        return Shared([QueueDepth("render", 4, 2, 3, 61.5)], failures, 7.25)

    scrape = Scrape(Metrics(), Processes(tmp_path), queue)
    texts = [text.decode() for text in await asyncio.gather(*(scrape.text() for _ in range(5)))]

    assert asked == 1
    for text in texts:
        assert figure(text, "queue_jobs", kind="render", state="waiting") == 4
        assert figure(text, "queue_oldest_seconds", kind="render") == 61.5
        assert figure(text, "queue_failed_jobs", reason="CodecFailed") == 3
        assert figure(text, "feed_delay_seconds") == 7.25


async def test_connections_and_slots_are_told_as_they_stand(database: Database, tmp_path: Path) -> None:
    """What is taken at the moment is reported beside what there is, and is given back."""
    slots = Slots(3)
    scrape = scrape_of(Settings(data_dir=tmp_path, database_pool_size=10), Metrics(), database, nobody, upload=slots)
    with slots.take(), slots.take():
        async with database.transaction(), database.transaction():
            held = (await scrape.text()).decode()
    given_back = (await scrape.text()).decode()

    for text, connections, taken in ((held, 2, 2), (given_back, 0, 0)):
        assert figure(text, "database_connections", state="in_use") == connections
        assert figure(text, "database_connections", state="allowed") == 10
        assert figure(text, "slots_taken", work="upload") == taken
        assert figure(text, "slots_allowed", work="upload") == 3


def _taken_away(folder: Path) -> None:
    """In one step, as the processes write into it at any time."""
    shutil.rmtree(folder.rename(folder.with_name("taken")), ignore_errors=True)


def _made_a_file(folder: Path) -> None:
    while not folder.is_file():  # the processes may make it anew in between
        _taken_away(folder)
        with suppress(FileExistsError):
            folder.touch(exist_ok=False)


async def test_metrics_outlive_their_folder(tmp_path: Path) -> None:
    """Without the folder that processes share a process tells its own figures; that is told once, nothing ends by it,
    and sharing goes on where there is a folder again."""
    reported: list[Event] = []
    folder = tmp_path / "figures"
    one, other = Process(folder), Process(folder)
    one.scrape = Scrape(one.metrics, one.processes, no_queue, reported.append)
    for process in (one, other):
        await process.start()
        process.serve(1)

    _taken_away(folder)
    await one.figure("processes")
    assert await other.figure("processes") == 2  # each has made its way into a new folder

    _made_a_file(folder)
    assert await one.figure("http_request_seconds_count") == 1
    assert {(event.name, "figures" in event.reason) for event in reported if isinstance(event, CheckFailed)} == {
        ("figures", True)
    }
    reported.clear()
    assert await one.figure("http_request_seconds_count") == 1
    assert reported == []

    folder.unlink()
    await other.figure("processes")
    assert await one.figure("http_request_seconds_count") == 2

    _made_a_file(folder)
    for process in (one, other):
        await process.stack.aclose()


async def test_figures_that_the_disc_does_not_take_end_nothing(tmp_path: Path) -> None:
    """On a full disc a process starts, is scraped and ends, and leaves no half of a file there."""
    with small_disc(1024 * 1024) as disc:
        process = Process(disc / "figures")
        (disc / "figures").mkdir()
        with filled(disc, leaving=0):
            await process.start()
            process.serve(1)
            assert await process.figure("http_request_seconds_count") == 1
        assert await process.figure("processes") == 1
        with filled(disc, leaving=0):
            await process.stack.aclose()
        assert not [path for path in (disc / "figures").iterdir() if path.name.count(".") > 1]


async def test_metrics_outlive_the_database(tmp_path: Path) -> None:
    """While the database is away everything but the queue is reported."""

    async def queue() -> Shared:
        raise DatabaseUnavailable("gone")

    process = Process(tmp_path)
    process.scrape = Scrape(process.metrics, process.processes, queue)
    process.serve(1)

    text = (await process.scrape.text()).decode()
    assert figure(text, "http_request_seconds_count") == 1
    assert figure(text, "queue_jobs") is None


async def test_a_blocked_event_loop_shows() -> None:
    """Whoever keeps the event loop busy is seen in its lag."""
    reported: asyncio.Queue[float] = asyncio.Queue()
    watching = asyncio.create_task(watch_loop(lambda event: reported.put_nowait(getattr(event, "seconds", 0))))
    await reported.get()
    end = asyncio.get_running_loop().time() + 0.3
    while asyncio.get_running_loop().time() < end:
        pass

    assert await reported.get() > 0.15
    watching.cancel()
