"""The end of what was done together, told in the log. Source: native.md, sections 5 and 13.

A batch is a command, an import, an undo, or all that a credential names so by the header `Batch`: that ends when
nothing came any more for a minute. What comes later ends the batch anew.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from time import monotonic
from typing import Final

from app.db.pool import Database, Record, Statements
from app.errors import ProductImagesError
from app.service.changes.acting import Act

QUIET: Final = timedelta(seconds=60)
"""Without a change, after which a named batch has come to its end."""
_LONG_SECONDS: Final = QUIET.total_seconds() / 2


async def finish_batch(tx: Statements, act: Act, *, is_complete: bool = True) -> None:
    """Tells the end of the batch that `act` has, if it has one and something came to it since that was told last."""
    if act.batch is not None and await tx.fetchval("batch_has_news", act.batch, act.kind, act.id):
        await tx.execute("finish_batch", *act.columns, is_complete)


@asynccontextmanager
async def finished_batch(database: Database, act: Act) -> AsyncIterator[None]:
    """Tells the end of a batch with that of the block; where it raises, that this was not its own."""
    try:
        yield
    except BaseException:
        with suppress(ProductImagesError):  # what went wrong first is what is told
            await finish_batch(database, act, is_complete=False)
        raise
    await finish_batch(database, act)


class NamedBatches:
    """Those that clients name."""

    def __init__(self, database: Database) -> None:
        self._db = database

    @asynccontextmanager
    async def kept_open(self, act: Act) -> AsyncIterator[None]:
        """For as long as the block lasts, and a minute more. Nothing for an act without a batch."""
        if act.batch is None:
            yield
            return
        columns = act.batch, act.kind, act.id, act.name, act.via
        await self._db.execute("keep_batch_open", *columns)
        begun = monotonic()
        try:
            yield
        finally:
            if monotonic() - begun > _LONG_SECONDS:
                with suppress(ProductImagesError):  # what was done is done, whatever becomes of its batch
                    await self._db.execute("keep_batch_open", *columns)

    async def finish(self, quiet: timedelta = QUIET) -> None:
        """Those that nobody has named for so long."""
        while rows := await self._db.fetch("batches_to_finish", quiet):
            for row in rows:
                await self._finish(row)

    async def _finish(self, row: Record) -> None:
        async with self._db.transaction() as tx:
            named = row["batch"], row["actor_kind"], row["actor_id"]
            if await tx.execute("close_batch", *named, row["seen_at"]):
                await finish_batch(tx, _act(row))


def _act(row: Record) -> Act:
    return Act(row["actor_kind"], row["actor_id"] or None, row["actor_name"], row["via"], row["batch"])
