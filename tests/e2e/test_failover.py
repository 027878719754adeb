"""The primary is lost, its standby is promoted: the service goes on by itself, and has lost nothing."""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from app.db.connections.connect import connected
from app.db.migrate import migrate
from app.db.pool import Database
from app.db.queue.jobs import queue_depths
from app.embedded.cluster import Cluster
from tests.conftest import FAST
from tests.e2e.conftest import Serve, eventually
from tests.e2e.test_crashes import IMAGES
from tests.e2e.test_main_job import body
from tests.pictures import encoded, picture
from tests.replication import REPLICATED, replica_of

_REPLICATION: Final = REPLICATED | {"synchronous_commit": "on"}
_IS_SYNCHRONOUS: Final = "select exists (select from pg_stat_replication where sync_state in ('sync', 'quorum'))"


def _address() -> str:
    """One of the loopback's many: several tests may run at a time, and all ports are the same."""
    return f"127.{random.randint(1, 254)}.{random.randint(1, 254)}.{random.randint(1, 254)}"


def _options(address: str) -> dict[str, str]:
    return FAST | _REPLICATION | {"listen_addresses": address}


@pytest.fixture(name="pair")
async def _pair(memory: Path) -> AsyncIterator[tuple[Cluster, Cluster, str]]:
    """A primary whose commits wait for its standby, the standby, and the connection string of both."""
    folder = memory / f"pair-{os.getpid()}"
    folder.mkdir()
    addresses = _address(), _address()
    primary = Cluster(folder / "one", _options(addresses[0]))
    await primary.start()
    standby = await replica_of(primary, addresses[0], folder / "two", _options(addresses[1]))
    await standby.start()
    async with connected(primary.dsn) as operator:
        await operator.execute("alter system set synchronous_standby_names = '*'")
        await operator.execute("select pg_reload_conf()")
        await eventually(lambda: operator.fetchval(_IS_SYNCHRONOUS))
    hosts = ",".join(f"{address}:5432" for address in addresses)
    yield primary, standby, f"postgresql://postgres@{hosts}/postgres?target_session_attrs=read-write"
    await standby.stop()
    await primary.stop()


@pytest.mark.timeout(180)  # two clusters, one of them promoted
async def test_a_failover_needs_no_restart_and_loses_no_acknowledged_image(
    pair: tuple[Cluster, Cluster, str], serve: Serve
) -> None:
    """The primary is killed under uploads and the standby promoted: uploads get 200 or 503, go on by themselves, every
    200 is listed afterwards, and the background task works off its queue."""
    primary, standby, dsn = pair
    await migrate(dsn)
    async with Database(dsn) as database:
        shop = await serve(database=database, run_worker=True)
        acknowledged: list[str] = []
        statuses: set[int] = set()
        over = asyncio.Event()

        async def upload(photo: bytes) -> None:
            while not over.is_set():
                headers = {"Content-Type": "application/json"}
                answer = await shop.signed("POST", IMAGES, data=body(photo), headers=headers)
                statuses.add(answer.status)
                if answer.status == 200:
                    acknowledged.append(answer.headers["Location"].rpartition("/")[2])

        async def has(number: int) -> bool:
            return len(acknowledged) >= number

        async def refuses() -> bool:
            return 503 in statuses

        photos = [encoded(picture(60, 40, seed=seed)) for seed in range(3)]
        load = [asyncio.create_task(upload(photo)) for photo in photos]
        await eventually(lambda: has(10), seconds=40)
        assert primary.pid is not None
        os.kill(primary.pid, signal.SIGKILL)
        await eventually(refuses, seconds=40)
        async with connected(standby.dsn) as operator:
            assert await operator.fetchval("select pg_promote()")
        before = len(acknowledged)
        await eventually(lambda: has(before + 10), seconds=60)
        over.set()
        await asyncio.gather(*load)

        assert statuses == {200, 503}
        listed = (await shop.get(IMAGES, Accept="application/json")).json()
        assert set(acknowledged) <= {image["id"] for image in listed}
        await eventually(lambda: _is_idle(database), seconds=60)


async def _is_idle(database: Database) -> bool:
    return not await queue_depths(database)
