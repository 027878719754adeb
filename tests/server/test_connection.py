"""What becomes of connections on which no request arrives that anybody could answer."""

import asyncio
import logging
import resource
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import pytest
from aiohttp import web

from app.errors import NotFound
from app.http.appkeys import OBSERVER
from app.http.body import read_body
from app.http.ready import Document
from app.http.respond import represent, represent_image, send_document, send_object
from app.server.connections import most_connections, used_descriptors
from app.server.partings import MOST
from app.server.runner import Runner
from app.settings import Settings
from app.telemetry.exposition import plain, text
from tests.small_app import small_app


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
        return self.troubles("request_refused", why)

    def troubles(self, event: str, what: str) -> float:
        lines = text(plain(self.runner.app[OBSERVER].metrics.families())).decode().splitlines()
        start = f'product_images_trouble_total{{event="{event}",what="{what}"}} '
        return sum(float(line.removeprefix(start)) for line in lines if line.startswith(start))

    async def left(self, most: int) -> None:
        """Waits until no more connections are there than that."""
        assert self.runner.server is not None
        async with asyncio.timeout(20):
            while len(self.runner.server.connections) > most:  # noqa: ASYNC110, the server finds out in its own time
                await asyncio.sleep(0.02)

    async def eventually(self, event: str, what: str) -> None:
        async with asyncio.timeout(20):
            while not self.troubles(event, what):  # noqa: ASYNC110, the server finds out in its own time
                await asyncio.sleep(0.05)


BOTH = b"POST /measure HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
Start = Callable[..., Awaitable[Served]]


async def hello(_: web.Request) -> web.Response:
    return web.Response(text="hello")


async def measure(request: web.Request) -> web.Response:
    return web.Response(text=str(len(await read_body(request, 1000))))


LARGE = bytes(6_000_000)
IMAGE = represent_image(size=len(LARGE), media_type="image/png", etag='"a"', cache_control="no-store", filename="a.png")
SMALL = represent(size=5, media_type="text/plain", etag='"a"', cache_control="no-store")
JSON = {"Content-Type": "application/json"}


async def file(request: web.Request) -> web.StreamResponse:
    return await send_object(request, IMAGE, LARGE)


async def document(request: web.Request) -> web.StreamResponse:
    return send_document(request, Document(200, JSON, LARGE, None))


async def small(request: web.Request) -> web.StreamResponse:
    return await send_object(request, SMALL, b"hello")


async def plain_answer(_: web.Request) -> web.StreamResponse:
    return web.Response(body=LARGE)


async def error(_: web.Request) -> web.StreamResponse:
    raise NotFound


ROUTES = (
    web.get("/hello", hello),
    web.post("/measure", measure),
    web.get("/media/file", file),
    web.get("/document", document),
    web.get("/plain", plain_answer),
    web.get("/small", small),
    web.get("/error", error),
)


def narrow_socket() -> socket.socket:
    """Connections to it hold little that is not read."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    listening.bind(("127.0.0.1", 0))
    return listening


async def narrow_client(served: Served) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A client who holds little, and reads when he is asked to."""
    connecting = socket.socket()
    connecting.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connecting.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connecting, served.runner.addresses[0])
    return await asyncio.open_connection(sock=connecting, limit=1024)


@pytest.fixture(name="start")
async def _start() -> AsyncIterator[Start]:
    """Starts a server; keywords are settings."""
    runners: list[Runner] = []

    async def start(**changed: object) -> Served:
        runner = Runner(small_app(*ROUTES, **changed))
        runner.drain_seconds = 0
        runners.append(runner)
        await runner.setup()
        await web.SockSite(runner, narrow_socket()).start()
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
        (b"GET /hello HTTP/2.0\r\nHost: a\r\n\r\n", 505, "version"),
        (b"GET /hello HTTP/0.9\r\nHost: a\r\n\r\n", 505, "version"),
        (b"GET /hello\r\n\r\n", 505, "version"),
        (b"POST /measure HTTP/2.0\r\nHost: a\r\nContent-Length: 9\r\n\r\nGET / HTT", 505, "version"),
    ],
    ids=["verb", "line", "version", "header", "name", "length", "lengths", "many", "path", "value", *"2901"],
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
        b"HTTP is spoken here in its versions 1.0 and 1.1.\n",
    )
    assert head.startswith(b"HTTP/1.")
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
    assert answer.result().endswith(b"too long to arrive.\n")
    writer.close()
    assert served.refused("too_slow") == 1


@pytest.mark.parametrize(
    ("start_of_it", "status"),
    [(b"GET /", 431), (b"nonsense\r\n", 400), (b"POST /hello HTTP/2.0\r\nContent-Length: 9000000\r\n\r\n", 505)],
)
async def test_who_sends_on_hears_why_he_is_refused(start: Start, start_of_it: bytes, status: int) -> None:
    """What comes behind the refused is read away, so that the system does not reset the connection meanwhile."""
    served = await start()
    async with asyncio.timeout(10):
        reader, writer = await served.open()
        writer.write(start_of_it)
        for _ in range(50):
            writer.write(b"x" * 100_000)
            await writer.drain()
            await asyncio.sleep(0)
        answer = await reader.read()
    assert f" {status} ".encode() in answer.splitlines()[0]
    assert answer.endswith(b".\n")
    writer.close()
    await served.left(0)


async def test_who_does_not_go_is_not_read_from_for_ever(start: Start) -> None:
    """A client who has his last answer and stays loses the connection in a moment."""
    served = await start()
    reader, writer = await served.open()
    writer.write(b"nonsense\r\n\r\n")
    assert (await reader.read()).endswith(b"understood.\n")
    await served.left(0)
    writer.close()


async def test_few_are_read_from_that_have_their_last_answer(start: Start) -> None:
    """However many are refused and stay, they take few of the connections that there may be."""
    served = await start()
    refused = [await served.open() for _ in range(3 * MOST)]
    for reader, writer in refused:
        writer.write(b"nonsense\r\n\r\n")
        assert (await reader.read()).endswith(b"understood.\n")
    await served.left(MOST)
    for _, writer in refused:
        writer.close()
    await served.left(0)


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


ANSWERS = {
    "file": ("/media/file", "", 1),
    "part of a file": ("/media/file", "Range: bytes=0-3000000\r\n", 1),
    "file on a connection that ends": ("/media/file", "Connection: close\r\n", 1),
    "document": ("/document", "", 1),
    "document on a connection that ends": ("/document", "Connection: close\r\n", 1),
    "answer of any other kind": ("/plain", "", 1),
    "small ones": ("/small", "", 3000),
    "304s": ("/small", 'If-None-Match: "a"\r\n', 3000),
    "errors": ("/error", "", 3000),
    "refusals": ("/nowhere", "", 3000),
}
"""Path, headers, and how often it is asked for."""


@pytest.mark.parametrize("kind", ANSWERS)
async def test_who_does_not_read_is_cut_off(start: Start, kind: str) -> None:
    """Whatever was asked for, who takes none of it for as long as a slice may take loses the connection."""
    served = await start(send_seconds=1)
    path, further, times = ANSWERS[kind]
    reader, writer = await narrow_client(served)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: a\r\n{further}\r\n".encode() * times)
    await served.eventually("request_refused", "not_read")
    with suppress(ConnectionError):
        received = await reader.read(10_000_000)
        assert len(received) < 1_000_000
    writer.close()
    assert served.refused("not_read") == 1
    assert (await served.ask(b"GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).endswith(b"hello")


async def test_an_answer_at_the_end_of_a_connection_has_its_time_too(start: Start) -> None:
    """A connection that is being closed does not wait for ever for who does not read its last answer."""
    served = await start(send_seconds=1)
    _, writer = await narrow_client(served)
    writer.write(b"GET /small HTTP/1.1\r\nHost: a\r\n\r\n" * 5000 + b"nonsense\r\n\r\n")
    await served.eventually("request_refused", "not_read")
    writer.close()


@pytest.mark.parametrize("path", ["/media/file", "/document", "/plain"])
async def test_who_reads_slowly_but_steadily_has_all_of_it(start: Start, path: str) -> None:
    """A slice may take as long as is set, and a body many times that."""
    served = await start(send_seconds=1)
    reader, writer = await narrow_client(served)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert b"Content-Length: 6000000" in head
    received, started = 0, asyncio.get_running_loop().time()
    while received < len(LARGE):
        taken = len(await reader.readexactly(min(len(LARGE) - received, 200_000)))
        received += taken
        await asyncio.sleep(0.1)
    assert asyncio.get_running_loop().time() - started > 2
    assert await reader.read() == b""
    writer.close()


async def test_the_one_that_is_idle_longest_gives_way(start: Start) -> None:
    """Beyond the bound a new connection is served, the oldest idle one is closed, and one at work is left alone."""
    served = await start(max_connections=4)
    uploading, upload = await served.open()
    upload.write(b"POST /measure HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na")
    others = []
    for _ in range(6):
        reader, writer = await served.open()
        writer.write(b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b" 200 OK" in await reader.readuntil(b"hello")
        others.append((reader, writer))
    async with asyncio.timeout(10):
        for reader, _ in others[:3]:
            assert await reader.read() == b""
    for reader, writer in others[3:]:
        writer.write(b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b" 200 OK" in await reader.readuntil(b"hello")
    upload.write(b"b")
    assert b" 200 OK" in await uploading.readuntil(b"\r\n")
    for _, writer in (*others, (uploading, upload)):
        writer.close()
    assert (served.refused("gave_way"), served.refused("too_many")) == (3, 0)


async def test_where_all_are_at_work_a_new_one_is_told_to_come_back(start: Start) -> None:
    """With a request in hand on each connection there is, the next client hears 503, and may come later."""
    served = await start(max_connections=2)
    busy = [await served.open() for _ in range(2)]
    for _, writer in busy:
        writer.write(b"POST /measure HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n")
    await asyncio.sleep(0.2)
    answer = await served.ask(b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"\r\nRetry-After: 1\r\n" in answer
    for reader, writer in busy:
        writer.write(b"x")
        assert b" 200 OK" in await reader.readline()
        writer.close()
    assert served.refused("too_many") == 1


def test_connections_leave_descriptors_for_postgres_and_the_store() -> None:
    """Where few files may be open, fewer clients may be connected than settings say."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    own = 100 + 2 * (16 + 8 + 3) + 1
    settings = replace(Settings(), database_pool_size=100)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, hard), hard))
    try:
        assert most_connections(settings) <= 1024 - own
        assert most_connections(replace(settings, max_connections=10)) == 10
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_running_out_of_descriptors_is_told(start: Start) -> None:
    """Where hardly a file can be opened any more, that is reported."""
    served = await start(send_seconds=1)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert not served.troubles("check_failed", "descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (used_descriptors() + 4, hard))
    try:
        await served.eventually("check_failed", "descriptors")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
