"""Requests that wait for a picture: what two thousand cost beside as many that await a future, when all are answered
once it is decided, and when the process drains."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from app.service.catalogue.keys import KeyOptions, put_key
from bench.servers import HOST, Server, bare, ours
from bench.shop import Shop
from bench.table import Row
from bench.wire import get

_WAITERS: Final = 2000
_FEW: Final = 5  # to warm up
_IMAGE: Final = 1
_SETTLE_SECONDS: Final = 3.0
_MB: Final = 1_000_000
_MOST_MEMORY: Final = 40
_MOST_SECONDS: Final = 1.0

Reader = asyncio.StreamReader


async def waiters(shop: Shop) -> list[Row]:
    _, key = await put_key(shop.database, KeyOptions("reader", ["v1"]))
    path = f"/v1/images/{_IMAGE}"
    asked = get(path, Authorization=f"Bearer {key}", Prefer="wait=50")
    async with bare({"held": path}) as floor:
        base, _ = await _cost(floor, asked)
    await _decide(shop, "processing")
    async with ours(shop.settings | {"MAX_WAITERS": str(_WAITERS + _FEW)}) as server:
        cost, woken = await _cost(server, asked, shop)
        await _decide(shop, "processing")
        drained = await _drained(server, asked)
    await _decide(shop, "ready")
    more = (cost - base) / _MB
    return [
        Row(
            f"memory, {_WAITERS:,} requests that wait for a picture",
            f"+{cost / _MB:.0f} MB",
            f"+{base / _MB:.0f} MB",
            None,
            f"<= +{_MOST_MEMORY} MB",
            more <= _MOST_MEMORY,
        ),
        _within("from the commit until all of these are answered", woken),
        _within("from SIGTERM until as many are answered", drained),
    ]


def _within(name: str, seconds: float) -> Row:
    return Row(name, f"{seconds:.2f} s", target=f"<= {_MOST_SECONDS:.0f} s", met=seconds <= _MOST_SECONDS)


async def _cost(server: Server, asked: bytes, shop: Shop | None = None) -> tuple[int, float]:
    """Bytes that they take, and seconds from the commit until all are answered; 0 without a shop to commit to."""
    async with _asking(server, asked, _FEW):
        await asyncio.sleep(_SETTLE_SECONDS)
    before = server.memory()
    async with _asking(server, asked, _WAITERS) as readers:
        await asyncio.sleep(_SETTLE_SECONDS)
        cost = server.memory() - before
        if shop is None:
            return cost, 0.0
        await _decide(shop, "ready")
        return cost, await _answered(readers)


async def _drained(server: Server, asked: bytes) -> float:
    async with _asking(server, asked, _WAITERS) as readers:
        await asyncio.sleep(_SETTLE_SECONDS)
        os.kill(server.pid, signal.SIGTERM)
        return await _answered(readers)


async def _answered(readers: Sequence[Reader]) -> float:
    began = time.monotonic()
    heads = await asyncio.gather(*(reader.readuntil(b"\r\n\r\n") for reader in readers))
    assert all(head.startswith(b"HTTP/1.1 200") and b"Preference-Applied: wait=50" in head for head in heads), heads[0]
    return time.monotonic() - began


async def _decide(shop: Shop, state: str) -> None:
    """As the transaction of the last rendition does; a trigger tells those who wait."""
    async with shop.database.transaction() as tx:
        await tx.connection.execute(
            "update blob set state = $2 where hash = (select blob_hash from picture where id = $1)", _IMAGE, state
        )


@asynccontextmanager
async def _asking(server: Server, asked: bytes, count: int) -> AsyncIterator[list[Reader]]:
    opened = [await asyncio.open_connection(HOST, server.port) for _ in range(count)]
    try:
        for _, writer in opened:
            writer.write(asked)
        yield [reader for reader, _ in opened]
    finally:
        for _, writer in opened:
            writer.close()
