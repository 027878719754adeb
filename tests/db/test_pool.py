import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from app.db.connections.connect import answers, connect, connected
from app.db.errors import ConstraintKind, ConstraintViolated, TransactionConflict
from app.db.pool import Database
from app.db.queries import Statement
from app.embedded.cluster import Cluster
from app.errors import DatabaseUnavailable
from app.events import ConnectionAwaited, Event, Observe, StatementDone, nobody

_TABLES = """
    create table shelf (id integer primary key, label text not null, constraint shelf_filled check (label <> ''));
    create table book (id integer primary key, shelf integer constraint book_shelf references shelf deferrable);
"""
_STATEMENTS = {
    "insert_shelf": "insert into shelf (id, label) values ($1, $2)",
    "insert_book": "insert into book (id, shelf) values ($1, $2)",
    "defer": "set constraints all deferred",
    "relabel": "update shelf set label = label || $2 where id = $1",
    "labels": "select label from shelf order by id",
    "nothing": "select 1 where false",
    "wait": "select pg_sleep(60)",
    "session": "select pg_backend_pid()",
    "end_session": "select pg_terminate_backend($1)",
    "isolate": "set transaction isolation level serializable",
    "misspelt": "selekt 1",
}


def _database(dsn: str, size: int = 3, observe: Observe = nobody) -> Database:
    queries = {name: Statement(name, "", sql) for name, sql in _STATEMENTS.items()}
    return Database(dsn, size=size, queries=queries, observe=observe)


@pytest.fixture(name="shelves")
async def _shelves(empty_dsn: str) -> AsyncIterator[Database]:
    connection = await connect(empty_dsn)
    await connection.execute(_TABLES)
    await connection.close()
    async with _database(empty_dsn) as database:
        yield database


async def _labels(database: Database) -> list[str]:
    return [row["label"] for row in await database.fetch("labels")]


async def test_statements_are_called_by_name(shelves: Database) -> None:
    """Statements are called by name and give rows, a row, a value or a count."""
    assert await shelves.execute("insert_shelf", 1, "a") == 1
    await shelves.executemany("insert_shelf", [(2, "b"), (3, "c")])

    assert await _labels(shelves) == ["a", "b", "c"]
    assert dict(await shelves.fetchrow("labels") or {}) == {"label": "a"}
    assert await shelves.fetchval("labels") == "a"
    assert await shelves.fetchrow("nothing") is None
    with pytest.raises(KeyError):
        await shelves.fetch("no_such_query")


async def test_a_connection_is_given_back_without_a_round_trip(shelves: Database) -> None:
    """The last that a session heard is the statement that somebody asked for, not one that resets it."""
    sessions = [await shelves.fetchval("session")]
    async with shelves.transaction() as tx:
        sessions.append(await tx.fetchval("session"))
    await _labels(shelves)

    watcher = await connect(shelves.dsn)
    rows = await watcher.fetch("select query from pg_stat_activity where pid = any ($1)", sessions)
    await watcher.close()
    assert [row["query"] for row in rows] == [_STATEMENTS["labels"]]


async def test_every_statement_is_told(shelves: Database) -> None:
    """What is asked is reported with the time that it took, and what went wrong by its kind, in transactions too."""
    reported: list[Event] = []
    async with _database(shelves.dsn, observe=reported.append) as watched:
        await watched.fetch("labels")
        async with watched.transaction() as tx:
            await tx.execute("insert_shelf", 1, "a")
        with pytest.raises(ConstraintViolated):
            await watched.execute("insert_shelf", 1, "again")

    statements = [event for event in reported if isinstance(event, StatementDone)]
    assert [(event.query, event.failure) for event in statements] == [
        ("labels", ""),
        ("insert_shelf", ""),
        ("insert_shelf", "ConstraintViolated"),
    ]
    assert all(0 < event.seconds < 5 for event in statements)


async def test_waiting_for_a_connection_is_told(shelves: Database) -> None:
    """Who finds all connections in use tells how long he waited for one."""
    reported: list[Event] = []
    async with _database(shelves.dsn, size=1, observe=reported.append) as watched:
        async with watched.transaction():
            assert watched.connections == (1, 1)
            waiting = asyncio.create_task(watched.fetch("labels"))
            await asyncio.wait([waiting], timeout=0.05)
        await waiting
        assert watched.connections == (0, 1)

    assert any(isinstance(event, ConnectionAwaited) and event.seconds > 0.04 for event in reported)


async def test_a_transaction_is_all_or_nothing(shelves: Database) -> None:
    """A transaction whose block raises leaves nothing behind, and one that ends leaves all."""
    with pytest.raises(ZeroDivisionError):
        async with shelves.transaction() as tx:
            await tx.execute("insert_shelf", 1, "a")
            raise ZeroDivisionError
    async with shelves.transaction() as tx:
        await tx.execute("insert_shelf", 2, "b")
        await tx.execute("insert_shelf", 3, "c")

    assert await _labels(shelves) == ["b", "c"]


async def test_a_savepoint_undoes_only_its_own_block(shelves: Database) -> None:
    """A savepoint that fails undoes its own block, and the transaction goes on."""
    async with shelves.transaction() as tx:
        await tx.execute("insert_shelf", 1, "a")
        with pytest.raises(ConstraintViolated):
            async with tx.savepoint():
                await tx.execute("insert_shelf", 2, "b")
                await tx.execute("insert_shelf", 1, "again")
        await tx.execute("insert_shelf", 3, "c")

    assert await _labels(shelves) == ["a", "c"]


@pytest.mark.parametrize(
    ("query", "args", "kind", "constraint", "column"),
    [
        ("insert_shelf", (1, "again"), "unique", "shelf_pkey", ""),
        ("insert_shelf", (2, ""), "check", "shelf_filled", ""),
        ("insert_shelf", (2, None), "not_null", "", "label"),
        ("insert_book", (1, 99), "foreign_key", "book_shelf", ""),
    ],
)
async def test_a_violated_constraint_is_told_by_name(
    shelves: Database, query: str, args: tuple[object, ...], kind: ConstraintKind, constraint: str, column: str
) -> None:
    """A violated constraint is reported by its kind and name, a missing value by its column."""
    await shelves.execute("insert_shelf", 1, "a")

    with pytest.raises(ConstraintViolated) as violation:
        await shelves.execute(query, *args)

    reported = violation.value
    assert (reported.kind, reported.constraint, reported.column) == (kind, constraint, column)


async def test_a_constraint_checked_at_the_end_is_told_too(shelves: Database) -> None:
    """A constraint that is checked at the commit is reported like any other."""
    with pytest.raises(ConstraintViolated, match="book_shelf"):
        async with shelves.transaction() as tx:
            await tx.execute("defer")
            await tx.execute("insert_book", 1, 99)


async def test_changes_that_cross_are_a_conflict(shelves: Database) -> None:
    """Of two transactions that cannot both stand, one is told to try again."""
    await shelves.execute("insert_shelf", 1, "a")

    with pytest.raises(TransactionConflict):
        async with shelves.transaction() as first, shelves.transaction() as second:
            await first.execute("isolate")
            await first.fetch("labels")
            await second.execute("relabel", 1, "!")
            await second.connection.execute("commit")
            await first.execute("relabel", 1, "?")


async def test_a_lock_is_held_from_the_first_moment_to_the_end(shelves: Database) -> None:
    """Who wants the same one waits, and hears soon that he should try again; others do not."""
    async with shelves.transaction(holding=-7):
        async with shelves.transaction(lock_seconds=0.1, holding=7):
            pass
        with pytest.raises(TransactionConflict):
            async with shelves.transaction(lock_seconds=0.1, holding=-7):
                pass
    async with shelves.transaction(lock_seconds=0.1, holding=-7):
        pass


async def test_changes_that_wait_for_one_another_leave_room_for_reads(shelves: Database) -> None:
    """However many writers wait for one row, reads answer, and every writer hears soon that he should try again."""
    await shelves.execute("insert_shelf", 1, "a")
    async with _database(shelves.dsn, size=5) as database:

        async def relabel() -> None:
            async with database.transaction(lock_seconds=0.1) as tx:
                await tx.execute("relabel", 1, "!")

        async with shelves.transaction() as tx:
            await tx.execute("relabel", 1, "?")
            writers = asyncio.gather(*(relabel() for _ in range(12)), return_exceptions=True)
            await asyncio.wait([writers], timeout=0.05)
            assert await _labels(database) == ["a"]
            assert not writers.done()
            assert {type(outcome) for outcome in await writers} == {TransactionConflict}
        await relabel()
        assert await _labels(database) == ["a?!"]


async def test_reads_answer_while_changes_go_on_waiting(shelves: Database) -> None:
    """A fifth of the connections is never taken by changes: reads answer for as long as writers wait, not after."""
    await shelves.execute("insert_shelf", 1, "a")
    async with _database(shelves.dsn, size=5) as database:

        async def relabel() -> None:
            async with database.transaction(lock_seconds=50) as tx:
                await tx.execute("relabel", 1, "!")

        async with shelves.transaction() as tx:
            await tx.execute("relabel", 1, "?")
            writers = asyncio.gather(*(relabel() for _ in range(12)))
            await asyncio.wait([writers], timeout=0.05)
            assert await _labels(database) == ["a"]
            assert not writers.done()
        await writers
        assert await _labels(database) == ["a?" + 12 * "!"]


async def test_a_defect_of_ours_stays_what_it_is(shelves: Database) -> None:
    """A wrong statement or argument is no sign of a database that is away."""
    with pytest.raises(asyncpg.PostgresSyntaxError):
        await shelves.fetch("misspelt")
    with pytest.raises(asyncpg.DataError):
        await shelves.execute("insert_shelf", "not a number", "a")
    with pytest.raises(asyncpg.InterfaceError):
        await shelves.execute("insert_shelf", 1)


async def test_failures_of_the_block_are_not_the_databases(shelves: Database) -> None:
    """What the block of a transaction raises passes unchanged, even if it looks like the network's."""
    with pytest.raises(TimeoutError):
        async with shelves.transaction():
            raise TimeoutError


async def test_a_cancelled_transaction_gives_its_connection_back(empty_dsn: str) -> None:
    """A transaction cancelled in the middle of a statement leaves the only connection usable and clean."""
    async with _database(empty_dsn, size=1) as database:

        async def waiting() -> None:
            async with database.transaction() as tx:
                started.set()
                await tx.fetch("wait")

        started = asyncio.Event()
        task = asyncio.create_task(waiting())
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        async with database.transaction() as tx:
            assert await tx.fetchval("session")


async def test_a_lost_connection_is_replaced(shelves: Database) -> None:
    """A session that the server ends costs one answer; the next one has a new connection."""
    with pytest.raises(DatabaseUnavailable):
        async with shelves.transaction() as tx:
            await shelves.fetch("end_session", await tx.fetchval("session"))
            await tx.fetchval("session")

    assert await shelves.fetchval("session")


async def test_a_service_may_start_before_its_database(spare: Cluster) -> None:
    """A database that is away is reported as such, when the service starts and later; it recovers by itself."""
    await spare.stop()
    async with _database(spare.dsn) as database:
        with pytest.raises(DatabaseUnavailable):
            await database.fetchval("session")
        await spare.start()
        assert await database.fetchval("session")
        await spare.stop()
        with pytest.raises(DatabaseUnavailable):
            async with database.transaction():
                pass
        await spare.start()
        assert await database.fetchval("session")


@pytest.mark.parametrize(
    "refusal",
    [
        "alter database {database} with allow_connections false",
        "revoke connect on database {database} from public",
        "alter database {database} connection limit 0",
        "alter role {role} connection limit 0",
        "alter role {role} nologin",
        "drop role {role}",
        "alter database {database} rename to {role}",
    ],
)
async def test_a_server_that_takes_no_session_is_away(cluster: Cluster, empty_dsn: str, refusal: str) -> None:
    """Whatever a server refuses a connection for, and by whichever of its codes, is a database that is away for as long
    as it lasts."""
    database = urlsplit(empty_dsn).path.strip("/")
    role = f"role_{database}"
    async with connected(cluster.dsn) as admin:
        await admin.execute(f"create role {role} login")
        dsn = empty_dsn.replace("postgres@", f"{role}@")
        async with _database(dsn) as closed:
            await admin.execute(refusal.format(database=database, role=role))
            with pytest.raises(DatabaseUnavailable):
                await closed.fetchval("session")
            with pytest.raises(DatabaseUnavailable):
                await connect(dsn)
            assert not await answers(dsn)
        if "rename" in refusal:
            await admin.execute(f"alter database {role} rename to {database}")
        if "drop role" not in refusal:
            await admin.execute(f"drop role {role}")


@pytest.mark.parametrize("host", ["a..b", "x" * 70, "nowhere.invalid"])
async def test_a_host_that_is_none_is_away(host: str) -> None:
    """A name that cannot be looked up, for whatever reason, too."""
    with pytest.raises(DatabaseUnavailable):
        await connect(f"postgresql://postgres@{host}/shop")


async def test_a_closed_pool_says_so(empty_dsn: str) -> None:
    """A pool that is not open any more is a database that is away."""
    async with _database(empty_dsn) as database:
        pass
    with pytest.raises(DatabaseUnavailable):
        await database.fetchval("session")
