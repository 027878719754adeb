"""How far a replica must have come, by what was heard of."""

import asyncio
import time
from types import SimpleNamespace

import pytest

from app.db.connections.connect import Connection
from app.db.pool import Database
from app.db.replica import positions as module
from app.db.replica.positions import MOST, Positions


async def test_a_family_needs_what_was_written_when_its_drop_was_heard_of(
    database: Database, connection: Connection
) -> None:
    """Until the primary has said how much that is nobody knows; other families need no more than before."""
    positions = Positions(database)
    assert positions.needed([1]) is None
    await positions.ask()
    at_first = positions.needed([1, 2, None])
    assert at_first == positions.floor == positions.needed_by_any() is not None

    await connection.execute("create table written_meanwhile ()")
    positions.dropped([1])
    assert positions.needed([1]) is positions.needed([2, 1]) is positions.needed_by_any() is None
    assert positions.needed([2]) == at_first
    await positions.ask()
    assert positions.needed([1]) == positions.needed([1, 2]) == positions.needed_by_any() > at_first
    assert positions.needed([2]) == positions.floor == at_first


async def test_what_is_dropped_while_the_primary_is_asked_waits_for_its_next_answer(database: Database) -> None:
    """Its answer may be older than that change."""

    class Meanwhile(Database):
        async def fetchrow(self, query: str, *args: object) -> object:
            row = await super().fetchrow(query, *args)
            positions.dropped([2])
            return row

    async with Meanwhile(database.dsn) as primary:
        positions = Positions(primary)
        positions.dropped([1])
        await positions.ask()
        assert positions.needed([1]) is not None
        assert positions.needed([2]) is None


async def test_a_gap_and_too_many_families_raise_what_all_need(database: Database) -> None:
    """Memory is bounded: what cannot be told apart needs as much as the last of it."""
    positions = Positions(database)
    await positions.ask()
    for forget in (positions.dropped_all, lambda: positions.dropped(range(MOST + 1))):
        forget()
        assert positions.floor is positions.needed([MOST + 2]) is None
        await positions.ask()
        assert positions.floor == positions.last
    for first in (0, MOST):
        positions.dropped(range(first, first + MOST))
        await positions.ask()
    assert positions.floor == positions.last == positions.needed([2 * MOST])


async def test_what_the_primary_showed_waits_for_one_answer(database: Database) -> None:
    """However often it is shown meanwhile; only what was shown while the primary was asked waits for the next."""
    positions = Positions(database)
    await positions.ask()
    for _ in range(3):
        positions.shown([1])
    asking = asyncio.create_task(positions.ask())
    await asyncio.sleep(0)
    positions.shown([2])
    await asking
    assert positions.needed([1]) is not None
    assert positions.needed([2]) is None


async def test_what_nobody_told_is_needed_after_ten_seconds(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However late within them something was told last: the wait that follows is as much shorter."""
    now, waits, over = [time.monotonic()], list[float](), asyncio.Event()
    pause = [9.0]

    async def waited(_: asyncio.Event, seconds: float) -> bool:
        waits.append(round(seconds, 3))
        now[0] += pause.pop() if pause else seconds
        if len(waits) == 3:
            over.set()
            await asyncio.Event().wait()
        return False

    monkeypatch.setattr(module, "is_set_within", waited)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))  # the loop has its own
    running = asyncio.create_task(Positions(database).run())
    await over.wait()
    running.cancel()
    assert waits == [10, 1, 10]
