"""Background jobs: put into the queue by the transaction that makes them necessary, and what there is of them. The
queue's library is loaded by who adds some: it takes half as long as all else that a command needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.db.errors import translated
from app.db.pool import Database, Transaction
from app.events import REQUEST_ID
from app.traces import carried

REQUEST_HEADER: Final = "request_id"
"""The header of a job that names the request in whose course it was added."""


@dataclass(frozen=True, slots=True)
class Job:
    """`kind` is the name of its handler. Higher priorities come first. While a job with the same
    `dedupe_key` waits or is in hand, another one is not added."""

    kind: str
    payload: bytes
    priority: int = 0
    dedupe_key: str | None = None


async def enqueue(transaction: Transaction, jobs: Sequence[Job]) -> None:
    """Add `jobs` in one statement; runners see them once the transaction is committed. They remember the request
    in whose course this happens, and its trace, and their log lines will name both."""
    if not jobs:
        return
    from app.db.queue.library import queue_queries

    request_id = REQUEST_ID.get(None)
    origin = carried() | ({REQUEST_HEADER: request_id} if request_id else {})
    with translated():
        await queue_queries(transaction.connection).enqueue(
            [job.kind for job in jobs],
            [job.payload for job in jobs],
            [job.priority for job in jobs],
            dedupe_key=[job.dedupe_key for job in jobs],
            headers=[origin or None] * len(jobs),
            on_conflict="skip",
        )


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """`oldest_seconds` is how long the oldest of the jobs that wait or are in hand has been there."""

    kind: str
    waiting: int
    in_hand: int
    failed: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class Failure:
    """Jobs that failed for good for the same reason."""

    kind: str
    reason: str
    count: int


async def queue_depths(database: Database) -> list[QueueDepth]:
    return [QueueDepth(**row) for row in await database.fetch("queue_depths")]


async def failures(database: Database) -> list[Failure]:
    """The most frequent first."""
    return [Failure(**row) for row in await database.fetch("job_failures")]
