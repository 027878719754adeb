"""A shop behind the dialect: products, keys, a database and a store of the test's own, served for real."""

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer
from PIL import Image

from app.access.secrets import hash_key
from app.db.connections.connect import Connection
from app.embedded.cluster import Cluster
from app.server.middleware import SERVER_OPTIONS
from app.settings import Settings
from app.wiring.application import build_app
from tests.conftest import fresh_database

ADMIN, CUSTOMER = "a" * 48, "c" * 48
KEYS = [(hash_key(ADMIN), "admin"), (hash_key(CUSTOMER), "customer")]
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
    parts.add_field("image[attachment]", io.BytesIO(data), filename=name, content_type="application/octet-stream")
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
async def _serve(dsn: str, connection: Connection, tmp_path: Path) -> AsyncIterator[Serve]:
    """Opens a shop without a worker; keywords are settings."""
    async with AsyncExitStack() as stack:

        async def serve(**options: Any) -> Shop:
            return await open_shop(stack, dsn, connection, tmp_path, **options)

        yield serve


@pytest_asyncio.fixture(name="serve_all", scope="module", loop_scope="session")
async def _serve_all(cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Serve]:
    """Opens a shop for all tests of a file that run in the session's loop and leave it as it was."""
    async with AsyncExitStack() as stack, fresh_database(cluster, template) as dsn:
        connection = await asyncpg.connect(dsn)
        stack.push_async_callback(connection.close)

        async def serve(**options: Any) -> Shop:
            return await open_shop(stack, dsn, connection, tmp_path_factory.mktemp("shop"), **options)

        yield serve


async def open_shop(stack: AsyncExitStack, dsn: str, connection: Connection, folder: Path, **options: Any) -> Shop:
    """Lasts as long as the stack."""
    quiet = {"data_dir": folder, "secret_key": "x" * 32, "run_worker": False, "log_sample": 10**9}
    settings = replace(Settings(), **quiet, **options)
    await connection.execute(PRODUCTS)
    await connection.executemany("insert into api_key (key_hash, role) values ($1, $2)", KEYS)
    server = TestServer(build_app(settings, dsn))
    await server.start_server(**SERVER_OPTIONS)
    stack.push_async_callback(server.close)
    session = await stack.enter_async_context(aiohttp.ClientSession())
    return Shop(str(server.make_url("")).rstrip("/"), session, connection, settings)


@pytest.fixture(name="shop")
async def _shop(serve: Serve) -> Shop:
    return await serve()
