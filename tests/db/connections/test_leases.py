"""Connections are handed on from one statement to the next."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.db.pool import Database
from app.db.queries import Statement
from app.errors import DatabaseUnavailable

_STATEMENTS = {
    "session": "select pg_backend_pid()",
    "wait": "select pg_sleep($1)",
    "misspelt": "selekt 1",
    "end_session": "select pg_terminate_backend($1)",
}


@pytest.fixture(name="database")
async def _database(empty_dsn: str) -> AsyncIterator[Database]:
    queries = {name: Statement(name, "", sql) for name, sql in _STATEMENTS.items()}
    async with Database(empty_dsn, size=2, queries=queries) as database:
        yield database


async def test_a_connection_is_used_again(database: Database) -> None:
    """One statement after the other needs one session."""
    assert len({await database.fetchval("session") for _ in range(5)}) == 1
    assert database.connections == (0, 1)


async def test_all_who_wait_get_their_turn(database: Database) -> None:
    """Many statements at once share the connections that there are."""
    sessions = await asyncio.gather(*(database.fetchval("session") for _ in range(50)))

    assert len(set(sessions)) == 2
    assert database.connections == (0, 2)


async def test_who_stops_waiting_leaves_his_turn_to_others(database: Database) -> None:
    """A connection that was meant for one who has gone is not lost."""
    holding = [asyncio.create_task(database.fetchval("wait", 0.05)) for _ in range(2)]
    await asyncio.wait(holding, timeout=0.02)
    waiting = [asyncio.create_task(database.fetchval("session")) for _ in range(4)]
    await asyncio.sleep(0)
    for task in waiting[:3]:
        task.cancel()
    await asyncio.gather(*holding)

    assert await waiting[3]
    assert len(await asyncio.gather(*(database.fetchval("session") for _ in range(5)))) == 5
    assert database.connections == (0, 2)


async def test_who_goes_in_the_moment_of_his_turn_leaves_it_to_others(empty_dsn: str) -> None:
    """A connection that was given already to one who is gone before he takes it is not lost, though it be the
    only one."""
    queries = {name: Statement(name, "", sql) for name, sql in _STATEMENTS.items()}
    async with Database(empty_dsn, size=1, queries=queries) as database:
        async with database.transaction():
            waiting = asyncio.create_task(database.fetchval("session"))
            await asyncio.sleep(0)
            assert database.waiting == 1
        waiting.cancel()  # nothing has run since the end of the block gave the connection on
        with pytest.raises(asyncio.CancelledError):
            await waiting

        assert database.connections == (0, 1)
        assert await database.fetchval("session")


async def test_a_statement_that_is_given_up_spoils_no_other(database: Database) -> None:
    """Its connection is used again only once the server has let go of it."""
    for _ in range(4):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await database.fetchval("wait", 10)

    assert await database.fetchval("session")


async def test_an_error_costs_no_connection(database: Database) -> None:
    """Statements that fail leave as many connections as there were."""
    for _ in range(5):
        with pytest.raises(Exception, match="syntax error"):
            await database.fetch("misspelt")

    assert await database.fetchval("session")
    assert database.connections == (0, 1)


async def test_a_session_that_was_ended_is_replaced(database: Database) -> None:
    """What was ended while it was idle is noticed before it is used."""
    first, other = await asyncio.gather(database.fetchval("session"), database.fetchval("session"))
    assert first != other
    await database.fetchval("end_session", first if await database.fetchval("session") == other else other)
    for _ in range(5):
        assert await database.fetchval("session")


async def test_a_closed_database_says_so(database: Database) -> None:
    """Statements after the end are refused in our own terms."""
    async with Database(database.dsn, queries=database.queries) as closed:
        pass

    with pytest.raises(DatabaseUnavailable):
        await closed.fetchval("session")
