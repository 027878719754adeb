"""Connections to Postgres fall silent beneath a running service, or there is no Postgres yet."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web

from app.db.connections.connect import connected
from app.db.pool import Database
from app.db.queue.jobs import queue_depths
from app.embedded.cluster import Cluster
from app.server.runner import Runner
from app.service.catalogue.keys import KeyOptions, put_key, revoke_key
from app.settings import Settings
from app.wiring.application import build_app
from tests.e2e.conftest import SECRET_KEY, Serve, Shop, eventually, provision
from tests.e2e.test_staleness import counts, glue, shows, upload
from tests.postgres_proxy import Proxy, proxied
from tests.processes import free_port, running

TWO_SECONDS = 2.0
GLUE = "/abstract-products/dress"
OPENMAGE = "/api/rest/products/8/images"
SPREE = "/api/v1/products/a-dress/images"


@pytest.fixture(name="proxy")
async def _proxy(database: Database) -> AsyncIterator[Proxy]:
    async with proxied(database.dsn) as proxy:
        yield proxy


@pytest.fixture(name="two")
async def _two(serve: Serve, database: Database, proxy: Proxy) -> AsyncIterator[tuple[Shop, Shop]]:
    """Two services over one catalogue: one that is written through, and one that hears of it through a proxy."""
    here = await serve(run_worker=False)
    async with Database(proxy.dsn) as behind:
        yield here, await serve(database=behind, run_worker=False)


def is_listener(sent: bytes) -> bool:
    return b"LISTEN" in sent


async def silence_listener(proxy: Proxy) -> None:
    """Once there is one: a process is ready before it listens."""

    async def is_silenced() -> bool:
        return proxy.silence(is_listener) == 1

    await eventually(is_silenced)


async def test_a_silent_listener_shows_a_change_within_two_seconds(two: tuple[Shop, Shop], proxy: Proxy) -> None:
    """Where only the listening connection fell silent, a change through another process shows in every API within two
    seconds, although all was in memory; and what was kept is used again once something is heard."""
    here, there = two
    for number in (1, 2):
        await counts(there)
        await silence_listener(proxy)
        began = monotonic()
        await upload(here, seed=number)
        took = monotonic() - began
        await eventually(lambda number=number: shows(there, [number] * 4), TWO_SECONDS + took)
        await eventually(lambda: _uses_memory(there), seconds=40)


async def _uses_memory(shop: Shop) -> bool:
    """Whether a document that was just read is read from memory."""
    await glue(shop)
    before = await _hits(shop)
    await glue(shop)
    return await _hits(shop) > before


async def _hits(shop: Shop) -> float:
    text = (await shop.get("/metrics")).body.decode()
    name = 'product_images_cache_hits_total{cache="documents"}'
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name))


async def test_a_key_revoked_elsewhere_is_refused_where_nothing_is_heard(two: tuple[Shop, Shop], proxy: Proxy) -> None:
    """A key that was revoked is refused within two seconds by a process whose listening connection fell silent, though
    it had answered the very same request from memory."""
    here, there = two
    row, key = await put_key(here.database, KeyOptions("admin"))

    async def status(key: str) -> int:
        return (await there.get(SPREE, X_Spree_Token=key)).status

    for _ in range(3):
        assert await status(key) == 200
    await silence_listener(proxy)
    await revoke_key(here.database, str(row["id"]))

    async def is_refused() -> bool:
        return await status(key) == 401

    await eventually(is_refused, TWO_SECONDS + 1)
    assert await status(there.api_key) == 200


async def test_a_service_all_of_whose_connections_fell_silent_works_again(
    serve: Serve, proxy: Proxy, database: Database
) -> None:
    """When every connection of a process falls silent at once it answers 200 or 503, and within seconds reads, uploads
    and the background task are as before, without a restart."""
    async with Database(proxy.dsn) as behind:
        shop = await serve(database=behind, run_worker=True, job_lease_seconds=4)
        await upload(shop)
        await eventually(lambda: _is_idle(database), seconds=60)
        assert proxy.silence() > 2
        statuses = set[int]()

        async def is_well() -> bool:
            answer = await shop.get("/abstract-products/dress")
            statuses.add(answer.status)
            return answer.status == 200 and await _is_accepted(shop)

        await eventually(is_well, seconds=40)
        assert statuses <= {200, 503}
        await eventually(lambda: _is_idle(database), seconds=60)


async def _is_accepted(shop: Shop) -> bool:
    data = "label=x"
    answer = await shop.call("POST", SPREE, data=data, headers={"X-Spree-Token": shop.api_key})
    assert answer.status in {422, 503}
    return answer.status == 422  # refused for what it lacks, by a database that was asked


async def _is_idle(database: Database) -> bool:
    return not await queue_depths(database)


@asynccontextmanager
async def served(dsn: str, data_dir: Path) -> AsyncIterator[int]:
    """A service over a database that may be away: its port."""
    settings = Settings(data_dir=data_dir, database_url=dsn, secret_key=SECRET_KEY, codec_processes=1)
    runner = Runner(build_app(settings, dsn))
    runner.drain_seconds = 0
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _get(port: int, path: str) -> tuple[int, bool]:
    """Status, and whether it says when to come again."""
    async with (
        aiohttp.ClientSession(headers={"X-Spree-Token": "any"}) as session,
        session.get(f"http://127.0.0.1:{port}{path}") as answer,
    ):
        return answer.status, "Retry-After" in answer.headers


async def _answers(port: int, path: str, status: int) -> bool:
    try:
        return (await _get(port, path))[0] == status
    except aiohttp.ClientError:
        return False


async def test_a_service_starts_before_its_database(spare: Cluster, tmp_path: Path) -> None:
    """A service whose database is away starts, lives, says 503 in every API, and serves as soon as the database is
    there, having made its schema."""
    await spare.stop()
    async with served(spare.dsn, tmp_path) as port:
        assert await _get(port, "/health/live") == (200, False)
        assert (await _get(port, "/health/ready"))[0] == 503
        for path in (GLUE, SPREE, OPENMAGE):
            assert await _get(port, path) == (503, True)
        await spare.start()
        await eventually(lambda: _answers(port, "/health/ready", 200), seconds=40)
        async with Database(spare.dsn) as database:
            await provision(database)
        await eventually(lambda: _answers(port, GLUE, 200))


async def test_a_database_that_takes_no_connections_is_away(serve: Serve, database: Database) -> None:
    """A database that is closed to new connections while it is worked on, is 503 in every API, with a time to come
    back; the service serves as soon as it is open again."""
    name = urlsplit(database.dsn).path.strip("/")
    shop = await serve(run_worker=False)
    async with connected(database.dsn.replace(f"/{name}", "/postgres")) as admin:
        await admin.execute(f"alter database {name} with allow_connections false")
        await admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)
        for path in (GLUE, SPREE, OPENMAGE):
            answer = await shop.get(path, X_Spree_Token=shop.api_key)
            assert (answer.status, "Retry-After" in answer.headers) == (503, True), path
        assert (await shop.get("/health/ready")).status == 503
        await admin.execute(f"alter database {name} with allow_connections true")
    await eventually(lambda: shows_again(shop), seconds=10)


async def shows_again(shop: Shop) -> bool:
    return [(await shop.get(path, X_Spree_Token=shop.api_key)).status for path in (GLUE, SPREE, OPENMAGE)] == [200] * 3


@pytest.mark.timeout(240)  # a process is started, which takes long where many are
async def test_a_worker_starts_before_its_database(spare: Cluster, tmp_path: Path) -> None:
    """A worker whose database is away starts and waits, and is ready as soon as the database is there."""
    await spare.stop()
    port = free_port()
    place = {"DATABASE_URL": spare.dsn, "DATA_DIR": tmp_path, "SECRET_KEY": SECRET_KEY, "WORKER_PORT": port}
    async with running("worker", **place) as process:
        await eventually(lambda: _answers(port, "/health/live", 200), seconds=100)
        assert await _answers(port, "/health/ready", 503)
        await spare.start()
        await eventually(lambda: _answers(port, "/health/ready", 200), seconds=60)
        assert process.returncode is None
