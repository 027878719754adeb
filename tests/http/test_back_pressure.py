"""Large bodies go out in constant memory, however slowly they are taken."""

import asyncio
import socket
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web

from app.http.respond import represent_image, send_object
from app.http.streams import Stored
from app.store import FileStore
from app.store.protocol import CHUNK
from tests.small_app import Client, Serve

KEY = "check/large"
LARGE = 160 * CHUNK
SLOW = 12  # clients
PULL = 128 * 1024  # bytes
PULLS = 16
PAUSE = 0.25  # seconds
EACH = 8 * CHUNK
"""What one transfer may hold: two chunks of the store's, what waits in its connection, and what its client holds."""


@dataclass(frozen=True)
class Delivery:
    """`/media/large` streams a large object to whoever takes some of it every second; `ended` hears of each end."""

    client: Client
    ended: asyncio.Queue[str]


@pytest.fixture(name="delivery")
async def _delivery(serve: Serve, tmp_path: Path) -> AsyncIterator[Delivery]:
    source = tmp_path / "large"
    with source.open("wb") as file:
        file.truncate(LARGE)
    async with FileStore(tmp_path / "objects") as store:
        await store.put(KEY, source, media_type="image/jpeg")
        about = represent_image(
            size=LARGE, media_type="image/jpeg", etag='"abc"', cache_control="no-store", filename="large.jpg"
        )
        ended: asyncio.Queue[str] = asyncio.Queue()

        async def handler(request: web.Request) -> web.StreamResponse:
            try:
                response = await send_object(request, about, Stored(store, KEY, LARGE))
            except ConnectionError:
                ended.put_nowait("cut off")
                raise
            ended.put_nowait("done")
            return response

        yield Delivery(await serve(web.get("/media/large", handler), send_seconds=1), ended)


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """No more than `size` bytes are held at any time inside the block."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        yield
        assert tracemalloc.get_traced_memory()[1] - before <= size
    finally:
        tracemalloc.stop()


async def test_a_large_body_is_streamed_in_constant_memory(delivery: Delivery) -> None:
    """An object of 40 MB is never held as a whole, and arrives as a whole."""
    await delivery.client.get("/media/large", headers={"Range": "bytes=0-1"})  # so that both sides are set up
    received = 0
    with at_most(EACH):
        response = await delivery.client.get("/media/large")
        async for chunk in response.content.iter_any():
            received += len(chunk)
    assert received == LARGE


async def test_slow_clients_do_not_fill_the_memory(delivery: Delivery) -> None:
    """What clients do not take is not read from the store, and who takes nothing for too long is cut off."""
    server = delivery.client.server
    request = b"GET /media/large HTTP/1.1\r\nHost: shop.example\r\n\r\n"
    with at_most(SLOW * EACH):
        streams = [await asyncio.open_connection(server.host, server.port, limit=1024) for _ in range(SLOW)]
        for reader, writer in streams:
            writer.write(request)
            assert await reader.readexactly(15) == b"HTTP/1.1 200 OK"
        async with asyncio.timeout(20):
            assert [await delivery.ended.get() for _ in streams] == ["cut off"] * SLOW
    for _, writer in streams:
        writer.close()


async def test_who_takes_little_at_a_time_is_not_cut_off(delivery: Delivery) -> None:
    """A client that goes on reading, however slowly, has its answer; the system's buffers do not hide that it reads."""
    server = delivery.client.server
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PULL // 2)  # a client's own buffers are no matter of ours
    small.setblocking(False)
    await asyncio.get_running_loop().sock_connect(small, (server.host, server.port))
    reader, writer = await asyncio.open_connection(sock=small, limit=PULL)
    writer.write(b"GET /media/large HTTP/1.1\r\nHost: shop.example\r\n\r\n")
    for _ in range(PULLS):
        await reader.readexactly(PULL)
        await asyncio.sleep(PAUSE)
    assert delivery.ended.empty()
    writer.close()
