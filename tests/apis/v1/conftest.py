"""A shop behind the native API: keys of every role, a database and a store of the test's own, served for real."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from multidict import CIMultiDictProxy
from yarl import URL

from app.db.pool import Database
from app.service.catalogue.keys import KeyOptions, put_key
from app.service.catalogue.plan import ProductOptions
from app.service.catalogue.products import put_product
from app.service.catalogue.stores import StoreOptions, put_store
from app.settings import Settings
from app.wiring.application import build_app
from tests.serving import ProductServer

ROLES: Final = ("reader", "editor", "admin")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """Of a problem."""
        return str(self.json()["code"])

    @property
    def mistakes(self) -> list[tuple[str, str]]:
        """Where a problem sees which mistakes."""
        return [(one["pointer"], one["code"]) for one in self.json().get("errors", [])]


@dataclass(slots=True)
class Shop:
    """`keys` by role; `call` speaks with one of them, or with what `key` is, or with none."""

    base: URL
    settings: Settings
    database: Database
    session: aiohttp.ClientSession
    keys: dict[str, str]
    app: web.Application

    async def call(self, method: str, path: str, key: str | None = "admin", **options: Any) -> Answer:
        headers = dict(options.pop("headers", {}))
        if key is not None:
            headers.setdefault("Authorization", f"Bearer {self.keys.get(key, key)}")
        url = self.base.join(URL(path, encoded=True))
        async with self.session.request(method, url, headers=headers, allow_redirects=False, **options) as response:
            return Answer(response.status, response.headers, await response.read())

    async def get(self, path: str, key: str | None = "admin", **headers: str) -> Answer:
        return await self.call("GET", path, key, headers={name.replace("_", "-"): v for name, v in headers.items()})


Serve = Callable[..., Awaitable[Shop]]


async def provision(database: Database) -> dict[str, str]:
    """Three store views of one website, one product with two variants, a key of each role: their texts."""
    async with database.transaction() as tx:
        await put_store(tx, StoreOptions("default", 1, "en_US", "base", is_default=True))
        await put_store(tx, StoreOptions("german", 2, "de_DE", "base"))
        await put_store(tx, StoreOptions("french", 3, "fr_FR", "base"))
        await put_product(tx, ProductOptions("dress", id=8, slug="a-dress", name="Dress"))
        await put_product(tx, ProductOptions("dress-red", id=9, parent="dress"))
        await put_product(tx, ProductOptions("dress/blue", id=10, parent="dress"))
    return {role: (await put_key(database, KeyOptions(role, ["v1"], f"the {role}")))[1] for role in ROLES}


@pytest.fixture(name="serve")
async def _serve(database: Database, tmp_path: Path) -> AsyncIterator[Serve]:
    """Opens a shop without a worker, and a second time another process of the same; keywords are settings."""
    async with AsyncExitStack() as stack:
        yield await opener(stack, database, tmp_path)


@pytest_asyncio.fixture(name="serve_all", scope="module", loop_scope="session")
async def _serve_all(database_of_all: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Serve]:
    """Opens a shop for all tests of a file that run in the session's loop and leave it as it was."""
    async with AsyncExitStack() as stack:
        yield await opener(stack, database_of_all, tmp_path_factory.mktemp("shop"))


async def opener(stack: AsyncExitStack, database: Database, folder: Path) -> Serve:
    """What opens a shop that lasts as long as the stack."""
    session = await stack.enter_async_context(aiohttp.ClientSession())
    keys: dict[str, str] = {}

    async def serve(**options: Any) -> Shop:
        quiet = {"data_dir": folder, "secret_key": "x" * 32, "run_worker": False, "codec_processes": 1}
        settings = replace(Settings(), **(quiet | options))
        keys.update(keys or await provision(database))
        server = ProductServer(build_app(settings, database.dsn))
        await server.start_server()
        stack.push_async_callback(server.close)
        return Shop(server.make_url("/"), settings, database, session, keys, server.app)

    return serve


@pytest.fixture(name="shop")
async def _shop(serve: Serve) -> Shop:
    return await serve()
