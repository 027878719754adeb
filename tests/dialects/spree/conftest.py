"""A shop behind the dialect: products, keys, a database and a store of the test's own, served for real."""

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from PIL import Image

from app.db.connect import Connection
from app.db.pool import Database
from app.dialects.spree.auth import Role, key_hash
from app.dialects.spree.delivery import SpreeDelivery
from app.dialects.spree.routes import SpreeRoom
from app.dialects.spree.uploads import Uploads
from app.http.appkeys import OBSERVER, SETTINGS
from app.http.cache import DocumentCache
from app.http.edge import SERVER_OPTIONS, edge
from app.http.metrics import Metrics
from app.http.observe import Observer
from app.http.rooms import ROOMS, Room
from app.raster.pool import CodecPool
from app.service.fetch import Fetcher
from app.service.filing import Filing
from app.service.intake import Intake
from app.service.render import Renderer
from app.service.spree_gallery import SpreeGalleryReader
from app.service.spree_gallery_writer import SpreeGalleryWriter
from app.settings import Settings
from app.store import open_store

ADMIN, CUSTOMER = "a" * 48, "c" * 48
ROLES: dict[bytes, Role] = {key_hash(ADMIN): "admin", key_hash(CUSTOMER): "customer"}
IMAGES = "/api/v1/products/a-product/images"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    json: Any


@dataclass(slots=True)
class Shop:
    """`base` is the address of the server; `call` speaks as an admin unless told otherwise."""

    base: str
    session: aiohttp.ClientSession
    connection: Connection
    renderer: Renderer
    settings: Settings

    async def call(self, method: str, path: str, key: str | None = ADMIN, **options: Any) -> Answer:
        headers = dict(options.pop("headers", {}))
        if key is not None:
            headers["X-Spree-Token"] = key
        async with self.session.request(method, f"{self.base}{path}", headers=headers, **options) as response:
            body = await response.read()
            is_json = body and response.content_type == "application/json"
            return Answer(response.status, dict(response.headers), body, await response.json() if is_json else None)

    async def create(
        self, data: bytes | None = None, name: str = "cat.png", path: str = IMAGES, **fields: str
    ) -> Answer:
        return await self.call("POST", path, data=form(data or png(), name, **fields))

    async def positions(self, path: str = IMAGES) -> dict[int, int | None]:
        listed = await self.call("GET", path)
        return {image["id"]: image["position"] for image in listed.json["images"]}


def form(data: bytes, name: str = "cat.png", **fields: str) -> aiohttp.FormData:
    parts = aiohttp.FormData(quote_fields=False)
    parts.add_field("image[attachment]", data, filename=name, content_type="application/octet-stream")
    for field_name, value in fields.items():
        parts.add_field(f"image[{field_name}]", value)
    return parts


def picture(width: int, height: int, fmt: str, colour: str = "red", **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, fmt, **options)
    return out.getvalue()


def png(width: int = 30, height: int = 20, colour: str = "red") -> bytes:
    return picture(width, height, "PNG", colour)


PRODUCTS = """
insert into product (id, sku, sku_key, slug, parent_id) values
    (1, 'P1', 'p1', 'a-product', null),
    (2, 'P2', 'p2', 'second', null),
    (3, 'P3', 'p3', '2', null),
    (11, 'V11', 'v11', 'a-variant', 1),
    (12, 'V12', 'v12', 'another-variant', 1);
insert into product (id, sku, sku_key, slug, deleted_at) values (9, 'P9', 'p9', 'gone', now());
insert into product_former_slug (product_id, slug) values (1, 'a-former-slug'), (2, 'shared'), (1, 'shared');
"""

Serve = Callable[..., Awaitable[Shop]]


@pytest.fixture(name="serve")
async def _serve(database: Database, connection: Connection, tmp_path: Path) -> AsyncIterator[Serve]:
    """Opens a shop; keywords are settings."""
    running = Running()

    async def serve(**options: Any) -> Shop:
        settings = replace(Settings(), data_dir=tmp_path, log_sample=1_000_000_000, **options)
        await connection.execute(PRODUCTS)
        return await running.start(settings, database, connection)

    yield serve
    await running.stop()


@pytest.fixture(name="shop")
async def _shop(serve: Serve) -> Shop:
    return await serve()


@dataclass(slots=True)
class Running:
    closers: list[Callable[[], Awaitable[Any]]] = field(default_factory=list)

    async def start(self, settings: Settings, database: Database, connection: Connection) -> Shop:
        store = await open_store(settings).__aenter__()
        codecs = CodecPool(settings)
        renderer = Renderer(settings, database, store, codecs)
        await renderer.register_recipes()
        documents = DocumentCache(settings.document_cache_bytes, lambda: True)
        intake = Intake(settings, database, store, codecs)
        reader = SpreeGalleryReader(database)
        writer = SpreeGalleryWriter(database, Filing(settings), documents.drop_families)
        observer = Observer(Metrics(), sample=settings.log_sample)
        fetcher = Fetcher(settings) if settings.spree_fetch_urls else None
        uploads = Uploads(settings, intake, codecs, observer, fetcher)
        room = SpreeRoom(settings, reader, writer, documents, find_role, intake, uploads)
        app = web.Application(middlewares=[edge])
        app[SETTINGS], app[OBSERVER] = settings, observer
        app[ROOMS] = dict.fromkeys(("spree", "glue"), Room(room.error, tells_request_id=True))
        app.router.add_route("*", "/api{path:.*}", room.handle)
        app.router.add_route("*", "/spree/{path:.*}", SpreeDelivery(settings, reader, renderer, store).handle)
        server = TestServer(app)
        await server.start_server(**SERVER_OPTIONS)
        session = aiohttp.ClientSession()
        self.closers += [codecs.close, lambda: store.__aexit__(None, None, None), server.close, session.close]
        return Shop(str(server.make_url("")).rstrip("/"), session, connection, renderer, settings)

    async def stop(self) -> None:
        for close in reversed(self.closers):
            await close()


async def find_role(digest: bytes) -> Role | None:
    return ROLES.get(digest)
