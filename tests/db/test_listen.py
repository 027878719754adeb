import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic

from app.background import in_background
from app.db.connections.connect import Connection
from app.db.listen import CATALOGUE_CHANGE, Hearing, Listener
from app.embedded.cluster import Cluster
from app.events import CheckFailed, ConnectionGivenUp, Event, nobody
from tests.e2e.conftest import eventually
from tests.postgres_proxy import proxied


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
    heard, told = Heard(), list[Event]()
    mistakes = iter([ZeroDivisionError("mistake")])

    def gap() -> None:
        for mistake in mistakes:
            raise mistake
        heard.gap()

    listener = Listener(dsn, {CATALOGUE_CHANGE: heard.payload}, gap, Hearing())
    async with in_background("listener", listener.run, told.append):
        assert [await heard.next(), await heard.next()] == [None, None]
        await connection.execute("select pg_notify($1, '*')", CATALOGUE_CHANGE)
        assert await heard.next() == "*"
    assert told == [CheckFailed("listener", "ZeroDivisionError: mistake")]


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
    heard, hearing, told = Heard(), Hearing(), list[Event]()
    async with proxied(dsn) as proxy:
        listener = Listener(proxy.dsn, {CATALOGUE_CHANGE: heard.payload}, heard.gap, hearing, observe=told.append)
        async with in_background("listener", listener.run, nobody):
            assert await heard.next() is None
            assert proxy.silence(is_listener) == 1
            await connection.execute("select pg_notify($1, 'unheard')", CATALOGUE_CHANGE)
            assert [await heard.next(), await heard.next()] == [None, None]
            await connection.execute("select pg_notify($1, 'heard')", CATALOGUE_CHANGE)
            assert await heard.next() == "heard"
    assert [event.whose for event in told if isinstance(event, ConnectionGivenUp)] == ["listener"]


async def test_where_notifications_do_not_come_through_nothing_is_remembered(dsn: str) -> None:
    """A way to the database that takes LISTEN and passes no notification on is not taken for listening; it is told."""
    heard, hearing, told = Heard(), Hearing(), list[Event]()
    async with proxied(dsn) as proxy:
        proxy.is_deaf = True
        listener = Listener(proxy.dsn, {CATALOGUE_CHANGE: heard.payload}, heard.gap, hearing)
        async with in_background("listener", listener.run, told.append):
            await eventually(lambda: _is(lambda: len(told) > 1))
            assert hearing == Hearing(listening=False, current=False)
            proxy.is_deaf = False
            assert await heard.next() is None
            assert hearing == Hearing(listening=True, current=True)
    assert all("do not come through" in event.reason for event in told if isinstance(event, CheckFailed))


async def _is(question: Callable[[], bool]) -> bool:
    return question()
