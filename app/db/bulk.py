"""Work on the whole catalogue, on a connection of its own, to Postgres itself, and without a time limit for statements.

Its statements are those of `sql/queries` and of `sql/bulk`: the latter read and write temporary tables, several in
one text where they belong together.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from app.db.connections.pooled import direct
from app.db.connections.silence import watched
from app.db.errors import translated
from app.db.files import sql_folder
from app.db.pool import Database, Statements, Transaction
from app.db.queries import Statement, load_queries


class Bulk(Transaction):
    async def copy(self, table: str, records: Iterable[Sequence[Any]]) -> None:
        """Streams records into a temporary table, a block in memory at a time."""
        with translated():
            await self.connection.copy_records_to_table(table, records=records)


@asynccontextmanager
async def bulk(database: Database, *, keep: bool) -> AsyncIterator[Bulk]:
    """One transaction: committed when the block ends, or, unless it is to `keep` what was done, rolled back."""
    async with watched("command", direct(database.dsn), database.observe) as connection:
        transaction = connection.transaction()
        with translated():
            await transaction.start()
        yield Bulk(connection, _queries(database))
        with translated():
            await (transaction.commit() if keep else transaction.rollback())


@asynccontextmanager
async def session(database: Database) -> AsyncIterator[Statements]:
    """Statements one by one, each committed at once; temporary tables last as long as the block."""
    async with watched("command", direct(database.dsn), database.observe) as connection:
        yield Bulk(connection, _queries(database))


def _queries(database: Database) -> Mapping[str, Statement]:
    return {**database.queries, **load_queries(sql_folder() / "bulk")}
