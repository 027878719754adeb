"""The log keeps what is young enough, and has room for what comes."""

from datetime import timedelta

from app.db.connections.connect import Connection
from app.db.pool import Database
from app.service.changes.tidying import tidy_log

_MONTH = timedelta(days=30)
_ROW = "insert into change (actor_kind, via, kind, at) select 'system', 'worker', 'image.ready', now() - $1::interval"


async def write(connection: Connection, age: timedelta, rows: int = 1, behind: int | None = None) -> None:
    if behind is not None:
        await connection.execute("select setval('change_id_seq', $1)", behind)
    await connection.execute(f"{_ROW} from generate_series(1, $2)", age, rows)


async def left(connection: Connection) -> tuple[int, int]:
    """How many rows there are, and the last one that was removed."""
    row = await connection.fetchrow("select (select count(*) from change), forgotten_to from change_tidying")
    assert row is not None
    return row[0], row[1]


async def partitions(connection: Connection) -> set[int]:
    names = await connection.fetch(
        "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'change'::regclass"
    )
    return {int(row["name"].rpartition("_")[2]) for row in names if row["name"] != "change_rest"}


async def test_old_rows_go_until_the_first_younger_one(database: Database, connection: Connection) -> None:
    """Rows go in the order in which they are read, slice by slice, and the last one that went is kept in mind."""
    await write(connection, timedelta(days=31), 7000)
    await write(connection, timedelta(days=29))
    await write(connection, timedelta(days=31))

    await tidy_log(database, _MONTH)
    assert await left(connection) == (2, 7000)

    await tidy_log(database, _MONTH)
    assert await left(connection) == (2, 7000)


async def test_a_log_that_is_kept_for_ever_loses_nothing(database: Database, connection: Connection) -> None:
    """Without an age nothing goes."""
    await write(connection, timedelta(days=5000))
    await tidy_log(database, None)
    assert await left(connection) == (1, 0)


async def test_old_partitions_go_as_a_whole(database: Database, connection: Connection) -> None:
    """A partition that is full and whose last row is too old is dropped; new ones are made ahead of the rows."""
    await write(connection, timedelta(days=40))
    await write(connection, timedelta(days=31), behind=4_999_998)
    await write(connection, timedelta(days=2), behind=5_000_001)

    await tidy_log(database, _MONTH)

    assert await left(connection) == (1, 4_999_999)
    assert await partitions(connection) == {5_000_000, 10_000_000, 15_000_000, 20_000_000}
    await write(connection, timedelta(), behind=24_000_000)
    assert await left(connection) == (2, 4_999_999)
