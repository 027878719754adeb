"""Another chance for jobs that failed for good."""

from app.db.pool import Database


async def retry_failed(database: Database, kind: str | None = None) -> int:
    """Puts failed jobs, of one kind or all, back into the queue as if they were new, and says how many."""
    async with database.transaction() as tx:
        ids = [row["id"] for row in await tx.fetch("failed_jobs_to_retry", kind)]
        if ids:
            from app.db.queue.library import queue_queries  # here, too, the library is loaded by who needs it

            await queue_queries(tx.connection).requeue_jobs(ids)
    return len(ids)
