import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from app.db.connect import Connection
from app.db.listen import CATALOGUE_CHANGE, Listener
from app.embedded.cluster import Cluster
from app.events import CheckFailed, Event


class Heard:
    """What a listener told, in order; a gap is None."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[str | None] = asyncio.Queue()

    def payload(self, payload: str) -> None:
        self._queue.put_nowait(payload)

    def gap(self) -> None:
        self._queue.put_nowait(None)

    async def next(self) -> str | None:
        async with asyncio.timeout(10):
            return await self._queue.get()


@asynccontextmanager
async def _listening(dsn: str, heard: Heard) -> AsyncIterator[Listener]:
    listener = Listener(dsn, heard.payload, heard.gap)
    task = asyncio.create_task(listener.run())
    try:
        yield listener
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_changes_are_heard_in_order(dsn: str, connection: Connection) -> None:
    """Changes are heard in the order of their commits, after everything was dropped once."""
    heard = Heard()
    async with _listening(dsn, heard) as listener:
        assert await heard.next() is None
        assert listener.listening
        for payload in ("1,2", "*"):
            await connection.execute("select pg_notify($1, $2)", CATALOGUE_CHANGE, payload)

        assert [await heard.next(), await heard.next()] == ["1,2", "*"]
    assert not listener.listening
    assert await heard.next() is None


async def test_a_mistake_does_not_end_the_listening(dsn: str, connection: Connection) -> None:
    """An error that nobody foresaw is told, and changes go on being heard."""
    heard, told = Heard(), list[Event]()
    mistakes = iter([ZeroDivisionError("mistake")])

    def gap() -> None:
        for mistake in mistakes:
            raise mistake
        heard.gap()

    listener = Listener(dsn, heard.payload, gap, observe=told.append)
    task = asyncio.create_task(listener.run())
    assert [await heard.next(), await heard.next()] == [None, None]
    await connection.execute("select pg_notify($1, '*')", CATALOGUE_CHANGE)
    assert await heard.next() == "*"
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert told == [CheckFailed("listener", "ZeroDivisionError: mistake")]


async def test_a_lost_connection_drops_everything(spare: Cluster) -> None:
    """When the connection is lost, and again when one stands, everything is dropped; then changes are heard again."""
    heard = Heard()
    async with _listening(spare.dsn, heard) as listener:
        assert await heard.next() is None
        await spare.stop()
        assert await heard.next() is None
        assert not listener.listening

        await spare.start()
        assert await heard.next() is None
        assert listener.listening
