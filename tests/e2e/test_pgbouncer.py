"""A service whose statements go through PgBouncer in transaction mode: only its listener and worker go past it."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from yarl import URL

from app.background import in_background
from app.db.connections.connect import connected
from app.db.connections.pooled import Pooled
from app.db.listen import Hearing, Listener
from app.db.pool import Database
from app.embedded.cluster import Cluster
from app.events import CheckFailed, Event
from app.service.catalogue.keys import KeyOptions, put_key, revoke_key
from tests.db.test_listen import Heard
from tests.e2e.conftest import Commands, Serve, Shop, eventually
from tests.e2e.test_main_job import body
from tests.e2e.test_overload import spree_upload
from tests.e2e.test_staleness import IMAGES, READS, counts, shows, upload
from tests.pgbouncer import PgBouncer, pgbouncer
from tests.pictures import encoded, picture
from tests.processes import serving
from tests.programs import needs

pytestmark = [needs("pgbouncer"), pytest.mark.timeout(600)]


@asynccontextmanager
async def _through(pooler: PgBouncer, direct: str, serve: Serve, **options: Any) -> AsyncIterator[Shop]:
    """A service behind the pooler, in this process."""
    async with Database(Pooled(pooler.address, direct)) as database:
        yield await serve(database=database, **options)


async def test_all_apis_work_and_two_processes_agree(dsn: str, serve: Serve, commands: Commands) -> None:
    """Each API writes and reads, pictures are rendered, a command changes something, and what one process changes the
    other shows within a second though it had it in memory. PgBouncer has fewer connections than either of them."""
    async with pgbouncer(dsn, "transaction", size=2) as pooler, _through(pooler, dsn, serve) as here:
        place = {"DATA_DIR": here.settings.data_dir, "SECRET_KEY": here.settings.secret_key, "RUN_WORKER": "false"}
        urls = {"DATABASE_URL": pooler.address, "DATABASE_LISTEN_URL": dsn}
        async with serving(**urls, **place) as (base, _):
            there = replace(here, url=URL(base))
            assert await counts(there) == await counts(there) == [0] * len(READS)
            await asyncio.gather(*(upload(here, seed) for seed in range(2)))
            assert (await spree_upload(there)).status == 201
            photo = body(encoded(picture(60, 40, seed=3)))
            once = {"Content-Type": "application/json", "Idempotency-Key": "once"}
            for _ in range(2):  # the retry gets the answer that was kept with the change
                assert (await here.signed("POST", IMAGES, data=photo, headers=once)).status == 200
            for shop in (here, there):
                await eventually(lambda shop=shop: shows(shop, [4] * len(READS)))

            first = json.loads((await here.get(IMAGES, Accept="application/json")).body)[0]["id"]
            key = {"Authorization": f"Bearer {here.api_key}"}
            assert (await there.call("DELETE", f"/v1/images/{first}", headers=key)).status == 204
            for shop in (here, there):
                await eventually(lambda shop=shop: shows(shop, [3] * len(READS)))

            await commands(here, **urls)("product", "delete", "--sku", "dress")
            for shop in (here, there):
                await eventually(lambda shop=shop: _is_gone(shop))


async def _is_gone(shop: Shop) -> bool:
    return (await shop.get("/abstract-products/dress/abstract-product-image-sets")).status == 404


async def test_the_service_outlives_its_pooler(dsn: str, serve: Serve) -> None:
    """While PgBouncer is dead, what is in memory is answered and the rest is 503; once it is back all goes on."""
    async with (
        pgbouncer(dsn, "transaction") as pooler,
        _through(pooler, dsn, serve, run_worker=False) as shop,
    ):
        await upload(shop)
        await _has_heard(shop)
        await eventually(lambda: shows(shop, [1] * len(READS)))
        await pooler.end(signal.SIGKILL)
        await eventually(lambda: _is_answered(shop))
        assert (await shop.get("/abstract-products/other/abstract-product-image-sets")).status == 503
        await pooler.start()
        await eventually(lambda: _takes(shop))
        assert await counts(shop) == [2] * len(READS)


async def _has_heard(shop: Shop) -> None:
    """Returns once the process has heard of all changes until now, so that none of them drops what is read behind this:
    they are told in their order, and a key that it remembers is let in until it hears that it was revoked."""
    _, key = await put_key(shop.database, KeyOptions("reader"))
    assert await _lets_in(shop, key)
    await revoke_key(shop.database, key)
    await eventually(lambda: _is_refused(shop, key))


async def _lets_in(shop: Shop, key: str) -> bool:
    return (await shop.get("/v1/stores", Authorization=f"Bearer {key}")).status == 200


async def _is_refused(shop: Shop, key: str) -> bool:
    return not await _lets_in(shop, key)


async def _is_answered(shop: Shop) -> bool:
    """At once, unless the machine has so much else to do that the process cannot tell whether it hears of changes."""
    return (await shop.get("/abstract-products/dress/abstract-product-image-sets")).status == 200


async def _takes(shop: Shop) -> bool:
    return (await spree_upload(shop)).status == 201


async def test_a_pooler_that_is_led_elsewhere_is_noticed(dsn: str, spare: Cluster) -> None:
    """Once it leads to another server, nothing is remembered any more of what is read through it."""
    async with pgbouncer(dsn, "transaction") as pooler, pgbouncer(spare.dsn, "transaction") as other:
        heard, reported = Heard(), list[Event]()
        ways = Pooled(pooler.address, dsn)
        listener = Listener(ways, {}, heard.gap, Hearing(), observe=reported.append)
        async with in_background("listener", listener.run, reported.append):
            assert await heard.next() is None
            assert listener.hearing.current
            async with connected(spare.dsn) as operator:
                await operator.execute(f"create database {URL(pooler.address).path[1:]}")
            await pooler.lead_as(other)
            assert await heard.next() is None
            assert not listener.hearing.listening
        assert CheckFailed("listener", "DATABASE_URL leads to another server than DATABASE_LISTEN_URL") in reported
