"""Pictures of which nobody is going to say whether they are ready: a job does it that is added here."""

from typing import Final

from app.db.pool import Database
from app.db.queue.jobs import enqueue
from app.service.pictures.filing import REBUILD_PRIORITY, render_job

_PAGES: Final = 10
"""Statements at a time; the next time goes on from there."""


class Undecided:
    """What the version before has rendered, which does not know of states, and what lost its job."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._after = b""

    async def enqueue(self) -> None:
        """Looks at the next ten thousand, from the beginning again behind the last."""
        for _ in range(_PAGES):
            rows = await self._db.fetch("undecided_pictures", self._after)
            jobs = [render_job(row["hash"], REBUILD_PRIORITY) for row in rows if not row["is_awaited"]]
            async with self._db.transaction() as tx:
                await enqueue(tx, jobs)
            self._after = rows[-1]["hash"] if rows else b""
            if not rows:
                return
