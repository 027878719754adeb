"""Background jobs that do nothing: how fast they are put into the queue and taken off it."""

import asyncio
import time
from typing import Final

from app.db.queue.jobs import Job, enqueue
from app.db.queue.runner import JobRunner
from app.events import nobody
from bench.shop import Shop
from bench.table import Row

_KIND: Final = "bench"
_TRANSACTIONS: Final = 400
_JOBS: Final = 20  # in one statement of each transaction
_WRITERS: Final = 4
_CONCURRENCY: Final = 200
_ENQUEUED: Final = 2_000
_DONE: Final = 5_000


async def queue(shop: Shop) -> list[Row]:
    count = _TRANSACTIONS * _JOBS
    enqueued = count / await _enqueue_all(shop)
    done = count / await _work_off(shop, count)
    return [
        Row("jobs enqueued", f"{enqueued:,.0f}/s", "", None, f">= {_ENQUEUED:,}/s", enqueued >= _ENQUEUED),
        Row("no-op jobs claimed and done, one runner", f"{done:,.0f}/s", "", None, f">= {_DONE:,}/s", done >= _DONE),
    ]


async def _enqueue_all(shop: Shop) -> float:
    """Seconds for all jobs, in transactions of some writers at once."""
    numbers = iter(range(_TRANSACTIONS))

    async def write() -> None:
        for number in numbers:
            async with shop.database.transaction() as tx:
                await enqueue(tx, [Job(_KIND, b"%d %d" % (number, job)) for job in range(_JOBS)])

    begun = time.perf_counter()
    await asyncio.gather(*(write() for _ in range(_WRITERS)))
    return time.perf_counter() - begun


async def _work_off(shop: Shop, count: int) -> float:
    """Seconds until a runner has done them all."""
    done, left = asyncio.Event(), iter(range(count - 1))

    async def work(_: bytes) -> None:
        if next(left, None) is None:
            done.set()

    runner = JobRunner(shop.database.dsn, observe=nobody, concurrency=_CONCURRENCY)
    runner.register(_KIND, work)
    begun = time.perf_counter()
    running = asyncio.create_task(runner.run())
    await done.wait()
    seconds = time.perf_counter() - begun
    await runner.stop()
    await running
    return seconds
