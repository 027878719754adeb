"""A webhook, its receiver, and a clock that goes as fast as a test wants."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from app.access.secrets import SecretBox
from app.db.pool import Database
from app.events import nobody
from app.service.changes.acting import Act, as_actor
from app.service.changes.record import Row, record_rows
from app.service.feed.consequences import Consequences
from app.service.feed.reader import EventReader
from app.service.galleries.v1.reader import NativeReader
from app.service.webhooks.deliveries import Deliveries, Desk
from app.service.webhooks.keeper import WebhookKeeper, WebhookOptions
from app.service.webhooks.queueing import Queueing
from app.service.webhooks.sending import Sender
from app.settings import Settings
from app.wiring.webhooks import presented

Answer = Callable[["Received"], Awaitable[web.StreamResponse | None]]


@dataclass(frozen=True)
class Received:
    """What came, as it came."""

    id: str
    headers: dict[str, str]
    body: bytes
    request: web.Request

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


async def taken(_: Received) -> web.StreamResponse | None:
    return web.Response(status=204)


def answering(status: int) -> Answer:
    async def answer(_: Received) -> web.StreamResponse | None:
        return web.Response(status=status, text="no")

    return answer


@dataclass
class Receiver:
    """`answer` may be replaced; a connection is cut off where it gives None."""

    url: str = ""
    answer: Answer = taken
    received: list[Received] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        one = Received(headers["webhook-id"], headers, await request.read(), request)
        self.received.append(one)
        response = await self.answer(one)
        if response is None:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return response

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.received]

    @property
    def events(self) -> list[Any]:
        """What it has heard, once each: whoever sends may send again what was taken, under the same id, where he could
        not write down in time that it was (Standard Webhooks: at least once)."""
        return list({one.id: one.event for one in self.received}.values())


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver, app = Receiver(), web.Application()
    app.router.add_post("/", receiver.handle)
    async with TestServer(app) as server:
        receiver.url = str(server.make_url("/"))
        yield receiver


@dataclass
class Post:
    """All that delivers, at a time of the test's."""

    settings: Settings
    database: Database
    reader: EventReader
    keeper: WebhookKeeper
    desk: Desk
    now: datetime = datetime(2026, 11, 29, 12, tzinfo=UTC)

    async def hook(self, receiver: Receiver, **options: Any) -> Deliveries:
        hook, self.secret = await self.keeper.add(WebhookOptions(receiver.url, **options))
        self.id = hook.id
        await self.hold()
        return Deliveries(self.desk, hook.id)

    async def hold(self) -> None:
        await self.database.fetch("hold_webhooks", self.desk.holder, self.now, timedelta(days=30))

    async def happen(self, count: int = 1, kind: str = "product.updated", **act: Any) -> None:
        """So many changes of nothing."""
        with as_actor(Act("key", "1", "a person", **{"via": "v1"} | act)):
            async with self.database.transaction() as tx:
                await record_rows(tx, [Row(kind)] * count)

    async def turn(self, one: Deliveries) -> bool:
        """All that is due now, tried once."""
        is_left = await one.step((await self.reader.log.horizon()).settled)
        await one.settle()
        return is_left

    async def pass_time(self, one: Deliveries, seconds: float, step: float = 60) -> None:
        """Turns, each so many seconds after the one before."""
        end = self.now + timedelta(seconds=seconds)
        while self.now < end:
            self.now += timedelta(seconds=min(step, (end - self.now).total_seconds()))
            await self.turn(one)

    async def states(self) -> dict[str, str]:
        rows = await self.keeper.deliveries(self.id, None, None, 10_000)
        return {row["id"]: row["state"] for row in rows}


@pytest.fixture(name="receiver")
async def _receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture(name="second")
async def _second() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture(name="post")
async def _post(database: Database) -> AsyncIterator[Post]:
    async with posting(database) as post:
        yield post


@asynccontextmanager
async def posting(database: Database, **options: Any) -> AsyncIterator[Post]:
    known = {"public_url": "https://shop.example", "fetch_allowed_networks": ("127.0.0.1:*",), "secret_key": "x" * 32}
    settings = replace(Settings(), **known | options)
    box = SecretBox(settings.secret_key)
    reader = EventReader(database, NativeReader(database, settings), Consequences(database, settings))
    present = presented(settings)
    async with AsyncExitStack() as stack:
        sender = await stack.enter_async_context(Sender(settings))
        queueing = Queueing(database, reader, settings.webhooks_at_once)
        clock: list[Post] = []
        keeper = WebhookKeeper(settings, database, box, reader, present, lambda: clock[0].now)
        desk = Desk(
            database, box, queueing, sender, present, nobody, lambda: clock[0].now, "a test", settings.webhooks_at_once
        )
        clock.append(Post(settings, database, reader, keeper, desk))
        yield clock[0]


async def forever(_: Received) -> web.StreamResponse | None:
    await asyncio.Event().wait()
    return None
