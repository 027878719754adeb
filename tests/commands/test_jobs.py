import asyncio

from app.db.connections.connect import Connection
from app.db.pool import Database
from app.db.queue.jobs import Job, enqueue
from app.db.queue.runner import JobRunner
from app.db.queue.trial import Policy
from app.events import nobody
from tests.commands.conftest import CommandLine


async def _enqueue(database: Database, *jobs: Job) -> None:
    async with database.transaction() as tx:
        await enqueue(tx, jobs)


async def test_waiting_jobs_are_counted(cli: CommandLine, database: Database) -> None:
    """Jobs are counted by kind and state."""
    assert (await cli("jobs", "list"))["jobs"] == []
    await _enqueue(database, Job("render", b"1"), Job("render", b"2"))
    [row] = (await cli("jobs", "list"))["jobs"]
    assert (row["kind"], row["waiting"], row["in_hand"], row["failed"]) == ("render", 2, 0, 0)
    assert "render" in (await cli.run("jobs", "list")).out


async def test_failed_jobs_get_another_chance(cli: CommandLine, database: Database, connection: Connection) -> None:
    """Failed jobs of a kind, or all, go back into the queue, unless the same job waits there already."""
    await _enqueue(database, Job("render", b"1", dedupe_key="a"), Job("sweep", b"2"))
    await connection.execute("update pgqueuer set status = 'failed'")
    await _enqueue(database, Job("render", b"1", dedupe_key="a"))
    assert await cli("jobs", "retry", "--kind", "render") == {"retried": 0}
    assert (await cli.run("jobs", "retry", "--kind", "zz")).out == "No failed job is of the kind zz.\n"
    assert await cli("jobs", "retry") == {"retried": 1}
    assert await cli("jobs", "retry") == {"retried": 0}
    counts = {row["kind"]: (row["waiting"], row["failed"]) for row in (await cli("jobs", "list"))["jobs"]}
    assert counts == {"render": (1, 1), "sweep": (1, 0)}


async def test_reasons_of_failures_are_listed(cli: CommandLine, database: Database) -> None:
    """Jobs that were given up are counted by kind and reason; without any there is nothing to list."""
    assert (await cli("jobs", "failed"))["failed_jobs"] == []
    await _enqueue(database, Job("render", b"1"), Job("render", b"2"))
    await _give_up(database, "render", 2)

    assert (await cli("jobs", "failed"))["failed_jobs"] == [
        {"kind": "render", "reason": "ValueError: no picture", "count": 2}
    ]
    assert "no picture" in (await cli.run("jobs", "failed")).out


async def _give_up(database: Database, kind: str, count: int) -> None:
    """Each job of a kind is tried once, in vain."""
    given_up: asyncio.Queue[bytes] = asyncio.Queue()

    async def handler(_: bytes) -> None:
        raise ValueError("no picture")

    async def on_failed(payload: bytes, _: str) -> None:
        given_up.put_nowait(payload)

    runner = JobRunner(database.dsn, observe=nobody, policy=Policy(attempts=1))
    runner.register(kind, handler, on_failed=on_failed)
    task = asyncio.create_task(runner.run())
    async with asyncio.timeout(15):
        for _ in range(count):
            await given_up.get()
    await runner.stop()
    await task
