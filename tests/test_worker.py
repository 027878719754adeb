"""What the worker does beside building renditions."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from app.db.connections.connect import Connection
from app.events import CheckFailed, Event, Observe, nobody
from app.settings import Settings
from app.wiring.parts import Parts
from app.worker import Worker
from tests.e2e.conftest import eventually


@asynccontextmanager
async def at_work(dsn: str, folder: Path, observe: Observe = nobody, **options: Any) -> AsyncIterator[None]:
    """A worker that is told to stop at the end, and does; keyword arguments are settings."""
    settings = Settings(data_dir=folder, secret_key="x" * 32, **options)
    parts = Parts(settings, dsn)
    async with parts.opened():
        worker = Worker(settings, parts.storage.database, parts.pictures.renderer, parts.webhooks.courier.run, observe)
        working = asyncio.create_task(worker.run())
        yield
        await worker.stop()
        async with asyncio.timeout(10):
            await working


@pytest.fixture(name="is_forgotten")
async def _is_forgotten(connection: Connection) -> Callable[[], Awaitable[bool]]:
    """Whether the first of two nonces, a day and a minute old, is forgotten."""
    await connection.execute(
        "insert into oauth_nonce (consumer_key, nonce, seen_at)"
        " values ('key', 'old', now() - interval '1 day'), ('key', 'young', now() - interval '1 minute')"
    )

    async def is_forgotten() -> bool:
        kept = await connection.fetch("select nonce from oauth_nonce order by nonce")
        return [row["nonce"] for row in kept] == ["young"]

    return is_forgotten


async def test_nonces_of_requests_that_are_too_old_are_forgotten(
    dsn: str, tmp_path: Path, is_forgotten: Callable[[], Awaitable[bool]]
) -> None:
    """The worker forgets nonces that no request could be replayed with any more, and keeps the others."""
    async with at_work(dsn, tmp_path):
        await eventually(is_forgotten)


async def test_deliveries_are_kept_as_long_as_the_history(dsn: str, tmp_path: Path, connection: Connection) -> None:
    """Those that ended are forgotten with it, and what is on its way is not."""
    old = "now() - interval '400 days'"
    await connection.execute(
        "insert into webhook (id, url, types, read_to, bulk_read_to) overriding system value"
        " values (1, 'https://a.example/', '{*}', 0, 0);"
        "insert into webhook_delivery (id, webhook_id, type, change_id, part, state, created_at) values"
        f" ('old', 1, 'a', 1, 1, 'done', {old}), ('refused', 1, 'a', 2, 1, 'failed', {old}),"
        f" ('under way', 1, 'a', 3, 1, 'pending', {old}), ('young', 1, 'a', 4, 1, 'done', now())"
    )

    async def are_forgotten() -> bool:
        rows = await connection.fetch("select id from webhook_delivery order by id")
        return [row["id"] for row in rows] == ["under way", "young"]

    async with at_work(dsn, tmp_path, history_days=365):
        await eventually(are_forgotten)


async def test_a_mistake_in_forgetting_is_told_and_ends_nothing(
    dsn: str, tmp_path: Path, connection: Connection
) -> None:
    """Where nonces cannot be forgotten for whatever reason, the worker says so and goes on."""
    await connection.execute("alter table oauth_nonce rename to elsewhere")
    reported: list[Event] = []

    async def is_reported() -> bool:
        return any(isinstance(event, CheckFailed) and event.name == "nonces" for event in reported)

    async with at_work(dsn, tmp_path, reported.append):
        await eventually(is_reported)


async def test_claims_of_uploads_that_ended_are_forgotten(dsn: str, tmp_path: Path, connection: Connection) -> None:
    """No sweep has to run for it; a claim that is young, or of bytes that were never recorded, stays."""
    await connection.execute("insert into blob (hash, size, format, width, height) select sha256('a'), 1, 'png', 1, 1")
    await connection.execute(
        "insert into blob_claim (hash, claimed_at) values (sha256('a'), now() - interval '61 minutes'),"
        " (sha256('a'), now() - interval '59 minutes'), (sha256('b'), now() - interval '1 day')"
    )

    async def are_forgotten() -> bool:
        return await connection.fetchval("select count(*) from blob_claim") == 2

    async with at_work(dsn, tmp_path):
        await eventually(are_forgotten)
    kept = "select array_agg(hash = sha256('a') and claimed_at > now() - interval '1 hour' order by id) from blob_claim"
    assert await connection.fetchval(kept) == [True, False]


async def test_answers_that_are_too_old_are_forgotten(dsn: str, tmp_path: Path, connection: Connection) -> None:
    """Those that a retry may still get stay."""
    await connection.execute(
        "insert into kept_answer (scope, request, kept_at) values (sha256('a'), 'a', now() - interval '25 hours'),"
        " (sha256('b'), 'b', now() - interval '23 hours')"
    )

    async def are_forgotten() -> bool:
        return await connection.fetchval("select array_agg(request) from kept_answer") == [b"b"]

    async with at_work(dsn, tmp_path):
        await eventually(are_forgotten)


_LOADED_LATE: Final = """
import asyncio, sys
from pathlib import Path
from typing import Any, Final
from app.db.queue.jobs import Job, enqueue, queue_depths
from app.settings import Settings
from app.wiring.parts import Parts

async def main(dsn, folder):
    parts = Parts(Settings(data_dir=Path(folder), secret_key="x" * 32), dsn)
    async with parts.opened(), parts.working():
        before = set(sys.modules)
        async with parts.storage.database.transaction() as tx:
            await enqueue(tx, [Job("render", bytes(32))])
        async with asyncio.timeout(30):
            while any(depth.waiting + depth.in_hand for depth in await queue_depths(parts.storage.database)):
                await asyncio.sleep(0.02)
        print(*sorted(set(sys.modules) - before))

asyncio.run(main(*sys.argv[1:]))
"""


async def test_nothing_is_loaded_by_the_first_job(dsn: str, tmp_path: Path) -> None:
    """What jobs run on is loaded before there are requests: a first start compiles it, and all would wait."""
    words = (sys.executable, "-c", _LOADED_LATE, dsn, str(tmp_path))
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    printed, _ = await process.communicate()
    assert (process.returncode, printed.splitlines()[-1:]) == (0, [b""])
