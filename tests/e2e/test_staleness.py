"""What one process changes, every other one shows within a second, and no read costs more than a statement."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Final

import asyncpg
import pytest
from yarl import URL

from app.db.listen import LISTENER
from app.service.catalogue.keys import KeyOptions, put_key
from tests.e2e.conftest import Serve, Shop, eventually
from tests.e2e.test_main_job import body
from tests.e2e.test_overload import spree_upload
from tests.pictures import encoded, picture
from tests.processes import serving

IMAGES: Final = "/api/rest/products/dress/images"
SPREE: Final = "/api/v1/products/a-dress/images"
SECOND: Final = 1.0


async def glue(shop: Shop) -> int:
    document = (await shop.get("/abstract-products/dress/abstract-product-image-sets")).json()
    return sum(len(one["images"]) for one in document["data"][0]["attributes"]["imageSets"])


async def openmage(shop: Shop) -> int:
    return len((await shop.get(IMAGES, Accept="application/json")).json())


async def spree(shop: Shop) -> int:
    listing = (await shop.get(SPREE, X_Spree_Token=shop.api_key)).json()
    return len(listing["images"])


async def media(shop: Shop) -> int:
    """Asked for together with another one, and alone; -1 while a change lies between the two."""
    [several] = (await shop.get("/v1/media?sku=nothing&sku=dress")).json()["products"]
    [one] = (await shop.get("/v1/media?sku=dress")).json()["products"]
    return len(one["images"]) if several == one else -1


READS: Final[tuple[Callable[[Shop], Awaitable[int]], ...]] = (glue, openmage, spree, media)


async def upload(shop: Shop, seed: int = 1) -> None:
    created = await shop.signed(
        "POST", IMAGES, data=body(encoded(picture(60, 40, seed=seed))), headers={"Content-Type": "application/json"}
    )
    assert created.status == 200


@pytest.fixture(name="two")
async def _two(serve: Serve) -> AsyncIterator[tuple[Shop, Shop]]:
    """Two processes over one database: one that is written through, and another one."""
    shop = await serve(run_worker=False)
    place = {
        "DATABASE_URL": shop.database.dsn,
        "DATA_DIR": shop.settings.data_dir,
        "SECRET_KEY": shop.settings.secret_key,
        "RUN_WORKER": "false",
    }
    async with serving(**place) as (base, _):
        yield shop, replace(shop, url=URL(base))


async def counts(shop: Shop) -> list[int]:
    return [await read(shop) for read in READS]


async def test_a_change_through_one_process_is_seen_by_the_other(two: tuple[Shop, Shop]) -> None:
    """An upload or a deletion in one process shows in every dialect of the other within a second, though it had
    everything cached; the one that commits shows it at once."""
    here, there = two
    assert await counts(there) == await counts(there) == [0] * len(READS)

    await upload(here)
    assert await counts(here) == [1] * len(READS)
    await eventually(lambda: shows(there, [1] * len(READS)), SECOND)

    assert (await spree_upload(here)).status == 201
    await eventually(lambda: shows(there, [2] * len(READS)), SECOND)

    first = json.loads((await here.get(IMAGES, Accept="application/json")).body)[0]["id"]
    assert (await here.signed("DELETE", f"{IMAGES}/{first}")).status == 200
    await eventually(lambda: shows(there, [1] * len(READS)), SECOND)


async def shows(shop: Shop, expected: list[int]) -> bool:
    return await counts(shop) == expected


async def test_a_change_is_seen_after_the_listening_connection_was_cut(two: tuple[Shop, Shop]) -> None:
    """The moment in which nobody listens hides no change: what was cached before is gone, and what is read
    meanwhile is not kept."""
    here, there = two
    connection = await asyncpg.connect(here.database.dsn)
    for number in (1, 2, 3):
        await counts(there)
        assert await cut_listeners(connection) >= 1

        await upload(here, seed=number)

        assert await counts(here) == [number] * len(READS)
        await eventually(lambda number=number: shows(there, [number] * len(READS)), SECOND)
        await eventually(lambda: are_listening(connection, 2))
    await connection.close()


LISTENERS: Final = f"from pg_stat_activity where datname = current_database() and application_name = '{LISTENER}'"


async def cut_listeners(connection: "asyncpg.Connection[asyncpg.Record]") -> int:
    return len(await connection.fetch(f"select pg_terminate_backend(pid) {LISTENERS}"))


async def are_listening(connection: "asyncpg.Connection[asyncpg.Record]", number: int) -> bool:
    return bool(await connection.fetchval(f"select count(*) = {number} {LISTENERS}"))


async def test_what_was_taken_back_past_the_triggers_is_refused_once_that_is_told(serve: Serve) -> None:
    """A key that was revoked and a path that was withdrawn with triggers off are served from memory until somebody says
    what the operating guide tells him to."""
    shop = await serve(run_worker=False)
    await upload(shop)
    [image] = (await shop.get(IMAGES, Accept="application/json")).json()
    row, key = await put_key(shop.database, KeyOptions("admin"))

    async def statuses() -> list[int]:
        answers = [await shop.get(SPREE, X_Spree_Token=key), await shop.get(image["url"])]
        return [answer.status for answer in answers]

    async def is_in_memory() -> bool:
        assert await statuses() == [200, 200]
        before = await statements(shop)
        assert await statuses() == [200, 200]
        return await statements(shop) == before

    await eventually(is_in_memory)
    connection = await asyncpg.connect(shop.database.dsn)
    await connection.execute("set session_replication_role = replica")
    await connection.execute("update api_key set revoked_at = now() where id = $1", row["id"])
    await connection.execute("update file_path set withdrawn_at = now()")
    assert await statuses() == [200, 200]
    await connection.execute("notify catalogue_change, 'emptied'")
    await eventually(lambda: _are_refused(statuses))
    await connection.close()


async def _are_refused(statuses: Callable[[], Awaitable[list[int]]]) -> bool:
    return await statuses() == [401, 404]


async def test_a_deleted_image_is_shown_no_longer_than_it_can_be_restored(serve: Serve) -> None:
    """Nobody tells that its time is over, so its document is not answered from memory."""
    shop = await serve(run_worker=False)
    await upload(shop)
    headers = {"Authorization": f"Bearer {shop.api_key}"}
    assert (await shop.call("DELETE", "/v1/images/1", headers=headers)).status == 204
    await eventually(lambda: costs_nothing(shop, IMAGES))  # the news of it have come round
    for _ in range(2):
        assert (await shop.get("/v1/images/1", **headers)).json()["state"] == "deleted"
    connection = await asyncpg.connect(shop.database.dsn)
    await connection.execute("set session_replication_role = replica")  # time goes by without a word
    await connection.execute("update image set deleted_at = deleted_at - make_interval(days => $1)", 1000)
    await connection.close()
    assert (await shop.get("/v1/images/1", **headers)).status == 404


DOCUMENTS: Final = (
    "/abstract-products/dress/abstract-product-image-sets",
    "/abstract-products/dress?include=abstract-product-image-sets,concrete-products,concrete-product-image-sets",
    "/concrete-products/dress-red/concrete-product-image-sets",
    "/concrete-products/dress-red?include=concrete-product-image-sets,abstract-products,abstract-product-image-sets",
    IMAGES,
    f"{IMAGES}/1",
    f"{IMAGES}/store/german",
    f"{IMAGES}/1/store/german",
    SPREE,
    "/api/v1/products/8/images/1",
    "/api/v1/variants/9/images",
    "/v1/media?sku=dress&store=german",
    "/v1/media?sku=dress&sku=dress-red&sku=nothing",
)


@pytest.mark.parametrize("path", DOCUMENTS)
async def test_a_read_costs_one_statement_and_none_when_cached(serve: Serve, path: str) -> None:
    """However many images a product has, a document about it is one statement at its first read and none from then
    on; the accounts of those who ask were read before."""
    shop = await serve(run_worker=False)
    await eventually(lambda: costs_nothing(shop, SPREE))  # it hears of changes now, and knows the account
    for number in (1, 4):
        for seed in range(number):
            await upload(shop, seed)
        assert await cost(shop, path) == 1
        await eventually(lambda: costs_nothing(shop, path))  # once the news of the uploads have come round


async def costs_nothing(shop: Shop, path: str) -> bool:
    return await cost(shop, path) == 0


async def cost(shop: Shop, path: str) -> float:
    """How many statements a read takes."""
    before = await statements(shop)
    answer = await shop.get(path, Accept="application/json", X_Spree_Token=shop.api_key)
    assert answer.status == 200
    return await statements(shop) - before


async def statements(shop: Shop) -> float:
    """All that the service has asked Postgres so far, but for the questions of metrics themselves."""
    text = (await shop.get("/metrics")).body.decode()
    return sum(
        float(line.rpartition(" ")[2])
        for line in text.splitlines()
        if line.startswith("product_images_database_statement_seconds_count{")
        and not any(f'"{query}"' in line for query in ("queue_depths", "job_failures"))
    )
