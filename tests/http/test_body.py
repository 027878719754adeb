"""Request bodies, while they arrive."""

import asyncio
import gzip
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import aiohttp
import pytest
from aiohttp import web

from app.http.body import LEAST_RATE, read_body
from tests.server.test_middleware import raw
from tests.small_app import Client, Serve

LIMIT = 100_000


async def echo(request: web.Request) -> web.Response:
    return web.Response(text=str(len(await read_body(request, LIMIT))))


async def large(request: web.Request) -> web.Response:
    return web.Response(text=str(len(await read_body(request, 10_000_000))))


@pytest.fixture(name="client")
async def _client(serve: Serve) -> Client:
    return await serve(web.post("/api/v1/images", echo), web.post("/api/v1/large", large), body_seconds=1)


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
    """A chunked body is refused as soon as it passes the limit, in the API's words."""
    response = await client.post("/api/v1/images", data=in_chunks(2 * LIMIT))

    assert (response.status, await response.json()) == (413, {"api": "spree", "error": "BodyTooLarge"})


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

    assert (response.status, await response.json()) == (415, {"api": "spree", "error": "EncodingNotAccepted"})


async def test_a_body_that_does_not_arrive_is_not_waited_for_for_ever(client: Client) -> None:
    """A body that dawdles is given up after the time that the settings allow."""
    head = await first_line(client, "POST /api/v1/images HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")

    assert b" 408 " in head


async def slowly(size: int, rate: int, piece: int) -> AsyncIterator[bytes]:
    """So many bytes at so many a second."""
    for start in range(0, size, piece):
        yield bytes(min(piece, size - start))
        await asyncio.sleep(piece / rate)


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_large_body_over_a_slow_line_is_taken(client: Client, chunked: bool) -> None:
    """Bytes that come at more than 64 KiB a second may take longer than the time for a body."""
    rate = 3 * LEAST_RATE // 2
    head = {} if chunked else {"Content-Length": str(4 * rate)}

    response = await client.post("/api/v1/large", data=slowly(4 * rate, rate, rate // 10), headers=head)

    assert (response.status, await response.text()) == (200, str(4 * rate))


async def test_a_body_below_the_least_rate_is_given_up(client: Client) -> None:
    """Bytes that keep coming at less than 64 KiB a second get no more time than they are worth."""
    began = time.monotonic()
    with suppress(aiohttp.ClientError):  # we hang up while it is still sending
        response = await client.post("/api/v1/large", data=slowly(LEAST_RATE, LEAST_RATE // 16, LEAST_RATE // 64))
        assert response.status == 408
    assert 1 <= time.monotonic() - began < 8  # of sixteen


async def test_a_body_framed_wrongly_is_told(client: Client) -> None:
    """A chunked body whose framing is broken is the caller's error."""
    answer = await raw(
        client,
        "POST /api/v1/images HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
        "Connection: close\r\n\r\nnonsense\r\n",
    )

    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 "))
