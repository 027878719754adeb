"""More than the service can bear: some are told to come back, and readers notice nothing."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

from app.db.pool import Database
from tests.e2e.conftest import SECRET_KEY, Answer, Serve, Shop, provision
from tests.e2e.test_deploys import Uploads
from tests.e2e.test_main_job import body
from tests.pictures import encoded, picture
from tests.processes import serving

IMAGES: Final = "/api/rest/products/dress/images"
SPREE: Final = "/api/v1/products/a-dress/images"
SETS: Final = "/abstract-products/dress/abstract-product-image-sets"
PHOTO: Final = encoded(picture(60, 40))


class Stalled:
    """Uploads whose first half has arrived, and whose second half comes when they are let go."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._go = asyncio.Event()
        self._uploads: list[asyncio.Task[Answer]] = []

    async def start(self, number: int) -> None:
        """Returns once as many hold a slot."""
        begun = [asyncio.Event() for _ in range(number)]
        self._uploads = [asyncio.create_task(self._upload(event)) for event in begun]
        async with asyncio.timeout(10):
            for event in begun:
                await event.wait()
            while await taken(self._shop) < number:  # noqa: ASYNC110, the service has the first half in its own time
                await asyncio.sleep(0.01)

    async def finish(self) -> list[int]:
        self._go.set()
        return [(await upload).status for upload in self._uploads]

    async def _upload(self, begun: asyncio.Event) -> Answer:
        content = body(PHOTO).encode()

        async def halves() -> AsyncIterator[bytes]:
            yield content[: len(content) // 2]
            begun.set()
            await self._go.wait()
            yield content[len(content) // 2 :]

        return await self._shop.signed("POST", IMAGES, data=halves(), headers={"Content-Type": "application/json"})


async def taken(shop: Shop) -> float:
    text = (await shop.get("/metrics")).body.decode()
    lines = [line for line in text.splitlines() if line.startswith('product_images_slots_taken{work="upload"}')]
    return float(lines[0].rpartition(" ")[2])


async def test_uploads_beyond_the_slots_are_told_to_come_back(serve: Serve) -> None:
    """With all slots taken five times as many uploads get 503, Retry-After and their dialect's own words, at once;
    reads go on, and the uploads that hold the slots succeed."""
    shop = await serve(max_uploads=2)
    stalled = Stalled(shop)
    await stalled.start(2)

    for accept, reported in (
        ("application/json", b'{"messages":{"error":[{"code":503,"message":"Service temporarily unavailable."}]}}'),
        ("text/xml", b"<message>Service temporarily unavailable.</message>"),
    ):
        headers = {"Content-Type": "application/json", "Accept": accept}
        refused = await asyncio.gather(
            *(shop.signed("POST", IMAGES, data=body(PHOTO), headers=headers) for _ in range(5))
        )
        assert [answer.status for answer in refused] == [503] * 5
        assert all(int(answer.headers["Retry-After"]) > 0 and reported in answer.body for answer in refused)
    refused = await asyncio.gather(*(spree_upload(shop) for _ in range(5)))
    assert [answer.status for answer in refused] == [503] * 5
    assert all(answer.json() == {"exception": "Service temporarily unavailable."} for answer in refused)
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
    for path in (SETS, IMAGES):
        assert (await shop.get(path)).status == 200

    assert await stalled.finish() == [200, 200]
    assert (await spree_upload(shop)).status == 201


async def spree_upload(shop: Shop) -> Answer:
    form = aiohttp.FormData()
    form.add_field("image[attachment]", PHOTO, filename="front.jpg", content_type="image/jpeg")
    return await shop.call("POST", SPREE, data=form, headers={"X-Spree-Token": shop.api_key})


async def test_renditions_beyond_the_slots_are_told_to_come_back(serve: Serve) -> None:
    """Of more renditions asked for at once than may be built, some are 503 with Retry-After; later all are there."""
    shop = await serve(max_builds=1, run_worker=False)
    for seed in range(4):
        photo = encoded(picture(1500, 1000, seed=seed))
        created = await shop.signed(
            "POST", IMAGES, data=body(photo), headers={"Content-Type": "application/json", "Accept": "*/*"}
        )
        assert created.status == 200
    sets = (await shop.get(SETS)).json()["data"][0]["attributes"]["imageSets"]
    paths = ["/" + image["externalUrlLarge"].split("/", 3)[3] for image in sets[0]["images"]]

    first = await asyncio.gather(*(shop.get(path) for path in paths))

    assert sorted({answer.status for answer in first}) == [200, 503]
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in first if answer.status == 503)
    assert [(await shop.get(path)).status for path in paths] == [200] * 4


@dataclass
class Flood:
    """Clients that upload again and again, whatever they are told; `kept` and `refused` are the seconds that uploads
    of either outcome took."""

    base: str
    uploads: Uploads
    kept: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)

    @asynccontextmanager
    async def of(self, clients: int) -> AsyncIterator[None]:
        """For as long as the block lasts."""
        over = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            for _ in range(clients):
                tasks.create_task(self._client(over))
            yield
            over.set()

    async def _client(self, over: asyncio.Event) -> None:
        async with aiohttp.ClientSession() as session:
            while not over.is_set():
                started = time.perf_counter()
                status = await self.uploads.send(session, self.base)
                {200: self.kept, 503: self.refused}[status].append(time.perf_counter() - started)


async def test_reads_stay_quick_while_uploads_flood_in(database: Database, tmp_path: Path) -> None:
    """Under five times as many uploads as there are slots all reads succeed, and nine of ten take less than half as
    long as an upload that was let in: they do not wait for any."""
    admin, _ = await provision(database)
    options: dict[str, Any] = {"DATABASE_URL": database.dsn, "DATA_DIR": tmp_path, "SECRET_KEY": SECRET_KEY}
    async with serving(MAX_UPLOADS=2, CODEC_PROCESSES=1, LOG_SAMPLE=10**9, **options) as (base, _):
        flood = Flood(base, Uploads(admin, side=1200))
        async with flood.of(clients=10):
            reads = await latencies(base)

    assert len(flood.refused) > len(flood.kept) > 0
    assert statistics.quantiles(reads, n=10)[8] < statistics.median(flood.kept) / 2


async def latencies(base: str) -> list[float]:
    """Seconds that 200 reads took, one after the other."""
    seconds = []
    async with aiohttp.ClientSession() as session:
        for _ in range(200):
            started = time.perf_counter()
            async with session.get(f"{base}{SETS}") as answer:
                assert answer.status == 200
                await answer.read()
            seconds.append(time.perf_counter() - started)
    return seconds


async def test_writes_beyond_the_rate_of_a_key_are_refused(serve: Serve) -> None:
    """Each key or token may write so often; then it is 429 in its dialect's words, while others and reads go on."""
    shop = await serve(write_rate_per_key="2/hour")
    openmage = [await shop.signed("DELETE", f"{IMAGES}/77") for _ in range(3)]
    spree = [await spree_upload(shop) for _ in range(3)]

    assert [answer.status for answer in openmage] == [404, 404, 429]
    assert openmage[2].json() == {"messages": {"error": [{"code": 429, "message": "Too many requests."}]}}
    assert [answer.status for answer in spree] == [201, 201, 429]
    assert spree[2].json() == {"exception": "Too many requests."}
    assert all(int(answers[2].headers["Retry-After"]) > 0 for answers in (openmage, spree))
    assert (await shop.signed("GET", IMAGES)).status == 200
    assert (await spree_upload(replace(shop, api_key="another"))).status == 401


@pytest.mark.parametrize("place", ["header", "query", "body"])
async def test_a_spree_key_is_counted_wherever_it_stands(serve: Serve, place: str) -> None:
    """A key in a header, the query or the body is the same key."""
    shop = await serve(write_rate_per_key="1/hour")
    assert (await shop.call("DELETE", f"{SPREE}/77?token={shop.api_key}")).status == 404

    options: dict[str, Any] = {
        "header": {"headers": {"X-Spree-Token": shop.api_key}},
        "query": {"params": {"token": shop.api_key}},
        "body": {"json": {"token": shop.api_key}},
    }[place]
    assert (await shop.call("POST", SPREE, **options)).status == 429


async def test_writes_beyond_the_rate_of_an_address_are_refused(serve: Serve) -> None:
    """Each address may write so often through all dialects together; behind a proxy it is the client's that counts,
    of an IPv6 address its first half."""
    shop = await serve(write_rate_per_address="2/hour", trusted_proxies=("127.0.0.1",))

    async def write(address: str) -> int:
        headers = {"X-Spree-Token": shop.api_key, "X-Forwarded-For": address}
        return (await shop.call("DELETE", f"{SPREE}/77", headers=headers)).status

    assert [await write("192.0.2.1") for _ in range(3)] == [404, 404, 429]
    assert (await shop.signed("DELETE", f"{IMAGES}/77", headers={"X-Forwarded-For": "192.0.2.1"})).status == 429
    assert await write("192.0.2.2") == 404
    assert [await write(f"2001:db8::{last}") for last in (1, 2, 3)] == [404, 404, 429]
    assert await write("2001:db8:0:1::1") == 404
