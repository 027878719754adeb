"""Tables that are filled as a whole, without their indexes. These are made once all rows are there, each from sorted
keys, and with `wal_level = minimal` nothing is written twice."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from app.db.pool import Transaction

_SECONDS: Final = 7200.0  # for an index

_SUSPEND: Final = "update pg_index set indisvalid = false, indisready = false where indrelid = any ($1::regclass[])"


@asynccontextmanager
async def in_bulk(tx: Transaction, tables: Sequence[str]) -> AsyncIterator[None]:
    """Empties these tables, and has rows that the block puts there reach no index before its end. Keys to other tables
    are not checked, and nobody is notified. Takes a superuser."""
    run = tx.connection.execute
    await run("set local session_replication_role = replica")
    await run("set local maintenance_work_mem = '1GB'")
    await run(f"truncate {', '.join(tables)} cascade")
    await run(_SUSPEND, tables)
    yield
    for table in tables:
        await run(f"reindex table {table}", timeout=_SECONDS)


@asynccontextmanager
async def defaults(tx: Transaction, table: str, columns: Mapping[str, str]) -> AsyncIterator[None]:
    """Columns that statements of the block leave out get these expressions."""
    former = await tx.connection.fetch(
        """select a.attname as name, pg_get_expr(d.adbin, d.adrelid) as value
        from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = $1::text::regclass and a.attname = any ($2::text[])""",
        table,
        list(columns),
    )
    for name, value in columns.items():
        await tx.connection.execute(f"alter table {table} alter column {name} set default {value}")
    yield
    for name, value in former:
        new = "drop default" if value is None else f"set default {value}"
        await tx.connection.execute(f"alter table {table} alter column {name} {new}")
