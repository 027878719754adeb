"""Webhooks: until an event has come, beside a receiver that never answers, and behind a large import."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Final

import aiohttp
import orjson
from aiohttp import web

from app.service.catalogue.keys import KeyOptions, put_key
from app.service.changes.acting import Act, as_actor
from app.service.changes.record import Row as Change
from app.service.changes.record import record_rows
from bench.servers import HOST, Server, ours
from bench.shop import Shop
from bench.table import Row, at_most

_CHANGES: Final = 20
_WAITING: Final = 300
"""Events for the receiver that never answers: more than it may have under way."""
_IMPORTED: Final = 100_000
_MOST_SECONDS: Final = 5.0
_MINUTE: Final = 60.0
_PERSON: Final = Act("key", "1", "a person", "v1")


@dataclass(slots=True)
class Receiver:
    """Takes what comes to `/live`, and leaves all else without an answer. `seen`: ids of what people did."""

    port: int = 0
    seen: set[str] = field(default_factory=set)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def has_seen(self, count: int) -> None:
        """Returns once so many have come in all."""
        async with asyncio.timeout(_MINUTE):
            while len(self.seen) < count:
                self.came.clear()
                await self.came.wait()

    async def take(self, request: web.Request) -> web.Response:
        event = orjson.loads(await request.read())
        if event["type"] == "product.updated":
            self.seen.add(request.headers["webhook-id"])
            self.came.set()
        return web.Response(status=204)

    async def never(self, _: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError


async def webhooks(shop: Shop) -> list[Row]:
    """Medians of some changes; of the import one."""
    _, key = await put_key(shop.database, KeyOptions("admin", ["v1"]))
    address = {"PUBLIC_URL": "http://shop.example", "FETCH_ALLOWED_NETWORKS": "127.0.0.0/8:*"}
    async with (
        ours({**shop.settings, **address, "RUN_WORKER": "true"}) as server,
        _receiving() as receiver,
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as session,
    ):
        await _add(session, server, f"http://{HOST}:{receiver.port}/live")
        await _delay(shop, receiver)  # to warm up
        alone = median([await _delay(shop, receiver) for _ in range(_CHANGES)])
        dead = await _add(session, server, f"http://{HOST}:{receiver.port}/dead")
        await _change(shop, _WAITING)
        await receiver.has_seen(_CHANGES + 1 + _WAITING)
        beside = median([await _delay(shop, receiver) for _ in range(_CHANGES)])
        async with session.delete(f"http://{HOST}:{server.port}/v1/webhooks/{dead}") as answer:
            assert answer.status == 204, answer
        await _import(shop)
        behind = await _delay(shop, receiver)
    name = "until an event has come to its webhook, beside one that never answers"
    return [
        at_most(name, f"{beside:.2f} s", f"{alone:.2f} s", beside / alone, 1.5),
        Row(
            f"the same, right behind {_IMPORTED:,} events of an import",
            f"{behind:.2f} s",
            target=f"<= {_MOST_SECONDS:.0f} s",
            met=behind <= _MOST_SECONDS,
        ),
    ]


async def _add(session: aiohttp.ClientSession, server: Server, url: str) -> int:
    async with session.post(f"http://{HOST}:{server.port}/v1/webhooks", json={"url": url}) as answer:
        assert answer.status == 201, await answer.text()
        number: int = (await answer.json())["id"]
        return number


async def _delay(shop: Shop, receiver: Receiver) -> float:
    """Seconds from the commit of what a person does."""
    count = len(receiver.seen)
    await _change(shop, 1)
    began = time.monotonic()
    await receiver.has_seen(count + 1)
    return time.monotonic() - began


async def _change(shop: Shop, count: int) -> None:
    with as_actor(_PERSON):
        async with shop.database.transaction() as tx:
            await record_rows(tx, [Change("product.updated", 1, revision=1)] * count)


async def _import(shop: Shop) -> None:
    async with shop.database.transaction() as tx:
        await tx.connection.execute(
            "insert into change (kind, product_id, image_id, revision, actor_kind, via, batch, closes)"
            " select 'image.created', n % 200 + 1, n % 600 + 1, 1, 'command', 'import', 'bench', false"
            " from generate_series(1, $1::integer) n",
            _IMPORTED,
            timeout=_MINUTE,
        )


@asynccontextmanager
async def _receiving() -> AsyncIterator[Receiver]:
    receiver, app = Receiver(), web.Application()
    app.router.add_post("/live", receiver.take)
    app.router.add_post("/dead", receiver.never)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, 0).start()
        receiver.port = runner.addresses[0][1]
        yield receiver
    finally:
        await runner.cleanup()
