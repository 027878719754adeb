"""A process that begins has in memory what the former one was asked for, and nothing that has changed since."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson
import pytest
from aiohttp import web
from yarl import URL

from app import events
from app.cache.asked import AskedFile
from app.db.listen import CATALOGUE_CHANGE
from app.db.pool import Database
from app.server.runner import Runner
from app.service.catalogue.plan import ProductOptions
from app.service.catalogue.products import put_product
from app.settings import Settings
from app.telemetry.metrics import Metrics
from app.telemetry.observer import Observer
from app.wiring.application import build_app
from tests.e2e.conftest import SECRET_KEY, Shop, eventually, provision
from tests.e2e.test_main_job import body
from tests.pictures import encoded, picture

IMAGES: Final = "/api/rest/products/dress/images"
SPREE: Final = "/api/v1/products/a-dress/images"
READ: Final = frozenset(
    {"image_sets", "gallery_in_scope", "spree_images_of_product", "spree_images_of_variant", "shown_media"}
)
"""The statements that documents are made of."""
GUESTS: Final = (
    "/abstract-products/dress/abstract-product-image-sets",
    "/abstract-products/DRESS?include=abstract-product-image-sets,concrete-products",
    "/concrete-products/dress-red/concrete-product-image-sets",
    "/abstract-products/nothing/abstract-product-image-sets",
    IMAGES,
    f"{IMAGES}/store/2",
    "/v1/media?sku=dress",
    "/v1/media?sku=dress&store=german",
)


class Counting(Observer):
    """Counts statements by name, and keeps what failed."""

    def __init__(self) -> None:
        super().__init__(Metrics())
        self.statements: Counter[str] = Counter()
        self.failed: list[events.CheckFailed] = []

    def __call__(self, event: events.Event) -> None:
        if isinstance(event, events.StatementDone):
            self.statements[event.query] += 1
        if isinstance(event, events.CheckFailed):
            self.failed.append(event)
        super().__call__(event)

    def reads(self) -> int:
        """Statements that made documents, so far."""
        return sum(self.statements[name] for name in READ)


class Site:
    """A shop whose only process comes and goes."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    @asynccontextmanager
    async def up(self, **options: Any) -> AsyncIterator[tuple[Shop, Counting]]:
        observer = Counting()
        settings = replace(self.shop.settings, **options)
        runner = Runner(build_app(settings, settings.database_url, observer))
        runner.drain_seconds = 0
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            shop = replace(self.shop, url=URL(f"http://127.0.0.1:{runner.addresses[0][1]}"))
            await eventually(lambda: _remembers(shop, observer))
            yield shop, observer
        finally:
            await runner.cleanup()

    async def told(self, shop: Shop) -> list[tuple[int, bytes]]:
        """All that is read here."""
        asked = [
            *[await shop.get(path, Host="shop.example", Accept="application/json") for path in GUESTS],
            await shop.get(GUESTS[0], Host="shop.example", Accept_Language="de"),
            await shop.get(SPREE, Host="shop.example", X_Spree_Token=shop.api_key),
            await shop.signed("GET", IMAGES),
        ]
        return [(one.status, one.body) for one in asked]

    async def settled(self, shop: Shop, observer: Counting) -> list[tuple[int, bytes]]:
        """The same once all of it is in memory, and what was written before has been heard of."""
        while True:
            asked, told = observer.reads(), await self.told(shop)
            if observer.reads() == asked:
                return told


@pytest.fixture(name="site")
async def _site(database: Database, tmp_path: Path) -> AsyncIterator[Site]:
    admin, key = await provision(database)
    settings = Settings(
        data_dir=tmp_path,
        database_url=database.dsn,
        secret_key=SECRET_KEY,
        codec_processes=1,
        run_worker=False,
        public_url="http://shop.example",
    )
    async with aiohttp.ClientSession() as session:
        yield Site(Shop(URL("http://unknown"), settings, database, admin, key, session))


async def _remembers(shop: Shop, observer: Counting) -> bool:
    """Whether it keeps documents by now, as one that hears of changes does."""
    for _ in range(2):
        asked = observer.reads()
        await shop.get("/abstract-products/never/abstract-product-image-sets")
    return observer.reads() == asked


async def _forget(shop: Shop, observer: Counting) -> None:
    """Has the process read everything anew."""
    async with shop.database.transaction() as tx:
        await tx.connection.execute("select pg_notify($1, '*')", CATALOGUE_CHANGE)
    asked = observer.reads()

    async def has_forgotten() -> bool:
        await shop.get("/abstract-products/never/abstract-product-image-sets")
        return observer.reads() > asked

    await eventually(has_forgotten)


def _lines(settings: Settings) -> bytes:
    return (settings.asked_dir / "lately").read_bytes()


async def test_a_restart_is_warm_and_shows_what_changed_meanwhile(site: Site) -> None:
    """What the former process was asked for takes no statement of a client's any more, but for an unknown address; what
    plain SQL changed while none ran shows in all dialects; and neither a key, a signature nor a query that is nobody's
    lies on the disc."""
    secret = "a-secret-in-a-query"
    async with site.up() as (shop, observer):
        for seed in (1, 2):
            upload = body(encoded(picture(60, 40, seed=seed)))
            created = await shop.signed("POST", IMAGES, data=upload, headers={"Content-Type": "application/json"})
            assert created.status == 200
        before = await site.settled(shop, observer)
        assert [status for status, _ in before] == [200] * 3 + [404] + [200] * 7
        await shop.get(f"{GUESTS[0]}?access_token={secret}")
        assert (await shop.get("/v1/products/dress", **_bearer(shop))).status == 200

    written = _lines(shop.settings)
    assert written.count(b"\n") == len(before) - 1
    for hidden in (secret, shop.api_key, shop.admin.token, shop.admin.consumer_key, "oauth", "/v1/products"):
        assert hidden.encode() not in written.partition(b"\n")[2]

    async with site.up() as (shop, observer):
        asked = observer.reads()
        assert asked > 0
        assert await site.told(shop) == before
        assert observer.reads() == asked + 1

    async with shop.database.transaction() as tx:
        await tx.connection.execute("update image set label = 'Changed by hand', position = 9 - position")
        await tx.connection.execute("update product set name = 'Another name' where sku = 'dress'")
        await tx.connection.execute("update product set enabled = false where sku = 'dress-red'")
        await put_product(tx, ProductOptions("nothing"))
    async with site.up() as (shop, observer):
        asked = observer.reads()
        after = await site.told(shop)
        assert observer.reads() == asked + 1
        assert observer.failed == []
        assert [one for one, other in zip(before, after, strict=True) if one == other] == []
        await _forget(shop, observer)
        assert after == await site.told(shop)


def _bearer(shop: Shop) -> dict[str, str]:
    return {"Authorization": f"Bearer {shop.api_key}"}


async def test_lines_that_ask_for_nothing_do_no_harm(site: Site) -> None:
    """However they came into a file that is whole: they are left out with a line, and no refusal becomes an answer."""
    insane = "/abstract-products/dress/abstract-product-image-sets?page[limit]=-1"
    wrong: list[Any] = [
        5,
        {},
        [],
        ["elsewhere"],
        ["glue", 1],
        ["glue", insane, "en_US", "application/vnd.api+json", "http://shop.example", "http://shop.example"],
        ["glue", "//x", "en_US", "a\r\nb: c", "http://shop.example", "http://shop.example"],
        ["openmage", {"product": 5}, True, {"format": "json", "keys": [], "profile": "documented"}, "x"],
        ["openmage", {}, True, {"format": "of a later version", "keys": ["id"], "profile": "documented"}, "x"],
        ["spree", "products", "a\u0000b", "admin"],
        ["spree", 2**63, "admin"],
        ["spree", 5, "somebody"],
        ["media", "dress", "no such store", "x"],
        ["media", None, None, None],
    ]
    async with site.up() as (shop, _):
        refused = await shop.get(insane)
        first = await shop.get(GUESTS[0], Host="shop.example")
    assert refused.status >= 400
    header = orjson.loads(_lines(shop.settings).partition(b"\n")[0])
    file = AskedFile(shop.settings.asked_dir, header["of"])
    file.write([*map(orjson.dumps, wrong), b"no JSON", *file.read()])

    async with site.up() as (shop, observer):
        [told] = observer.failed
        assert told.name == "warm start"
        asked = observer.reads()
        assert (await shop.get(GUESTS[0], Host="shop.example")).body == first.body
        assert observer.reads() == asked
        assert (await shop.get(insane)).body == refused.body

    (shop.settings.asked_dir / "lately").write_bytes(b"no such file")
    async with site.up() as (shop, observer):
        assert [told.name for told in observer.failed] == ["warm start"]
        assert (await shop.get(GUESTS[0], Host="shop.example")).body == first.body
    assert _lines(shop.settings).startswith(b'{"asked":1')
