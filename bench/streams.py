"""A thousand clients that follow the feed: what they cost the server, and when a change has reached the last one."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from app.service.catalogue.keys import KeyOptions, put_key
from app.service.changes.record import Row as Change
from app.service.changes.record import record_rows
from bench.servers import Server, ours
from bench.shop import Shop
from bench.table import Row

_STREAMS: Final = 1000
_CHANGES: Final = 5
_LEFT_SECONDS: Final = 2.0  # until it is noticed that clients have left
_MB: Final = 1_000_000
_MOST_MEMORY: Final = 60
_MOST_SECONDS: Final = 1.0

Reader = asyncio.StreamReader


async def streams(shop: Shop) -> list[Row]:
    """Memory of the server's process with them and without, and the slowest of some changes."""
    _, key = await put_key(shop.database, KeyOptions("reader", ["v1"]))
    async with ours({**shop.settings, "MAX_STREAMS": str(_STREAMS)}) as server:
        async with _following(server, key, 5) as few:
            await _reach(shop, few)
        await asyncio.sleep(_LEFT_SECONDS)
        before = server.memory()
        async with _following(server, key, _STREAMS) as readers:
            await _reach(shop, readers)
            cost = server.memory() - before
            slowest = max([await _reach(shop, readers) for _ in range(_CHANGES)])
    return [
        Row(
            f"memory, {_STREAMS} streams of events",
            f"+{cost / _MB:.0f} MB",
            target=f"<= +{_MOST_MEMORY} MB",
            met=cost <= _MOST_MEMORY * _MB,
        ),
        Row(
            f"until a change has reached {_STREAMS} streams, the slowest of {_CHANGES}",
            f"{slowest:.2f} s",
            target=f"<= {_MOST_SECONDS:.0f} s",
            met=slowest <= _MOST_SECONDS,
        ),
    ]


async def _reach(shop: Shop, readers: list[Reader]) -> float:
    """Seconds from the commit of a change until each has its event."""
    async with shop.database.transaction() as tx:
        await record_rows(tx, [Change("image.updated", 1, 1, 1, {"label": "a"}, {"label": "b"})])
    began = time.monotonic()
    await asyncio.gather(*(reader.readuntil(b"event: image.updated") for reader in readers))
    return time.monotonic() - began


@asynccontextmanager
async def _following(server: Server, key: str, count: int) -> AsyncIterator[list[Reader]]:
    request = (
        f"GET /v1/events?types=image.* HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n"
        "Accept: text/event-stream\r\n\r\n"
    ).encode()
    readers: list[Reader] = []
    writers: list[asyncio.StreamWriter] = []
    try:
        for _ in range(count):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            readers.append(reader)
            writers.append(writer)
            writer.write(request)
            await reader.readuntil(b"retry: ")
        yield readers
    finally:
        for writer in writers:
            writer.close()
