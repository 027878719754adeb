"""Work on the whole catalogue: one transaction on a connection of its own, without a time limit."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from app.db.connect import connect
from app.db.errors import translated
from app.db.pool import Database, Transaction


class Bulk(Transaction):
    async def copy(self, table: str, records: Iterable[Sequence[Any]]) -> None:
        """Streams records into a temporary table, a block in memory at a time."""
        with translated():
            await self.connection.copy_records_to_table(table, records=records)


@asynccontextmanager
async def bulk(database: Database, *, keep: bool) -> AsyncIterator[Bulk]:
    """Committed when the block ends, or, unless it is to `keep` what was done, rolled back."""
    connection = await connect(database.dsn)
    try:
        transaction = connection.transaction()
        with translated():
            await transaction.start()
        yield Bulk(connection, database._queries)
        with translated():
            await (transaction.commit() if keep else transaction.rollback())
    finally:
        await connection.close()
