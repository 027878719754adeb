"""The whole service in one process, over real HTTP, with a small shop in it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from aiohttp import web
from multidict import CIMultiDictProxy
from oauthlib.oauth1 import Client as Signer
from yarl import URL

from app.access.secrets import SecretBox
from app.db.pool import Database
from app.embedded.cluster import Cluster
from app.server.runner import Runner
from app.service.catalogue.keys import KeyOptions, put_key
from app.service.catalogue.oauth import IssuedToken, TokenOptions, put_token
from app.service.catalogue.plan import ProductOptions
from app.service.catalogue.products import put_product
from app.service.catalogue.stores import StoreOptions, put_store
from app.settings import Settings
from app.wiring.application import build_app
from tests.commands.conftest import CommandLine
from tests.conftest import fresh_database

SECRET_KEY: Final = "a secret of the tests, and of nobody else"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Shop:
    """A running service; requests as `admin` are OAuth-signed. The `api_key` is an admin's, of Spree and of `/v1`."""

    url: URL
    settings: Settings
    database: Database
    admin: IssuedToken
    api_key: str
    session: aiohttp.ClientSession

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.call("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    async def call(self, method: str, path: str, **options: Any) -> Answer:
        url = self.url.join(URL(path, encoded=True))
        async with self.session.request(method, url, allow_redirects=False, **options) as response:
            return Answer(response.status, response.headers, await response.read())

    async def signed(self, method: str, path: str, **options: Any) -> Answer:
        headers = {"Accept": "application/json"} | options.pop("headers", {})
        return await self.call(method, path, headers=headers | self.authorization(method, path), **options)

    def authorization(self, method: str, path: str) -> dict[str, str]:
        signer = Signer(self.admin.consumer_key, self.admin.consumer_secret, self.admin.token, self.admin.token_secret)
        _, headers, _ = signer.sign(str(self.url.join(URL(path, encoded=True))), method)
        return dict(headers)


Serve = Callable[..., Awaitable[Shop]]
Commands = Callable[..., CommandLine]
Fresh = Callable[[], AbstractAsyncContextManager[Database]]


async def provision(database: Database) -> tuple[IssuedToken, str]:
    """Three store views of one website, one abstract product with two concretes, an admin of each dialect."""
    async with database.transaction() as tx:
        await put_store(tx, StoreOptions("default", 1, "en_US", "base", is_default=True))
        await put_store(tx, StoreOptions("german", 2, "de_DE", "base"))
        await put_store(tx, StoreOptions("french", 3, "fr_FR", "base"))
        await put_product(tx, ProductOptions("dress", id=8, slug="a-dress", name="Dress"))
        await put_product(tx, ProductOptions("dress-red", id=9, parent="dress"))
        await put_product(tx, ProductOptions("dress-blue", id=10, parent="dress"))
        admin = await put_token(tx, SecretBox(SECRET_KEY), TokenOptions("admin"))
    _, key = await put_key(database, KeyOptions("admin", ["spree", "v1"]))
    return admin, key


@pytest.fixture
async def serve(database: Database, tmp_path: Path) -> AsyncIterator[Serve]:
    """Starts a service over the test's database, or over `database`; other keyword arguments are settings."""
    async with serving_in(database, tmp_path) as start:
        yield start


@asynccontextmanager
async def serving_in(database: Database, folder: Path) -> AsyncIterator[Serve]:
    """For as long as the block lasts."""
    async with aiohttp.ClientSession() as session:
        runners: list[Runner] = []

        async def start(*, database: Database = database, **options: Any) -> Shop:
            settings = replace(
                Settings(data_dir=folder, database_url=database.dsn, secret_key=SECRET_KEY, codec_processes=1),
                **options,
            )
            admin, key = await provision(database)
            runner = Runner(build_app(settings, database.dsn))
            runner.drain_seconds = 0
            runners.append(runner)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            url = URL.build(scheme="http", host="127.0.0.1", port=runner.addresses[0][1])
            return Shop(url / "", settings, database, admin, key, session)

        yield start
        for runner in runners:
            await runner.cleanup()


@pytest.fixture
def fresh(cluster: Cluster, template: str) -> Fresh:
    """Another migrated database, for as long as the block lasts."""

    @asynccontextmanager
    async def open_fresh() -> AsyncIterator[Database]:
        async with fresh_database(cluster, template) as dsn, Database(dsn) as database:
            yield database

    return open_fresh


@pytest.fixture(name="commands")
def _commands(capsys: pytest.CaptureFixture[str], _restored_logging: None) -> Commands:
    """The command line of a shop, with further environment variables."""

    def of(shop: Shop, **environ: str) -> CommandLine:
        place = {"DATABASE_URL": shop.database.dsn, "DATA_DIR": str(shop.settings.data_dir), "CODEC_PROCESSES": "1"}
        return CommandLine({**place, "SECRET_KEY": shop.settings.secret_key, **environ}, capsys)

    return of


async def eventually(ask: Callable[[], Awaitable[bool]], seconds: float = 40) -> None:
    """Waits until `ask` says yes: for what happens in the background, at its own pace."""
    async with asyncio.timeout(seconds):
        while not await ask():  # noqa: ASYNC110, what we wait for is in another process
            await asyncio.sleep(0.02)
