"""A process on its way out answers everybody once more, and sends them elsewhere."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from app.errors import NotFound
from app.http.drain import DRAIN
from app.http.respond import represent, send_object
from app.http.streams import Stored
from app.store import FileStore
from tests.small_app import Client, Serve

KEY = "blobs/ab/large"
SIZE = 1_000_000


@pytest.fixture(name="client")
async def _client(serve: Serve, tmp_path: Path) -> AsyncIterator[Client]:
    """Answers of every kind: made anew, ready, streamed, and failed."""
    about = represent(size=5, media_type="text/plain", etag='"a"', cache_control="no-cache")
    large = represent(size=SIZE, media_type="text/plain", etag='"b"', cache_control="no-cache")

    async def plain(request: web.Request) -> web.StreamResponse:
        return web.Response(text="plain")

    async def ready(request: web.Request) -> web.StreamResponse:
        return await send_object(request, about, b"ready")

    async def failed(request: web.Request) -> web.StreamResponse:
        raise NotFound

    async with FileStore(tmp_path) as store:
        await store.put(KEY, bytes(SIZE), media_type="text/plain")

        async def streamed(request: web.Request) -> web.StreamResponse:
            return await send_object(request, large, Stored(store, KEY, SIZE))

        handlers = {"plain": plain, "ready": ready, "failed": failed, "streamed": streamed}
        yield await serve(*(web.get(f"/{name}", handler) for name, handler in handlers.items()))


@pytest.mark.parametrize("kind", ["plain", "ready", "failed", "streamed"])
async def test_every_answer_ends_its_connection(client: Client, kind: str) -> None:
    """While a process drains it answers in full on open connections, and each answer is the last one there."""
    before = await client.get(f"/{kind}")
    assert before.headers.get("Connection") != "close"
    body = await before.read()

    client.app[DRAIN].begin()
    response = await client.get(f"/{kind}")

    assert (response.status, await response.read()) == (before.status, body)
    assert response.headers["Connection"] == "close"
