"""Work in many transactions of which somebody may ask how far it has come, and stop it. Source: native.md, section 3.

Who works at one outside the queue holds a lock for as long as he does: where it is free and the job has not come to its
end, he was killed.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final, Literal

from app.background import in_background
from app.db.bulk import session
from app.db.pool import Database, Record
from app.errors import Conflict, NotFound, ProductImagesError
from app.service.changes.acting import Act
from app.service.changes.finishing import finish_batch

_LOOK_SECONDS: Final = 1.0


class Stopped(ProductImagesError):
    """It was stopped."""


class NoSuchJob(NotFound):
    """There is no such job."""


class Progress:
    """How far an import is. It is told by the import itself, and written down now and then."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._done = 0
        self._is_to_stop = False

    def watched(self, advanced: Callable[[int], object]) -> Callable[[int], None]:
        """Tells `advanced` and counts; raises Stopped once that is wished."""

        def count(more: int) -> None:
            self._done += more
            advanced(more)
            if self._is_to_stop:
                raise Stopped

        return count

    async def write_down(self, database: Database) -> None:
        self._is_to_stop = bool(await database.fetchval("advance_long_job", self.number, self._done))


class LongJobs:
    def __init__(self, database: Database) -> None:
        self._db = database

    async def job(self, number: int) -> Record:
        """As `long_job` of `sql/queries`; NoSuchJob."""
        row = await self._db.fetchrow("long_job", number)
        if row is None:
            raise NoSuchJob(f"There is no job {number}.")
        return row

    async def stop(self, number: int) -> None:
        """As soon as it can, between two slices of its work; nothing where it has come to its end. Conflict for a
        command that removes: it looks at nothing on its way. NoSuchJob."""
        if (await self.job(number))["kind"] == "command":
            raise Conflict("It is a command that cannot be stopped from here; whoever began it can interrupt it.")
        await self._db.execute("stop_long_job", number)

    @asynccontextmanager
    async def under_way(
        self, act: Act, total: int | None, kind: Literal["import", "command"] = "import"
    ) -> AsyncIterator[Progress]:
        """Work that lasts as long as the block, of `total` of what its progress counts."""
        await self.end_broken_off()
        progress = Progress(await self._db.fetchval("next_job_id"))
        async with session(self._db) as held:
            await held.execute("hold_long_job", progress.number)
            await self._db.execute("add_long_job", progress.number, kind, "in_hand", "{}", total, *act.columns)
            try:
                async with in_background(
                    "progress", lambda: progress.write_down(self._db), self._db.observe, every=_LOOK_SECONDS
                ):
                    yield progress
                await progress.write_down(self._db)
            except BaseException as error:
                with suppress(ProductImagesError):
                    await asyncio.shield(self._end(progress.number, error))
                raise
            await self._db.execute("end_long_job", progress.number, "done", None)

    async def _end(self, number: int, error: BaseException) -> None:
        state = "stopped" if isinstance(error, Stopped | asyncio.CancelledError | KeyboardInterrupt) else "failed"
        await self._db.execute("end_long_job", number, state, f"{type(error).__name__}: {error}"[:1000])

    async def end_broken_off(self) -> None:
        """Imports and commands that nobody works at any more have failed, and so their batches have come to an end."""
        for row in await self._db.fetch("work_under_way"):
            async with self._db.transaction() as tx:
                if await tx.fetchval("long_job_is_held", row["id"]):
                    continue
                if await tx.execute("end_long_job", row["id"], "failed", "It broke off."):
                    await finish_batch(tx, _act(row), is_complete=False)


def _act(row: Record) -> Act:
    return Act(row["actor_kind"], row["actor_id"], row["actor_name"], row["via"], row["batch"])
