"""Request bodies, while they arrive."""

import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from app.http.body import read_body
from tests.server.test_middleware import raw
from tests.small_app import Client, Serve

LIMIT = 100_000


async def echo(request: web.Request) -> web.Response:
    return web.Response(text=str(len(await read_body(request, LIMIT))))


@pytest.fixture(name="client")
async def _client(serve: Serve) -> Client:
    return await serve(web.post("/api/v1/images", echo), body_seconds=1)


async def in_chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 1000):
        yield bytes(1000)


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_up_to_the_limit_is_read(client: Client, chunked: bool) -> None:
    """A body of exactly the limit is read whole, announced or chunked."""
    response = await client.post("/api/v1/images", data=in_chunks(LIMIT) if chunked else bytes(LIMIT))

    assert (response.status, await response.text()) == (200, str(LIMIT))


async def test_a_body_without_bytes_is_read(client: Client) -> None:
    """No body is an empty one."""
    response = await client.post("/api/v1/images")

    assert (response.status, await response.text()) == (200, "0")


async def test_a_body_beyond_the_limit_is_refused_while_it_arrives(client: Client) -> None:
    """A chunked body is refused as soon as it passes the limit, in the room's words."""
    response = await client.post("/api/v1/images", data=in_chunks(2 * LIMIT))

    assert (response.status, await response.json()) == (413, {"room": "spree", "error": "BodyTooLarge"})


async def test_a_body_announced_beyond_the_limit_is_not_waited_for(client: Client) -> None:
    """An announced length beyond the limit is refused before a byte has come."""
    head = await first_line(client, f"POST /api/v1/images HTTP/1.1\r\nHost: a\r\nContent-Length: {LIMIT + 1}\r\n\r\n")

    assert b" 413 " in head


async def first_line(client: Client, request: str) -> bytes:
    async with asyncio.timeout(5):
        reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
        writer.write(request.encode())
        line = await reader.readline()
        writer.close()
        await writer.wait_closed()
        return line


async def test_a_compressed_body_is_refused(client: Client) -> None:
    """A compressed body, which may be a bomb, is refused and never unpacked."""
    bomb = gzip.compress(bytes(50_000_000))

    response = await client.post("/api/v1/images", data=bomb, headers={"Content-Encoding": "gzip"})

    assert (response.status, await response.json()) == (415, {"room": "spree", "error": "EncodingNotAccepted"})


async def test_a_body_that_does_not_arrive_is_not_waited_for_for_ever(client: Client) -> None:
    """A body that dawdles is given up after the time that the settings allow."""
    head = await first_line(client, "POST /api/v1/images HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")

    assert b" 408 " in head


async def test_a_body_framed_wrongly_is_told(client: Client) -> None:
    """A chunked body whose framing is broken is the caller's error."""
    answer = await raw(
        client,
        "POST /api/v1/images HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
        "Connection: close\r\n\r\nnonsense\r\n",
    )

    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 "))
