"""Room for rows that come, and none for rows that are too old. Source: native.md, section 5."""

from datetime import timedelta
from typing import Final

from app.db.pool import Database

_LOCK_SECONDS: Final = 0.1
"""Everybody who reads or writes the log waits behind who changes its partitions: that one gives up, and comes again."""


async def tidy_log(database: Database, older_than: timedelta | None) -> None:
    """Makes the next partitions, and forgets rows of more than that age (None: none), the oldest first: partitions as a
    whole, others a slice at a time. Raises TransactionConflict where the log was in use just then."""
    await _change_partitions(database, "add_change_partitions")
    if older_than is None:
        return
    await database.execute("pass_old_partitions", older_than)
    await _change_partitions(database, "drop_passed_partitions")
    while await database.fetchval("forget_changes", older_than) is not None:
        pass


async def _change_partitions(database: Database, statement: str) -> None:
    async with database.transaction(lock_seconds=_LOCK_SECONDS) as tx:
        await tx.execute(statement)
