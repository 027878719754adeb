"""Processes are killed at the worst moment: nothing acknowledged is lost, nothing half is left."""

import asyncio
import hashlib
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import aiohttp
import asyncpg
import pytest
from oauthlib.oauth1 import Client as Signer

from app.db.migrate import migrate
from app.db.pool import Database
from app.db.queue.jobs import queue_depths
from app.embedded.cluster import Cluster
from app.service.catalogue.oauth import IssuedToken
from app.store import FileStore, blob_key
from tests.e2e.conftest import SECRET_KEY, Serve, Shop, eventually, provision
from tests.e2e.test_main_job import body, has_renditions
from tests.pictures import encoded, picture
from tests.processes import running, serving

IMAGES: Final = "/api/rest/products/dress/images"


def environment(dsn: str, data_dir: Path) -> dict[str, Any]:
    return {"DATABASE_URL": dsn, "DATA_DIR": data_dir, "SECRET_KEY": SECRET_KEY}


async def post(base: str, admin: IssuedToken, data: bytes) -> tuple[int, str]:
    """(status, Location) of a signed upload."""
    signer = Signer(admin.consumer_key, admin.consumer_secret, admin.token, admin.token_secret)
    url, headers, _ = signer.sign(f"{base}{IMAGES}", "POST")
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body(data), headers=headers | {"Content-Type": "application/json"}) as answer,
    ):
        return answer.status, answer.headers.get("Location", "")


async def listed(base: str) -> list[str]:
    async with (
        aiohttp.ClientSession(headers={"Accept": "application/json"}) as session,
        session.get(f"{base}{IMAGES}") as answer,
    ):
        return [image["id"] for image in json.loads(await answer.read())]


async def is_idle(shop: Shop) -> bool:
    return not await queue_depths(shop.database)


async def test_a_job_whose_worker_is_killed_is_done_by_the_next_one(serve: Serve) -> None:
    """A worker killed in the middle of a job leaves it to the next worker, which does it once."""
    shop = await serve(run_worker=False)
    photos = [encoded(picture(3000, 2000, seed=seed), quality=92) for seed in range(4)]
    for photo in photos:
        created = await shop.signed("POST", IMAGES, data=body(photo), headers={"Content-Type": "application/json"})
        assert created.status == 200
    place = environment(shop.database.dsn, shop.settings.data_dir) | {"JOB_LEASE_SECONDS": 2}

    async def has_job_in_hand() -> bool:
        return any(depth.in_hand for depth in await queue_depths(shop.database))

    async with running("worker", **place) as doomed:
        await eventually(has_job_in_hand)
        doomed.send_signal(signal.SIGKILL)
        await doomed.wait()
    assert any(depth.in_hand for depth in await queue_depths(shop.database))
    async with running("worker", **place):
        await eventually(lambda: is_idle(shop), seconds=60)
    for photo in photos:
        assert await has_renditions(shop, photo)


async def test_a_server_killed_before_its_commit_leaves_no_half_image(database: Database, tmp_path: Path) -> None:
    """A server killed between putting the bytes and committing leaves an unreferenced blob and nothing else."""
    admin, _ = await provision(database)
    photo = encoded(picture(300, 200))
    key = blob_key(hashlib.sha256(photo).hexdigest())
    blocker = await asyncpg.connect(database.dsn)
    async with serving(**environment(database.dsn, tmp_path)) as (base, process):
        block = blocker.transaction()
        await block.start()
        await blocker.execute("select from product where sku = 'dress' for update")
        upload = asyncio.create_task(post(base, admin, photo))
        async with FileStore(tmp_path / "objects") as objects:
            await eventually(lambda: _is_stored(objects, key))
        process.send_signal(signal.SIGKILL)
        with pytest.raises(aiohttp.ClientError):
            await upload
        await process.wait()
        await block.rollback()
    await blocker.close()
    async with serving(**environment(database.dsn, tmp_path)) as (base, _):
        assert await listed(base) == []
        status, _ = await post(base, admin, photo)
        assert status == 200
        assert len(await listed(base)) == 1


async def _is_stored(objects: FileStore, key: str) -> bool:
    return await objects.stat(key) is not None


@pytest.fixture
async def fragile(tmp_path: Path) -> AsyncIterator[Cluster]:
    """A Postgres of the test's own, as durable as the product's."""
    cluster = Cluster(tmp_path / "fragile")
    await cluster.start()
    yield cluster
    await cluster.stop()


async def test_a_database_restart_under_load_loses_no_acknowledged_image(fragile: Cluster, tmp_path: Path) -> None:
    """While Postgres is killed and restarted uploads get 200 or 503, and every 200 is listed afterwards."""
    await migrate(fragile.dsn)
    async with Database(fragile.dsn) as database:
        admin, _ = await provision(database)
    photos = [encoded(picture(60, 40, seed=seed)) for seed in range(5)]
    acknowledged: list[str] = []
    statuses: set[int] = set()
    over = asyncio.Event()

    async def upload(base: str, photo: bytes) -> None:
        while not over.is_set():
            status, location = await post(base, admin, photo)
            statuses.add(status)
            if status == 200:
                acknowledged.append(location.rpartition("/")[2])

    async with serving(**environment(fragile.dsn, tmp_path)) as (base, _):
        load = [asyncio.create_task(upload(base, photo)) for photo in photos]
        await eventually(lambda: _has(acknowledged, 20))
        assert fragile.pid is not None
        await fragile.stop()
        await eventually(lambda: _has_status(statuses, 503))
        await fragile.start()
        before = len(acknowledged)
        await eventually(lambda: _has(acknowledged, before + 20))
        over.set()
        await asyncio.gather(*load)
        assert statuses == {200, 503}
        assert set(acknowledged) <= set(await listed(base))


async def _has(items: list[str], count: int) -> bool:
    return len(items) >= count


async def _has_status(statuses: set[int], status: int) -> bool:
    return status in statuses
