"""What becomes of connections on which no request arrives that anybody could answer."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
from aiohttp import web

from app.http.appkeys import OBSERVER
from app.http.body import read_body
from app.http.exposition import plain, text
from app.http.runner import Runner
from tests.http.conftest import small_app


@dataclass(frozen=True)
class Served:
    """The service's own server, over a small application."""

    runner: Runner

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.runner.addresses[0][1])

    async def ask(self, data: bytes) -> bytes:
        """Everything that comes back until the server closes the connection."""
        async with asyncio.timeout(10):
            reader, writer = await self.open()
            writer.write(data)
            answer = await reader.read()
            writer.close()
            return answer

    def refused(self, why: str) -> float:
        lines = text(plain(self.runner.app[OBSERVER].metrics.families())).decode().splitlines()
        start = f'product_images_trouble_total{{event="request_refused",what="{why}"}} '
        return sum(float(line.removeprefix(start)) for line in lines if line.startswith(start))


BOTH = b"POST /measure HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
Start = Callable[..., Awaitable[Served]]


async def hello(_: web.Request) -> web.Response:
    return web.Response(text="hello")


async def measure(request: web.Request) -> web.Response:
    return web.Response(text=str(len(await read_body(request, 1000))))


@pytest.fixture(name="start")
async def _start() -> AsyncIterator[Start]:
    """Starts a server; keywords are settings."""
    runners: list[Runner] = []

    async def start(**changed: object) -> Served:
        runner = Runner(small_app(web.get("/hello", hello), web.post("/measure", measure), **changed))
        runner.drain_seconds = 0
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return Served(runner)

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("data", "status", "why"),
    [
        (b"FETCH! /hello HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed"),
        (b"SECRET\r\n\r\n", 400, "malformed"),
        (b"GET /hello HTTP/9.9\r\n\r\n", 400, "malformed"),
        (b"GET /hello HTTP/1.1\r\nSECRET\r\n\r\n", 400, "malformed"),
        (b"GET /hello HTTP/1.1\r\nHost: a\r\nBad SECRET: x\r\n\r\n", 400, "malformed"),
        (b"GET /hello HTTP/1.1\r\nHost: a\r\nContent-Length: SECRET\r\n\r\n", 400, "malformed"),
        (BOTH, 400, "malformed"),
        (b"GET /hello HTTP/1.1\r\nHost: a\r\n" + b"a: SECRET\r\n" * 1000 + b"\r\n", 400, "malformed"),
        (b"GET /" + b"SECRET" * 2000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 431, "too_long"),
        (b"GET /hello HTTP/1.1\r\nHost: a\r\nA: " + b"SECRET" * 2000 + b"\r\n\r\n", 431, "too_long"),
    ],
    ids=["verb", "line", "version", "header", "name", "length", "lengths", "many", "path", "value"],
)
async def test_what_is_no_request_is_answered_in_a_sentence(
    start: Start, data: bytes, status: int, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing of the parser's words, and nothing of what was sent, comes back; it is counted, without a traceback."""
    served = await start()
    with caplog.at_level(logging.DEBUG):
        head, _, body = (await served.ask(data)).partition(b"\r\n\r\n")
    assert f" {status} ".encode() in head.splitlines()[0]
    assert b"connection: close" in head.lower() or head.startswith(b"HTTP/1.0")
    assert body in (
        b"This is no HTTP request that can be understood.\n",
        b"A line at the head of the request is too long.\n",
    )
    assert b"Server: product-images" in head
    assert served.refused(why) == 1
    assert not [record for record in caplog.records if record.exc_info]
    assert b"hello" in await served.ask(b"GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")


async def test_encrypted_words_are_refused_alike(start: Start) -> None:
    """A client that speaks TLS to the plain port is sent away, and the service goes on."""
    served = await start()
    hello = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), hello, server_hostname="a").do_handshake()
    assert b" 400 " in await served.ask(hello.read())
    assert served.refused("malformed") == 1
    assert (await served.ask(b"GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).endswith(b"hello")


async def test_a_bad_request_does_not_disturb_the_one_before(start: Start) -> None:
    """On one connection only what cannot be parsed is refused."""
    served = await start()
    reader, writer = await served.open()
    writer.write(b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b" 200 OK" in await reader.readuntil(b"hello")
    writer.write(b"nonsense\r\n\r\n")
    assert (await reader.read()).endswith(b"understood.\n")
    writer.close()


@pytest.mark.parametrize("sent", [b"", b"GET /hello HTT", b"GET /hello HTTP/1.1\r\nHost: a\r\nX-More: a"])
async def test_a_head_that_does_not_come_is_not_waited_for(start: Start, sent: bytes) -> None:
    """Who has not asked for anything in time is told so and sent away, whether silent or slow."""
    served = await start(head_seconds=1)
    answer = await served.ask(sent)
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert answer.endswith(b"\r\n\r\nThe head of the request took too long to arrive.\n")
    assert served.refused("too_slow") == 1


async def test_a_head_that_trickles_in_is_slow(start: Start) -> None:
    """Single bytes do not extend the time."""
    served = await start(head_seconds=1)
    reader, writer = await served.open()
    writer.write(b"GET /")
    answer = asyncio.create_task(reader.read())
    async with asyncio.timeout(10):
        while not answer.done():
            writer.write(b"x")
            await asyncio.wait([answer], timeout=0.1)
    assert b" 408 " in answer.result()
    writer.close()


async def test_who_has_asked_may_be_idle_or_slow(start: Start) -> None:
    """Connections kept alive, and requests being answered or sent, are older than a first head may get."""
    served = await start(head_seconds=1)
    reader, writer = await served.open()
    writer.write(b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
    await reader.readuntil(b"hello")
    uploading, upload = await served.open()
    upload.write(b"POST /measure HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na")
    assert b" 408 " in await served.ask(b"")  # which is younger than both
    for connection, rest in ((writer, b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"), (upload, b"b")):
        connection.write(rest)
    assert b" 200 OK" in await reader.readuntil(b"hello")
    assert b" 200 OK" in await uploading.readuntil(b"\r\n")
    for connection in (writer, upload):
        connection.close()
    assert served.refused("too_slow") == 1


async def test_a_body_that_stalls_is_given_up(start: Start) -> None:
    """A body of which nothing more comes gets 408 long before the time for all of it is up."""
    served = await start(body_seconds=3600, body_idle_seconds=1)
    reader, writer = await served.open()
    writer.write(b"POST /measure HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
    async with asyncio.timeout(10):
        assert b" 408 " in await reader.readline()
    writer.close()


async def test_a_body_that_comes_slowly_but_steadily_is_taken(start: Start) -> None:
    """Bytes that keep coming may take longer altogether than one may be waited for."""
    served = await start(body_idle_seconds=1)
    reader, writer = await served.open()
    writer.write(b"POST /measure HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n")
    answer = asyncio.create_task(reader.readline())
    for _ in range(6):
        assert not (await asyncio.wait([answer], timeout=0.25))[0]
        writer.write(b"x")
    assert b" 200 OK" in await answer
    writer.close()


@pytest.mark.parametrize("path", ["/hello", "/measure"])
async def test_a_body_framed_wrongly_leaves_no_traceback(
    start: Start, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whether somebody reads it or not, a body that breaks off its own framing is its sender's affair."""
    served = await start()
    reader, writer = await served.open()
    with caplog.at_level(logging.DEBUG):
        writer.write(f"POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        if path == "/hello":
            assert b" 405 " in await reader.readline()
        writer.write(b"nonsense\r\n")
        await reader.read()
    writer.close()
    assert not [record for record in caplog.records if record.exc_info]
