import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic

import pytest

from app.background import in_background
from app.db import listen
from app.db.connections import connect
from app.db.connections.connect import Connection
from app.db.connections.pooled import Pooled
from app.db.connections.same_server import Way, who_answers
from app.db.listen import CATALOGUE_CHANGE, Hearing, Listener
from app.embedded.cluster import Cluster
from app.errors import DatabaseUnavailable
from app.events import CheckFailed, ConnectionGivenUp, Event, nobody
from tests.e2e.conftest import eventually
from tests.postgres_proxy import proxied
from tests.processes import free_port


class Heard:
    """What a listener told, in order; a gap is None."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[str | None] = asyncio.Queue()

    def payload(self, payload: str) -> None:
        self._queue.put_nowait(payload)

    def gap(self) -> None:
        self._queue.put_nowait(None)

    def is_empty(self) -> bool:
        return self._queue.empty()

    async def next(self) -> str | None:
        async with asyncio.timeout(10):
            return await self._queue.get()


@asynccontextmanager
async def _listening(dsn: str, heard: Heard) -> AsyncIterator[Listener]:
    listener = Listener(dsn, {CATALOGUE_CHANGE: heard.payload}, heard.gap, Hearing())
    async with in_background("listener", listener.run, nobody):
        yield listener


async def test_changes_are_heard_in_order(dsn: str, connection: Connection) -> None:
    """Changes are heard in the order of their commits, after everything was dropped once."""
    heard = Heard()
    async with _listening(dsn, heard) as listener:
        assert await heard.next() is None
        assert listener.hearing.listening
        for payload in ("1,2", "*"):
            await connection.execute("select pg_notify($1, $2)", CATALOGUE_CHANGE, payload)

        assert [await heard.next(), await heard.next()] == ["1,2", "*"]
    assert not listener.hearing.listening
    assert await heard.next() is None


async def test_a_mistake_does_not_end_the_listening(dsn: str, connection: Connection) -> None:
    """An error that nobody foresaw is told, and changes go on being heard."""
    heard, reported = Heard(), list[Event]()
    mistakes = iter([ZeroDivisionError("mistake")])

    def gap() -> None:
        for mistake in mistakes:
            raise mistake
        heard.gap()

    listener = Listener(dsn, {CATALOGUE_CHANGE: heard.payload}, gap, Hearing())
    async with in_background("listener", listener.run, reported.append):
        assert [await heard.next(), await heard.next()] == [None, None]
        await connection.execute("select pg_notify($1, '*')", CATALOGUE_CHANGE)
        assert await heard.next() == "*"
    assert reported == [CheckFailed("listener", "ZeroDivisionError: mistake")]


async def test_a_lost_connection_drops_everything(spare: Cluster) -> None:
    """When the connection is lost, and again when one stands, everything is dropped; then changes are heard again."""
    heard = Heard()
    async with _listening(spare.dsn, heard) as listener:
        assert await heard.next() is None
        await spare.stop()
        assert await heard.next() is None
        assert not listener.hearing.listening

        await spare.start()
        assert await heard.next() is None
        assert listener.hearing.listening


def is_listener(sent: bytes) -> bool:
    return b"LISTEN" in sent


async def test_a_probe_that_is_overdue_stops_the_use_and_an_answer_begins_it_again(dsn: str) -> None:
    """While an answer is overdue nothing remembered is used, but all is kept; an answer on the same connection puts it
    back into use."""
    heard, silences = Heard(), list[float]()
    hearing = Hearing()
    async with proxied(dsn) as proxy:
        listener = Listener(
            proxy.dsn,
            {CATALOGUE_CHANGE: heard.payload},
            heard.gap,
            hearing,
            on_silence=lambda: silences.append(monotonic()),
        )
        async with in_background("listener", listener.run, nobody):
            assert await heard.next() is None
            assert hearing == Hearing(listening=True, current=True)
            with proxy.delayed(is_listener):
                began = monotonic()
                await eventually(lambda: _is(lambda: not hearing.current))
                assert monotonic() - began < 2
                assert hearing.listening
            await eventually(lambda: _is(lambda: hearing.current))
            assert len(silences) == 1
            assert heard.is_empty()


async def test_a_silent_connection_is_lost_after_a_while(dsn: str, connection: Connection) -> None:
    """A connection on which no answer comes is given up, told, and everything dropped; then changes are heard anew."""
    heard, hearing, reported = Heard(), Hearing(), list[Event]()
    async with proxied(dsn) as proxy:
        listener = Listener(proxy.dsn, {CATALOGUE_CHANGE: heard.payload}, heard.gap, hearing, observe=reported.append)
        async with in_background("listener", listener.run, nobody):
            assert await heard.next() is None
            assert proxy.silence(is_listener) == 1
            await connection.execute("select pg_notify($1, 'unheard')", CATALOGUE_CHANGE)
            assert [await heard.next(), await heard.next()] == [None, None]
            await connection.execute("select pg_notify($1, 'heard')", CATALOGUE_CHANGE)
            assert await heard.next() == "heard"
    assert [event.whose for event in reported if isinstance(event, ConnectionGivenUp)] == ["listener"]


async def test_where_notifications_do_not_come_through_nothing_is_remembered(dsn: str) -> None:
    """A way to the database that takes LISTEN and passes no notification on is not taken for listening; it is told."""
    heard, hearing, reported = Heard(), Hearing(), list[Event]()
    async with proxied(dsn) as proxy:
        proxy.is_deaf = True
        listener = Listener(proxy.dsn, {CATALOGUE_CHANGE: heard.payload}, heard.gap, hearing)
        async with in_background("listener", listener.run, reported.append):
            await eventually(lambda: _is(lambda: len(reported) > 1))
            assert hearing == Hearing(listening=False, current=False)
            proxy.is_deaf = False
            assert await heard.next() is None
            assert hearing == Hearing(listening=True, current=True)
    assert all("do not come through" in event.reason for event in reported if isinstance(event, CheckFailed))


async def test_memory_is_not_used_while_a_lost_connection_is_parted_with(
    dsn: str, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parting may take seconds."""
    heard, at_parting, end = Heard(), list[bool](), connect.end

    async def parted(ended: Connection) -> None:
        at_parting.append(listener.hearing.listening or listener.hearing.current)
        await end(ended)

    async with _listening(dsn, heard) as listener:
        assert await heard.next() is None
        monkeypatch.setattr(connect, "end", parted)
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
            " and pid <> pg_backend_pid()"
        )
        assert [await heard.next(), await heard.next()] == [None, None]
        assert at_parting
        assert not any(at_parting)


async def test_a_pooler_that_does_not_say_where_it_leads_is_not_believed_for_long(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looks that are swallowed end, and after some in a row nothing is remembered, until they are answered again."""
    monkeypatch.setattr(listen, "_ELSEWHERE_SECONDS", 0.1)
    heard, reported = Heard(), list[Event]()
    async with proxied(dsn) as pooler:
        listener = Listener(Pooled(pooler.dsn, dsn), {}, heard.gap, Hearing(), observe=reported.append)
        async with in_background("listener", listener.run, reported.append):
            assert await heard.next() is None
            pooler.is_mute = True
            await eventually(lambda: _is(lambda: not listener.hearing.listening), seconds=60)
            assert await heard.next() is None
            told = [event.reason for event in reported if isinstance(event, CheckFailed)]
            assert any("does not say whether it leads to the server" in reason for reason in told)
            pooler.is_mute = False
            assert await heard.next() is None
            assert listener.hearing.current


async def test_a_pooler_that_refuses_connections_is_away_and_leads_nowhere_else(dsn: str) -> None:
    """However often it was looked for: what is in memory stays in use meanwhile."""
    way = Way(Pooled(f"postgresql://postgres@127.0.0.1:{free_port()}/none", dsn), "server")
    for _ in range(10):
        with pytest.raises(DatabaseUnavailable):
            await way.trouble()


async def test_who_answers_is_waited_for_no_longer_than_a_connection(dsn: str) -> None:
    """Also where all is swallowed once a connection stands."""
    async with proxied(dsn) as proxy, connect.connected(proxy.dsn) as connection:
        first = await who_answers(connection)
        await connection.execute("set timezone = 'Asia/Tokyo'")
        assert await who_answers(connection) == first
        proxy.silence()
        with pytest.raises(DatabaseUnavailable):
            async with asyncio.timeout(60):
                await who_answers(connection)


async def _is(question: Callable[[], bool]) -> bool:
    return question()
