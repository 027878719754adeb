"""How long the queue was in each minute, for whoever looks at the last hour."""

from contextlib import suppress
from typing import Final

from app.db.pool import Database
from app.db.queue.jobs import queue_depths
from app.errors import DatabaseUnavailable
from app.telemetry.minutes import Minutes

SAMPLE_SECONDS: Final = 20.0


async def sample_queue(database: Database, minutes: Minutes) -> None:
    """Once; while the database is away there is no figure, and others tell of that."""
    with suppress(DatabaseUnavailable):
        depths = await queue_depths(database)
        waiting, oldest = sum(depth.waiting for depth in depths), max((d.oldest_seconds for d in depths), default=0.0)
        minutes.queued(waiting, oldest)
