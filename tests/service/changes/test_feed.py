"""Who reads the log by a cursor gets every committed row exactly once, in order, however long writers take."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db.connections.connect import Connection
from app.db.pool import Database, Transaction
from app.errors import Gone
from app.service.changes.feed import ChangeFeed
from app.service.changes.record import Row, record_rows

WRITERS = 4

_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, WRITERS - 1), st.integers(1, 40)),
        st.tuples(st.sampled_from(["commit", "roll back", "read"]), st.integers(0, WRITERS - 1), st.just(0)),
    ),
    max_size=40,
)


class Broken(Exception):
    """The writer gives up."""


class Writers:
    """Transactions that stay open until they are told to end; `kept` are the rows of those that committed."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._open: dict[int, tuple[AsyncExitStack, Transaction, list[int]]] = {}
        self.kept: list[int] = []
        self._number = 0

    async def write(self, writer: int, rows: int) -> None:
        if writer not in self._open:
            stack = AsyncExitStack()
            self._open[writer] = stack, await stack.enter_async_context(self._db.transaction()), []
        _, tx, numbers = self._open[writer]
        new = list(range(self._number, self._number + rows))
        self._number += rows
        await record_rows(tx, [Row("product.updated", revision=number) for number in new])
        numbers += new

    async def end(self, writer: int, *, keep: bool) -> None:
        if writer in self._open:
            stack, _, numbers = self._open.pop(writer)
            if keep:
                await stack.aclose()
                self.kept += numbers
                return
            with pytest.raises(Broken):
                await _break(stack)

    async def end_all(self) -> None:
        for writer in list(self._open):
            await self.end(writer, keep=True)


async def _break(stack: AsyncExitStack) -> None:
    async with stack:
        raise Broken


class Reader:
    def __init__(self, feed: ChangeFeed, after: int) -> None:
        self._feed = feed
        self.after = after
        self.seen: list[tuple[int, int]] = []

    async def read(self, most: int = 7) -> int:
        rows, self.after = await self._feed.page(self.after, most)
        self.seen += [(row["id"], row["revision"]) for row in rows]
        return len(rows)


@given(steps=_STEPS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_every_committed_row_is_read_once_and_in_order(
    database: Database, steps: list[tuple[str, int, int]]
) -> None:
    """Writers that commit late or not at all, and readers in between: nothing is skipped, nothing comes twice."""
    feed, writers = ChangeFeed(database), Writers(database)
    reader = Reader(feed, (await feed.horizon()).settled)
    try:
        for what, writer, rows in steps:
            if what == "write":
                await writers.write(writer, rows)
            elif what == "read":
                await reader.read()
            else:
                await writers.end(writer, keep=what == "commit")
    finally:
        await writers.end_all()
    while await reader.read():
        pass

    ids = [number for number, _ in reader.seen]
    assert ids == sorted(set(ids))
    assert sorted(number for _, number in reader.seen) == sorted(writers.kept)


async def test_writers_at_once_are_read_in_order(database: Database) -> None:
    """Transactions of many lengths that overlap as they like, read while they write."""
    feed = ChangeFeed(database)
    reader, ended = Reader(feed, 0), asyncio.Event()

    async def write(writer: int) -> None:
        for turn in range(25):
            async with database.transaction() as tx:
                await record_rows(tx, [Row("product.updated", revision=writer * 1000 + turn)] * (1 + turn % 20))
                for _ in range((writer * turn) % 4):
                    await tx.fetchval("last_change")

    async def read() -> None:
        while not ended.is_set():
            await reader.read(100)
        while await reader.read(100):
            pass

    async with asyncio.TaskGroup() as group:
        reading = group.create_task(read())
        async with asyncio.TaskGroup() as writing:
            for writer in range(5):
                writing.create_task(write(writer))
        ended.set()
        await reading

    ids = [number for number, _ in reader.seen]
    assert ids == sorted(set(ids))
    assert len(ids) == 5 * sum(1 + turn % 20 for turn in range(25))


async def test_a_writer_holds_back_what_comes_after_it(database: Database) -> None:
    """While a transaction has rows that may still come, younger rows wait, and the horizon says so."""
    feed = ChangeFeed(database)
    async with database.transaction() as late:
        await record_rows(late, [Row("image.ready")])
        async with database.transaction() as quick:
            await record_rows(quick, [Row("image.failed")])
        assert (await feed.horizon()).is_behind
        assert await feed.page(0) == ([], 0)

    rows, after = await feed.page(0)
    assert [row["kind"] for row in rows] == ["image.ready", "image.failed"]
    assert await feed.page(after) == ([], after)
    assert not (await feed.horizon()).is_behind


async def test_a_place_out_of_the_log_is_gone(database: Database, connection: Connection) -> None:
    """A place before what was removed, or behind the last row, is told apart from one with nothing new behind it."""
    feed = ChangeFeed(database)
    async with database.transaction() as tx:
        await record_rows(tx, [Row("image.ready")] * 3)
    await connection.execute("delete from change where id <= 2")
    await connection.execute("update change_tidying set forgotten_to = 2")

    for place in (1, 4):
        with pytest.raises(Gone):
            await feed.page(place)
    assert [row["id"] for row in (await feed.page(0))[0]] == [row["id"] for row in (await feed.page(2))[0]] == [3]
