"""Requests that wait for a picture. Source: native.md 3, "Waiting"."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest

from app.background import in_background
from app.db.connections.connect import Connection
from app.db.pool import Database
from app.events import Event, StatementDone, nobody
from app.model import BlobHash
from app.service.pictures.waiting import Waiting
from app.wiring.parts import Parts
from tests.e2e.conftest import eventually
from tests.e2e.test_crashes import environment
from tests.parts_of import admitted, process
from tests.pictures import encoded, picture
from tests.processes import running

_BLOB: Final = BlobHash("01" * 32)
_LONG: Final = 300.0
"""Seconds that no test waits for."""
_RECORD: Final = """insert into blob (hash, size, format, width, height)
    select decode(n, 'hex'), 1, 'png', 1, 1 from unnest($1::text[]) n"""
_DECIDE: Final = "update blob set state = 'ready', failure_code = null"
_UNHEARD: Final = f"begin; set local session_replication_role = replica; {_DECIDE}; commit"
"""As if the notification had been lost."""


@pytest.fixture(name="parts")
async def _parts(dsn: str, tmp_path: Path) -> AsyncIterator[Parts]:
    """A process without a worker, which hears what others tell."""
    async with process(dsn, tmp_path) as parts, parts.listening():
        yield parts


async def begun(waiting: Waiting, blob: BlobHash = _BLOB, seconds: float = _LONG) -> asyncio.Task[bool]:
    """A waiter, once it waits."""
    taken = waiting.slots.taken
    task = asyncio.create_task(waiting.until_decided(blob, seconds))

    async def waits() -> bool:
        return waiting.slots.taken > taken

    await eventually(waits)
    return task


async def came_to_an_end(task: asyncio.Task[bool]) -> bool:
    """What it returned, in the time that the suite gives a test."""
    async with asyncio.timeout(120):
        return await task


async def test_a_waiter_is_woken_by_the_transaction_that_decides(parts: Parts, connection: Connection) -> None:
    """It waits until that is committed, and leaves nothing behind."""
    waiting = parts.pictures.waiting
    await connection.execute(_RECORD, [_BLOB, "02" * 32])
    first, second, other = [await begun(waiting, blob) for blob in (_BLOB, _BLOB, BlobHash("02" * 32))]
    await connection.execute(
        "update blob set state = 'failed', failure_code = 'damaged' where hash = $1", bytes.fromhex(_BLOB)
    )
    assert await came_to_an_end(first)
    assert await came_to_an_end(second)
    assert not other.done()
    await connection.execute(_DECIDE)
    assert await came_to_an_end(other)
    assert waiting.slots.taken == 0


async def test_nobody_waits_for_what_is_decided(parts: Parts, connection: Connection) -> None:
    """Nor for what is gone."""
    await connection.execute(_RECORD, [_BLOB])
    await connection.execute(_DECIDE)
    for blob in (_BLOB, BlobHash("02" * 32)):
        assert await came_to_an_end(asyncio.create_task(parts.pictures.waiting.until_decided(blob, _LONG)))


async def test_a_decision_between_the_beginning_and_the_read_is_not_missed(
    database: Database, connection: Connection
) -> None:
    """Who waits is known before the database is asked: what is reported while it answers wakes him."""
    waiting = Waiting(database, 1)
    await connection.execute(_RECORD, [_BLOB])
    await connection.execute("begin; lock table blob in access exclusive mode")
    waiter = await begun(waiting)
    waiting.hear(_BLOB)
    await connection.execute("commit")  # not decided, for all that the statement sees
    assert await came_to_an_end(waiter)


async def test_a_waiter_goes_when_its_time_is_over(parts: Parts, connection: Connection) -> None:
    """Whatever became of the picture."""
    await connection.execute(_RECORD, [_BLOB])
    assert await came_to_an_end(await begun(parts.pictures.waiting, seconds=0.2))
    assert parts.pictures.waiting.slots.taken == 0


async def test_one_too_many_does_not_wait(database: Database, connection: Connection) -> None:
    """Beyond the limit nobody waits, nor is a place kept for one who has left."""
    waiting = Waiting(database, 1)
    await connection.execute(_RECORD, [_BLOB])
    waiter = await begun(waiting)
    assert not await waiting.until_decided(_BLOB, _LONG)
    waiter.cancel()
    await asyncio.wait({waiter})
    assert await came_to_an_end(await begun(waiting, seconds=0.2))


async def test_a_process_that_drains_lets_all_go(parts: Parts, connection: Connection) -> None:
    """Who waits is answered at once, and nobody begins to wait."""
    await connection.execute(_RECORD, [_BLOB])
    waiter = await begun(parts.pictures.waiting)
    parts.drain.begin()
    assert await came_to_an_end(waiter)
    assert not await parts.pictures.waiting.until_decided(_BLOB, _LONG)


async def test_what_was_missed_is_looked_up_at_once(parts: Parts, connection: Connection) -> None:
    """A listening connection that was cut may have told of something: it is asked for when another one stands."""
    await connection.execute(_RECORD, [_BLOB])

    async def is_listening() -> bool:
        return parts.listener.hearing.listening

    await eventually(is_listening)
    waiter = await begun(parts.pictures.waiting)
    await connection.execute(_UNHEARD)
    assert not waiter.done()
    await connection.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
        " and pid <> pg_backend_pid()"
    )
    assert await came_to_an_end(waiter)


async def test_all_are_looked_up_in_one_statement(dsn: str, connection: Connection) -> None:
    """However many wait; those whose picture is not decided go on waiting. An error does not end the looking."""
    reported: list[Event] = []
    blobs = [BlobHash(f"{n:064x}") for n in range(200)]
    await connection.execute(_RECORD, blobs)
    async with Database(dsn, observe=reported.append) as database:
        waiting = Waiting(database, len(blobs))
        async with in_background("waiters", waiting.run, nobody):
            waiters = [await begun(waiting, blob) for blob in blobs]
            await connection.execute(_UNHEARD)
            await connection.execute("update blob set state = 'processing' where hash = $1", bytes.fromhex(blobs[0]))
            reported.clear()
            waiting.hear("*")
            assert all([await came_to_an_end(waiter) for waiter in waiters[1:]])
            assert not waiters[0].done()
        assert [one.query for one in reported if isinstance(one, StatementDone)] == ["undecided_of"]
        waiting.release()
        assert await came_to_an_end(waiters[0])


async def test_who_waits_does_not_mind_that_the_database_is_away(dsn: str, connection: Connection) -> None:
    """What he waits for is committed; all are looked up again and again until the database answers."""
    database = Database(dsn)
    waiting = Waiting(database, 1)
    await connection.execute(_RECORD, [_BLOB])
    async with in_background("waiters", waiting.run, nobody):
        waiter = await begun(waiting)
        await connection.execute(_DECIDE)
        waiting.look_again()
        await asyncio.sleep(0)
        assert not waiter.done()
        await database.open()
        try:
            assert await came_to_an_end(waiter)
        finally:
            await database.close()


@pytest.mark.timeout(300)  # two programs that start, on a machine that may be busy
async def test_a_worker_that_is_killed_leaves_nobody_waiting(parts: Parts) -> None:
    """The next worker does the job, and its commit wakes who waits."""
    blob = await admitted(parts, encoded(picture(3000, 2000), quality=92))
    waiter = await begun(parts.pictures.waiting, blob)
    place = environment(parts.dsn, parts.settings.data_dir) | {"JOB_LEASE_SECONDS": 2}
    async with running("worker", **place) as doomed:
        await eventually(_has_begun(parts), seconds=60)
        doomed.send_signal(signal.SIGKILL)
        await doomed.wait()
    assert not waiter.done()
    async with running("worker", **place):
        assert await came_to_an_end(waiter)


def _has_begun(parts: Parts) -> Callable[[], Awaitable[bool]]:
    async def has_begun() -> bool:
        depths = await parts.storage.database.fetch("queue_depths")
        return any(row["in_hand"] for row in depths)

    return has_begun
