"""Connections on which nothing comes back any more, though nobody closed them."""

import asyncio
import socket
from collections.abc import AsyncIterator
from time import monotonic

import pytest

from app.db.bulk import session
from app.db.connections import silence
from app.db.connections.connect import Connection, connect
from app.db.connections.pooled import Pooled
from app.db.connections.silence import Watch
from app.db.pool import Database
from app.errors import DatabaseUnavailable
from app.events import CheckFailed, ConnectionGivenUp, Event
from tests.e2e.conftest import eventually
from tests.pgbouncer import pgbouncer
from tests.postgres_proxy import Proxy, proxied
from tests.programs import needs


@pytest.fixture(name="proxy")
async def _proxy(dsn: str) -> AsyncIterator[Proxy]:
    async with proxied(dsn) as proxy:
        yield proxy


async def test_a_statement_on_a_silent_connection_is_given_up(proxy: Proxy) -> None:
    """A statement whose answer will never come ends within seconds, is reported, and the pool works on."""
    reported: list[Event] = []
    async with Database(proxy.dsn, observe=reported.append) as database:
        await database.fetchval("clock")
        assert proxy.silence() == 1
        began = monotonic()
        with pytest.raises(DatabaseUnavailable):
            await database.fetchval("clock")
        assert monotonic() - began < 8
        assert await database.fetchval("clock") is not None
    assert [event.whose for event in reported if isinstance(event, ConnectionGivenUp)] == ["pool"]


async def test_silence_within_a_statement_is_given_up_too(proxy: Proxy) -> None:
    """Where the answer to a statement's preparation is lost, the server waits for the rest of it: that is no work."""
    reported: list[Event] = []
    connection = await connect(proxy.dsn)
    async with Watch("command", proxy.dsn, lambda: (connection,), reported.append, look=0.1)():
        proxy.last_words = b"select 'last words'"
        with pytest.raises(Exception, match="closed"):
            async with asyncio.timeout(30):
                await connection.fetchval("select 'last words', $1::int", 1)
    assert [type(event) for event in reported] == [ConnectionGivenUp]


async def test_a_statement_that_is_still_being_sent_is_left_alone(proxy: Proxy) -> None:
    """The server waits for rows that come slowly, which is no sign of silence."""
    reported: list[Event] = []
    connection = await connect(proxy.dsn)
    await connection.execute("create temporary table rows (number int)")

    async def slowly() -> AsyncIterator[tuple[int]]:
        for number in range(3):
            await asyncio.sleep(0.7)
            yield (number,)

    async with Watch("command", proxy.dsn, lambda: (connection,), reported.append, look=0.1)():
        await connection.copy_records_to_table("rows", records=slowly())
    assert await connection.fetchval("select count(*) from rows") == 3
    await connection.close()
    assert reported == []


async def test_a_statement_that_takes_long_is_waited_for(proxy: Proxy) -> None:
    """A statement on which the server works is not given up, however long it takes; nor one that waits for a lock."""
    async with session(Database(proxy.dsn)) as statements, session(Database(proxy.dsn)) as other:
        await statements.connection.execute("select pg_sleep(5)")
        await other.connection.execute("select pg_advisory_lock(7)")
        waiting = asyncio.create_task(statements.connection.execute("select pg_advisory_lock(7)"))
        await asyncio.wait({waiting}, timeout=5)
        assert not waiting.done()
        await other.connection.execute("select pg_advisory_unlock(7)")
        await waiting


async def test_a_transaction_that_does_something_else_is_left_alone(proxy: Proxy) -> None:
    """A connection on which nobody waits for an answer is not given up, although the server has nothing to do."""
    async with Database(proxy.dsn) as database, database.transaction() as tx:
        await tx.fetchval("clock")
        await asyncio.sleep(6)  # the time itself is what is tried
        await tx.fetchval("clock")


async def test_idle_connections_are_found_silent_before_a_request_meets_them(proxy: Proxy) -> None:
    """Where all of a pool's connections fell silent while nobody used them, none is left after a while."""
    reported: list[Event] = []
    async with Database(proxy.dsn, size=4, observe=reported.append) as database:
        await asyncio.gather(*(database.fetchval("clock") for _ in range(4)))
        silent = proxy.silence()

        async def all_given_up() -> bool:
            return sum(isinstance(event, ConnectionGivenUp) for event in reported) == silent

        await eventually(all_given_up, seconds=30)
        began = monotonic()
        await database.fetchval("clock")
        assert monotonic() - began < 1


async def test_idle_connections_that_were_closed_do_not_disturb_the_watch(proxy: Proxy, connection: Connection) -> None:
    """Connections that the server has closed while they were idle are neither given up nor a trouble to the watch."""
    reported: list[Event] = []
    async with Database(proxy.dsn, size=4, observe=reported.append) as database:
        await asyncio.gather(*(database.fetchval("clock") for _ in range(4)))
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
        await asyncio.sleep(7)  # of which the beats begin after five
        assert await database.fetchval("clock") is not None
    assert not [event for event in reported if isinstance(event, CheckFailed | ConnectionGivenUp)]


async def test_a_commands_own_connection_is_given_up(proxy: Proxy) -> None:
    """Work on the whole catalogue, whose statements have no limit of time, ends where its connection fell silent."""
    with pytest.raises(DatabaseUnavailable):
        async with asyncio.timeout(15), session(Database(proxy.dsn)) as statements:
            proxy.silence()
            await statements.fetchval("clock")


async def test_where_nobody_can_be_asked_silence_is_given_up_later(proxy: Proxy) -> None:
    """Where no connection can be made either, an answer is waited for so much longer and no more."""
    reported: list[Event] = []
    connection = await connect(proxy.dsn)
    nowhere = "postgresql://postgres@127.0.0.1:1/none"
    async with Watch("command", nowhere, lambda: (connection,), reported.append, look=0.1)():
        proxy.silence()
        with pytest.raises(Exception, match="closed"):
            async with asyncio.timeout(30):
                await connection.execute("select 1")
    assert isinstance(reported[0], ConnectionGivenUp)
    assert 10 <= reported[0].seconds < 20


@needs("pgbouncer")
async def test_what_waits_in_a_full_pooler_is_not_given_up(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The question waits for the only connection, too: that the pooler takes it is a sign of life."""
    monkeypatch.setattr(silence, "_ASK_SECONDS", 0.3)
    monkeypatch.setattr(silence, "_UNREACHABLE_SECONDS", 0.5)
    reported: list[Event] = []
    async with pgbouncer(dsn, "transaction", size=1) as pooler:
        address = Pooled(pooler.address, dsn)
        connection = await connect(address)
        async with Watch("pool", address, lambda: (connection,), reported.append, look=0.1)():
            await connection.execute("select pg_sleep(5)")
        await connection.close()
    assert reported == []


async def test_the_kernel_watches_every_connection(proxy: Proxy) -> None:
    """A peer that vanished is noticed by the kernel within some ten seconds, whether it was sent something or not."""
    connection = await connect(proxy.dsn)
    peer = connection._transport.get_extra_info("socket")
    assert peer.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    idle, pause, count = (
        peer.getsockopt(socket.IPPROTO_TCP, option)
        for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
    )
    assert idle + pause * count <= 15
    assert peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 10_000
    await connection.close()
