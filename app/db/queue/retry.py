"""Another chance for jobs that failed for good."""

from pgqueuer.domain.types import JobId

from app.db.pool import Database
from app.db.queue.schema import queue_queries


async def retry_failed(database: Database, kind: str | None = None) -> int:
    """Puts failed jobs, of one kind or all, back into the queue as if they were new, and says how many."""
    async with database.transaction() as tx:
        ids = [JobId(row["id"]) for row in await tx.fetch("failed_jobs_to_retry", kind)]
        if ids:
            await queue_queries(tx.connection).requeue_jobs(ids)
    return len(ids)
