import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import monotonic

import pytest

from app.db.connections.connect import Connection
from app.db.migrate import migrate
from app.db.pool import Database
from app.db.queue.jobs import Failure, Job, enqueue, failures, queue_depths
from app.db.queue.runner import JobRunner
from app.db.queue.trial import Policy
from app.embedded.cluster import Cluster
from app.errors import CodecsTooSlow, StoreUnavailable
from app.events import REQUEST_ID, CheckFailed, ConnectionGivenUp, Event, JobDone, JobFailed
from tests.e2e.conftest import eventually
from tests.postgres_proxy import proxied

_QUICK = Policy(attempts=3, first_pause=0.01, first_slow_pause=0.01)


class Reported(asyncio.Queue[Event]):
    """What a runner observed."""

    async def next(self) -> Event:
        async with asyncio.timeout(15):
            return await self.get()


async def _add(database: Database, *jobs: Job) -> None:
    async with database.transaction() as tx:
        await enqueue(tx, jobs)


@asynccontextmanager
async def _running(
    dsn: str, handler: Callable[[bytes], Awaitable[None]], *, concurrency: int = 2, lease: float = 10.0
) -> AsyncIterator[tuple[JobRunner, Reported]]:
    reported = Reported()
    runner = JobRunner(dsn, observe=reported.put_nowait, concurrency=concurrency, policy=_QUICK, lease=lease)
    runner.register("work", handler)
    task = asyncio.create_task(runner.run())
    try:
        yield runner, reported
    finally:
        await runner.stop(grace=0)
        await task


async def _counts(database: Database) -> tuple[int, int, int]:
    """Waiting, in hand, failed."""
    depths = await queue_depths(database)
    return (depths[0].waiting, depths[0].in_hand, depths[0].failed) if depths else (0, 0, 0)


async def _is_idle(database: Database) -> bool:
    return await _counts(database) == (0, 0, 0)


async def test_jobs_are_done_by_priority(dsn: str, database: Database) -> None:
    """Jobs are done with their payload, the higher priority first, then in order."""
    done: list[bytes] = []

    async def handler(payload: bytes) -> None:
        done.append(payload)

    await _add(database, Job("work", b"b"), Job("work", b"c"), Job("work", b"a", priority=1))
    async with _running(dsn, handler, concurrency=1) as (_, reported):
        events = [await reported.next() for _ in range(3)]

    assert done == [b"a", b"b", b"c"]
    assert {type(event) for event in events} == {JobDone}
    assert await _counts(database) == (0, 0, 0)


async def test_jobs_belong_to_the_transaction(database: Database) -> None:
    """Jobs of a transaction that is rolled back never were."""
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as tx:
            await enqueue(tx, [Job("work", b"")])
            raise ZeroDivisionError

    assert await _counts(database) == (0, 0, 0)


async def test_an_unfinished_job_is_not_added_twice(database: Database) -> None:
    """A job whose key waits already is left out, and the transaction goes on."""
    job = Job("work", b"", dedupe_key="key")
    async with database.transaction() as tx:
        await enqueue(tx, [job, job])
        await enqueue(tx, [job, Job("work", b"")])
        await enqueue(tx, [])

    assert await _counts(database) == (2, 0, 0)


async def test_a_failing_job_is_tried_again(dsn: str, database: Database) -> None:
    """A job that fails is tried again, and done."""
    tries = 0

    async def handler(_: bytes) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise ValueError("not yet")

    await _add(database, Job("work", b""))
    async with _running(dsn, handler) as (_, reported):
        events = [await reported.next() for _ in range(3)]

    assert events[:2] == [JobFailed("work", "ValueError: not yet", final=False)] * 2
    assert isinstance(events[2], JobDone)
    assert await _counts(database) == (0, 0, 0)


async def test_after_the_last_try_a_job_is_kept_with_its_reason(dsn: str, database: Database) -> None:
    """After the last try a job is kept as failed with its reason, told to its hook, and may be added anew."""
    given_up: asyncio.Queue[tuple[bytes, str]] = asyncio.Queue()

    async def handler(_: bytes) -> None:
        raise ValueError("never")

    async def on_failed(payload: bytes, reason: str) -> None:
        given_up.put_nowait((payload, reason))

    job = Job("work", b"x", dedupe_key="x")
    await _add(database, job)
    reported = Reported()
    runner = JobRunner(dsn, observe=reported.put_nowait, policy=_QUICK)
    runner.register("work", handler, on_failed=on_failed)
    task = asyncio.create_task(runner.run())
    async with asyncio.timeout(15):
        assert await given_up.get() == (b"x", "ValueError: never")
    await runner.stop()
    await task

    assert [event.final for event in [reported.get_nowait() for _ in range(3)] if isinstance(event, JobFailed)] == [
        False,
        False,
        True,
    ]
    assert await _counts(database) == (0, 0, 1)
    assert await failures(database) == [Failure("work", "ValueError: never", 1)]
    await _add(database, job)
    assert await _counts(database) == (1, 0, 1)


async def test_a_job_remembers_the_request_that_caused_it(dsn: str, database: Database) -> None:
    """Whatever a job does is done under the id of the request that added it; others have an id of their own."""
    ids: list[str] = []

    async def handler(payload: bytes) -> None:
        ids.append(REQUEST_ID.get())
        if payload == b"\xab":
            raise ValueError("never")

    def observe(event: Event) -> None:
        if isinstance(event, JobFailed):
            ids.append(f"{REQUEST_ID.get()} {event.subject}")
        reported.put_nowait(event)

    for request_id, payload in (("r-1", b"\xab"), ("r-2", b"")):
        token = REQUEST_ID.set(request_id)
        await _add(database, Job("work", payload))
        REQUEST_ID.reset(token)
    await _add(database, Job("work", b""))
    reported = Reported()
    runner = JobRunner(dsn, observe=observe, concurrency=1, policy=Policy(attempts=1))
    runner.register("work", handler)
    task = asyncio.create_task(runner.run())
    for _ in range(3):
        await reported.next()
    await runner.stop()
    await task

    assert ids[:3] == ["r-1", "r-1 ab", "r-2"]
    assert ids[3].startswith("job-")


async def test_what_is_away_is_waited_for(dsn: str, database: Database) -> None:
    """A job that fails since a store is away is never given up for it."""
    tries = 0

    async def handler(_: bytes) -> None:
        nonlocal tries
        tries += 1
        if tries <= 2 * _QUICK.attempts:
            raise StoreUnavailable

    await _add(database, Job("work", b""))
    async with _running(dsn, handler) as (_, reported):
        events = [await reported.next() for _ in range(2 * _QUICK.attempts + 1)]

    assert not any(event.final for event in events if isinstance(event, JobFailed))
    assert isinstance(events[-1], JobDone)


async def test_what_a_busy_machine_ended_is_tried_without_an_end(dsn: str, database: Database) -> None:
    """A job that took too long on the clock is never given up for it."""
    tries = 0

    async def handler(_: bytes) -> None:
        nonlocal tries
        tries += 1
        if tries <= _QUICK.attempts + 2:
            raise CodecsTooSlow("110 s on the clock")

    await _add(database, Job("work", b""))
    async with _running(dsn, handler) as (_, reported):
        events = [await reported.next() for _ in range(_QUICK.attempts + 3)]

    assert [type(event) for event in events] == [JobFailed] * (_QUICK.attempts + 2) + [JobDone]
    assert not any(event.final for event in events if isinstance(event, JobFailed))


def test_a_dear_try_is_repeated_seldom() -> None:
    """After a minute, then two, up to an hour: a machine that is too busy is not kept so."""
    policy = Policy()
    pauses = [policy.slow_pause(before).total_seconds() for before in range(8)]
    assert pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert policy.slow_pause(10_000).total_seconds() == 3600


async def test_only_so_many_are_in_hand(dsn: str, database: Database) -> None:
    """No more jobs are in hand at a time than was asked for."""
    in_hand, most = 0, 0
    full = asyncio.Event()

    async def handler(_: bytes) -> None:
        nonlocal in_hand, most
        in_hand += 1
        most = max(most, in_hand)
        if in_hand == 3:
            full.set()
        await full.wait()
        in_hand -= 1

    await _add(database, *(Job("work", b"") for _ in range(20)))
    async with _running(dsn, handler, concurrency=3) as (_, reported):
        for _ in range(20):
            await reported.next()

    assert most == 3


async def test_a_stopped_runner_finishes_what_it_has_in_hand(dsn: str, database: Database) -> None:
    """A runner that is stopped finishes the job in hand and takes no other."""
    started, may_end = asyncio.Event(), asyncio.Event()

    async def handler(_: bytes) -> None:
        started.set()
        await may_end.wait()

    async with _running(dsn, handler, concurrency=1) as (runner, reported):
        await _add(database, Job("work", b""))
        await started.wait()
        stopping = asyncio.create_task(runner.stop())
        await _add(database, Job("work", b""))
        may_end.set()
        await stopping
        assert isinstance(await reported.next(), JobDone)

    assert await _counts(database) == (1, 0, 0)


@pytest.mark.parametrize("how", ["stopped", "cancelled"])
async def test_what_cannot_be_finished_is_given_back(dsn: str, database: Database, how: str) -> None:
    """A job that does not end within the grace waits again, at once, for another runner."""
    started = asyncio.Event()

    async def endless(_: bytes) -> None:
        started.set()
        await asyncio.Event().wait()

    runner = JobRunner(dsn, observe=lambda _: None)
    runner.register("work", endless)
    task = asyncio.create_task(runner.run())
    await _add(database, Job("work", b""))
    await started.wait()
    if how == "stopped":
        await runner.stop(grace=0)
        await task
    else:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await _counts(database) == (1, 0, 0)

    async def handler(_: bytes) -> None: ...

    async with _running(dsn, handler) as (_, reported):
        assert isinstance(await reported.next(), JobDone)


_DOOMED = """
import asyncio, sys
from app.db.queue.runner import JobRunner

async def endless(_: bytes) -> None:
    print("in hand", flush=True)
    await asyncio.Event().wait()

runner = JobRunner(sys.argv[1], observe=lambda _: None)
runner.register("work", endless)
asyncio.run(runner.run())
"""


async def test_a_killed_runners_job_is_done_by_the_next(dsn: str, database: Database) -> None:
    """A job whose runner was killed in the middle is done by the next one, once."""
    await _add(database, Job("work", b"x"))
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _DOOMED, dsn, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"in hand\n"
    process.send_signal(signal.SIGKILL)
    await process.wait()
    done: list[bytes] = []

    async def handler(payload: bytes) -> None:
        done.append(payload)

    async with _running(dsn, handler, lease=0.5) as (_, reported):
        assert isinstance(await reported.next(), JobDone)

    assert done == [b"x"]
    assert await _counts(database) == (0, 0, 0)


async def test_a_runner_outlives_its_database(spare: Cluster) -> None:
    """A runner goes on when the database has been away, without being started again."""

    async def handler(_: bytes) -> None: ...

    await migrate(spare.dsn)
    async with Database(spare.dsn) as database, _running(spare.dsn, handler, lease=0.5) as (_, reported):
        await _add(database, Job("work", b"1"))
        assert isinstance(await reported.next(), JobDone)
        await spare.stop()
        await spare.start()
        await _add(database, Job("work", b"2"))
        while not isinstance(await reported.next(), JobDone):
            pass


async def test_a_runner_works_again_after_something_else_was_cancelled(dsn: str, database: Database) -> None:
    """The cancellation of what a runner waits for is no wish that it should end: it tells it, and does jobs again."""

    async def handler(_: bytes) -> None: ...

    async with _running(dsn, handler) as (_, reported):
        await _add(database, Job("work", b"1"))
        assert isinstance(await reported.next(), JobDone)
        [library] = [task for task in asyncio.all_tasks() if task.get_coro().__qualname__ == "JobRunner._run"]
        library.cancel()
        event = await reported.next()
        assert isinstance(event, CheckFailed)
        assert "cancelled" in event.reason
        await _add(database, Job("work", b"2"))
        assert isinstance(await reported.next(), JobDone)

    assert await _is_idle(database)


async def test_tries_for_which_something_was_away_do_not_count(dsn: str, database: Database) -> None:
    """However often a store was away before, a job that fails has all its tries."""
    tries = 0

    async def handler(_: bytes) -> None:
        nonlocal tries
        tries += 1
        raise StoreUnavailable if tries <= 2 * _QUICK.attempts else ValueError("broken")

    await _add(database, Job("work", b""))
    finals: list[bool] = []
    async with _running(dsn, handler) as (_, reported):
        while not finals or not finals[-1]:
            event = await reported.next()
            assert isinstance(event, JobFailed)
            finals.append(event.final)

    assert len(finals) == 3 * _QUICK.attempts


_REFUSALS = {"disk_full": "53100", "read_only": "25006", "canceled": "57014", "conflict": "40001", "bug": "22012"}


@pytest.mark.parametrize("state", _REFUSALS.values(), ids=_REFUSALS)
@pytest.mark.parametrize("fails", [True, False], ids=["failing", "done"])
async def test_what_the_database_refuses_to_write_down_is_no_failure(
    dsn: str, database: Database, connection: Connection, state: str, fails: bool
) -> None:
    """A job whose outcome the database refuses for a while, for whatever reason, goes on as if it had not."""
    await connection.execute(
        f"""create function refuse() returns trigger language plpgsql as $$
        begin raise exception 'refused' using errcode = '{state}'; end $$"""
    )
    await _add(database, Job("work", b""))
    await connection.execute("create trigger refuse before insert on pgqueuer_log execute function refuse()")
    tries = 0

    async def handler(_: bytes) -> None:
        nonlocal tries
        tries += 1
        if fails and tries == 1:
            raise ValueError("once")

    async with _running(dsn, handler, lease=2.0) as (_, reported):
        while not isinstance(await reported.next(), CheckFailed):
            pass
        assert (await _counts(database))[2] == 0
        await connection.execute("drop trigger refuse on pgqueuer_log")
        await eventually(lambda: _is_idle(database), seconds=20)

    assert tries > fails


async def test_a_runner_on_a_silent_connection_works_again_within_a_lease(dsn: str, database: Database) -> None:
    """A runner whose connection fell silent gives it up, tells so, and works again before a lease has passed; a job
    that the silent one was given last waits for another lease."""

    async def handler(_: bytes) -> None: ...

    async with proxied(dsn) as proxy, _running(proxy.dsn, handler, lease=6.0) as (_, reported):
        await _add(database, Job("work", b"1"))
        assert isinstance(await reported.next(), JobDone)
        await eventually(lambda: _is_idle(database))
        proxy.silence()
        began = monotonic()
        await _add(database, Job("work", b"2"))
        event = await reported.next()
        assert event == ConnectionGivenUp("worker", event.seconds)
        assert monotonic() - began < 6.0
        while not isinstance(await reported.next(), JobDone):
            pass
        assert monotonic() - began < 12.0
