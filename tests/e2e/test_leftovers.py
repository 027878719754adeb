"""What killed processes leave behind goes while others run, and who tidies never costs an upload."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import aiohttp
import pytest
from yarl import URL

from app.db.connections.connect import Connection
from tests.e2e.conftest import Answer, Serve, Shop, eventually
from tests.e2e.test_crashes import environment
from tests.e2e.test_housekeeping import IMAGES, JSON, keeping
from tests.e2e.test_main_job import body
from tests.pictures import encoded, picture
from tests.processes import serving

_SPREE: Final = "/api/v1/products/a-dress/images"
_WAITING: Final = "select exists (select from pg_stat_activity where wait_event_type = 'Lock')"


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


async def by_openmage(shop: Shop, data: bytes) -> Answer:
    return await shop.signed("POST", IMAGES, data=body(data), headers=JSON)


async def by_spree(shop: Shop, data: bytes) -> Answer:
    form = aiohttp.FormData()
    form.add_field("image[attachment]", data, filename="a.jpg", content_type="image/jpeg")
    return await shop.call("POST", _SPREE, data=form, headers={"X-Spree-Token": shop.api_key})


@pytest.mark.parametrize("upload", [by_openmage, by_spree])
async def test_an_upload_whose_file_is_taken_away_is_acknowledged(
    serve: Serve, connection: Connection, upload: Callable[[Shop, bytes], Awaitable[Answer]]
) -> None:
    """Once the bytes are kept, a spool that somebody removed before the commit refuses nothing."""
    shop = await serve(run_worker=False)
    async with connection.transaction():
        await connection.execute("select from product for update")
        uploading = asyncio.create_task(upload(shop, encoded(picture(60, 40))))
        await eventually(lambda: connection.fetchval(_WAITING))
        for file in files_in(shop.settings.spool_dir):
            file.unlink()
    assert (await uploading).status in {200, 201}
    assert len((await shop.signed("GET", IMAGES)).json()) == 1


async def test_a_killed_process_s_upload_is_tidied_by_another_one(serve: Serve) -> None:
    """The spool of an upload stays while its process lives, and goes once that was killed, though nobody starts."""
    shop = await serve(run_worker=False)
    spool = shop.settings.spool_dir
    arriving = asyncio.Event()

    async def is_arriving() -> bool:
        return len(files_in(spool)) == 1

    async def half_a_body() -> AsyncIterator[bytes]:
        yield body(encoded(picture(900, 600)))[:20_000].encode()
        await arriving.wait()

    async with serving(**environment(shop.database.dsn, shop.settings.data_dir)) as (base, process):
        there = replace(shop, url=URL(base))
        uploading = asyncio.create_task(there.signed("POST", IMAGES, data=half_a_body(), headers=JSON))
        await eventually(is_arriving)
        async with keeping(shop) as parts:
            await parts.pictures.intake.tidy()
            assert len(files_in(spool)) == 1
            process.kill()
            await process.wait()
            await parts.pictures.intake.tidy()
            assert not files_in(spool)
        arriving.set()
        with pytest.raises(aiohttp.ClientError):
            await uploading
