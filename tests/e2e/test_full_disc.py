"""The disc fills up under the service: nobody is told that his picture is bad, and nothing ends by it."""

import asyncio
import io
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession, FormData
from structlog.testing import capture_logs

from app.db.pool import Database
from tests.e2e.conftest import SECRET_KEY, Answer, Serve, Shop, eventually, provision
from tests.e2e.test_main_job import body
from tests.pictures import encoded, picture
from tests.processes import ROOT, free_port, serving, until_ended
from tests.tmpfs import filled, small_disc

MB = 1024 * 1024
IMAGES = "/api/rest/products/dress/images"
SPREE = "/api/v1/products/a-dress/images"
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Place:
    shop: Shop
    disc: Path
    openmage: str
    spree: str

    async def upload(self, way: str, data: bytes) -> Answer:
        key = {"X-Spree-Token": self.shop.api_key}
        match way:
            case "OpenMage POST":
                return await self.shop.signed("POST", IMAGES, data=io.BytesIO(body(data).encode()), headers=JSON)
            case "OpenMage PUT":
                return await self.shop.signed("PUT", self.openmage, data=io.BytesIO(body(data).encode()), headers=JSON)
            case "Spree POST":
                return await self.shop.call("POST", SPREE, data=form(data), headers=key)
            case _:
                return await self.shop.call("PUT", self.spree, data=form(data), headers=key)

    async def readiness(self) -> dict[str, Any]:
        await asyncio.sleep(2.1)  # outcomes are remembered for so long
        answer: dict[str, Any] = (await self.shop.get("/health/ready")).json()
        return answer


def form(data: bytes) -> Any:
    form = FormData()
    form.add_field("image[attachment]", io.BytesIO(data), filename="a.png", content_type="image/png")
    return form


@pytest.fixture(name="place")
async def _place(serve: Serve) -> AsyncIterator[Place]:
    with small_disc(24 * MB) as disc:
        shop = await serve(run_worker=False, data_dir=disc)
        first = encoded(picture(100, 80), "PNG")
        created = await shop.signed("POST", IMAGES, data=body(first), headers=JSON)
        spree = await shop.call("POST", SPREE, data=form(first), headers={"X-Spree-Token": shop.api_key})
        yield Place(shop, disc, created.headers["Location"], f"{SPREE}/{spree.json()['id']}")


@pytest.mark.parametrize("way", ["OpenMage POST", "OpenMage PUT", "Spree POST", "Spree PUT"])
async def test_an_upload_onto_a_full_disc_is_to_be_sent_again(place: Place, way: str) -> None:
    """However little or much room is left, the answer is 503 in the API's own words, one line of the log and readiness
    say what is short, and the same upload is good as soon as there is room."""
    data = encoded(picture(1500, 1000, seed=5), "PNG", compress_level=1)
    assert len(data) > MB
    for left in (0, 4096, 100_000, 600_000, len(data) - 8192):
        with filled(place.disc, leaving=left), capture_logs() as logs:
            refused = await place.upload(way, data)
            assert (refused.status, refused.headers["Retry-After"]) == (503, "5"), left
            assert b"Service temporarily unavailable." in refused.body
        (reported,) = [line for line in logs if line["event"] not in {"request", "event_loop_stalled"}]
        assert (reported["event"], reported["what"]) == ("request_turned_away", "DiscUnavailable")
    with filled(place.disc, leaving=600_000):
        await place.upload(way, data)
        readiness = await place.readiness()
        assert (readiness["status"], readiness["checks"]["spool"]) == ("degraded", "failed")
    taken = await place.upload(way, data)
    assert taken.status in {200, 201, 204}
    assert (await place.readiness())["status"] == "ok"


@pytest.mark.timeout(120)  # the service starts in it
async def test_a_process_ends_well_whatever_the_disc_says(database: Database, tmp_path: Path) -> None:
    """A disc that is full from start to end, and one that has room again, let a process work and end in order; what
    it has to say besides, nobody has to take."""
    await provision(database)
    with small_disc(4 * MB) as disc:
        place = {"DATABASE_URL": database.dsn, "DATA_DIR": disc, "SECRET_KEY": SECRET_KEY}
        async with serving(**place) as (_, process):
            with filled(disc, leaving=0):
                await asyncio.sleep(6)  # figures are laid down every five seconds
                process.send_signal(signal.SIGINT)
                assert await process.wait() == 0


@pytest.mark.timeout(120)  # the service starts in it
async def test_logs_that_nobody_takes_end_nothing(database: Database, tmp_path: Path) -> None:
    """Where standard error is full the service works, and ends in order."""
    await provision(database)
    options = {"DATABASE_URL": database.dsn, "DATA_DIR": tmp_path, "SECRET_KEY": SECRET_KEY, "PORT": free_port()}
    with await asyncio.to_thread(Path("/dev/full").open, "wb") as full:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "app", "serve"),
            cwd=ROOT,
            env=os.environ | {name: str(value) for name, value in (options | {"LOG_SAMPLE": 1}).items()},
            stdout=asyncio.subprocess.PIPE,
            stderr=full,
        )
    base = f"http://127.0.0.1:{options['PORT']}"
    async with until_ended(process), ClientSession() as session:

        async def answers() -> bool:
            with suppress(ClientError):
                async with session.get(f"{base}{IMAGES}") as answer:
                    return answer.status == 200
            return False

        await eventually(answers, seconds=60)
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0
