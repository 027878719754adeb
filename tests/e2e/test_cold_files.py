"""Files that are asked for by many at once, and withdrawn at the worst moment."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from app.delivery.media import Media
from app.http.appkeys import SETTINGS
from app.http.drain import DRAIN, Drain
from app.http.streams import STREAMS, Streams
from app.settings import Settings
from app.store import FileStore
from app.wiring.parts import Parts
from tests.e2e.conftest import Serve, Shop, eventually
from tests.e2e.test_main_job import body, has_renditions
from tests.pictures import encoded, picture

IMAGES = "/api/rest/products/dress/images"
PHOTO = encoded(picture(60, 40))
PATH = "/media/catalog/product/i/m/image.jpg"


class SlowStore(FileStore):
    """Lets nobody read before it is told to, and counts who does."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.go = asyncio.Event()
        self.reads = 0

    async def read(self, key: str, limit: int) -> bytes:
        self.reads += 1
        await self.go.wait()
        return await super().read(key, limit)

    async def has_reader(self) -> bool:
        return self.reads > 0


@pytest.fixture(name="shop")
async def _shop(serve: Serve) -> Shop:
    """A shop with one picture, its renditions built."""
    shop = await serve()
    created = await shop.signed("POST", IMAGES, data=body(PHOTO), headers={"Content-Type": "application/json"})
    assert created.status == 200
    await eventually(lambda: has_renditions(shop, PHOTO))
    return shop


Slow = tuple[Media, SlowStore, TestClient[web.Request, web.Application]]


@pytest.fixture(name="slow")
async def _slow(shop: Shop) -> AsyncIterator[Slow]:
    """The same shop's files through a delivery whose store is slow."""
    parts = Parts(shop.settings, shop.database.dsn)
    async with parts.opened(), SlowStore(shop.settings.data_dir / "objects") as store:
        media = Media(parts.pictures.renderer, store, 10_000_000)
        app = web.Application()
        app[SETTINGS], app[DRAIN], app[STREAMS] = Settings(), Drain(), Streams()
        app.router.add_get("/media/{file:.*}", media.handle)
        async with TestClient(TestServer(app)) as client:
            yield media, store, client


async def test_a_cold_file_is_read_once_however_many_ask(slow: Slow) -> None:
    """Ten who ask for a cold file at once cause one read, all get it, and so does whoever comes later."""
    media, store, client = slow
    asking = [asyncio.create_task(client.get(PATH)) for _ in range(10)]
    await eventually(store.has_reader)
    store.go.set()

    assert {(answer.status, await answer.read()) for answer in [await one for one in asking]} == {
        (200, await (await client.get(PATH)).read())
    }
    assert store.reads == 1
    assert len(media.hot) == 1


async def test_a_file_that_is_withdrawn_while_it_is_read_is_not_kept(slow: Slow) -> None:
    """Who asked before a withdrawal may still get the file; nobody who asks after it does."""
    media, store, client = slow
    asking = asyncio.create_task(client.get(PATH))
    await eventually(store.has_reader)

    media.drop_paths()
    store.go.set()

    assert (await asking).status == 200
    assert len(media.hot) == 0


async def test_nothing_is_kept_while_withdrawals_are_not_heard(shop: Shop) -> None:
    """A process that has lost its listening connection asks again each time."""
    parts = Parts(shop.settings, shop.database.dsn)
    async with parts.opened(), SlowStore(shop.settings.data_dir / "objects") as store:
        store.go.set()
        media = Media(parts.pictures.renderer, store, 10_000_000, hears=lambda: False)
        app = web.Application()
        app[SETTINGS], app[DRAIN], app[STREAMS] = Settings(), Drain(), Streams()
        app.router.add_get("/media/{file:.*}", media.handle)
        async with TestClient(TestServer(app)) as client:
            assert [(await client.get(PATH)).status for _ in range(2)] == [200, 200]
        assert store.reads == 2
