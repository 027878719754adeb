"""Fetching from a server on this machine, and refusing to where it is not on the list."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from urllib.parse import quote

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import FetchFailed, FetchRefused
from app.service.foreign.fetch import Fetcher
from app.settings import Settings
from tests.lengths import examples

NEVER = web.AppKey("never", asyncio.Event)
SETTINGS = replace(Settings(), max_image_bytes=1000, fetch_seconds=1)


async def _named(_: web.Request) -> web.Response:
    return web.Response(body=b"bytes", headers={"Content-Disposition": 'attachment; filename="cat.png"'})


async def _hop(request: web.Request) -> web.Response:
    left = int(request.match_info["left"])
    return web.Response(status=302, headers={"Location": f"/hop/{left - 1}" if left else "/named"})


async def _to(request: web.Request) -> web.Response:
    return web.Response(status=307, headers={"Location": request.query["url"]})


async def _endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x" * 10_000)


async def _silent(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"x")
    await request.app[NEVER].wait()
    return response


async def _compressed(_: web.Request) -> web.Response:
    return web.Response(body=b"x", headers={"Content-Encoding": "gzip"})


@dataclass(frozen=True, slots=True)
class Web:
    """A server on the loopback, and a fetcher that may reach it."""

    base: str
    port: int
    fetcher: Fetcher

    async def read(self, path: str) -> tuple[str, str, bytes]:
        return await read(self.fetcher, self.base + path)


async def read(fetcher: Fetcher, url: str) -> tuple[str, str, bytes]:
    async with fetcher.open(url) as remote:
        return remote.disposition, remote.segment, b"".join([chunk async for chunk in remote.chunks])


@pytest.fixture(name="net")
async def _net() -> AsyncIterator[Web]:
    app = web.Application()
    app[NEVER] = asyncio.Event()
    app.router.add_get("/named", _named)
    app.router.add_get("/folder/a%20b.png", _named)
    app.router.add_get("/hop/{left}", _hop)
    app.router.add_get("/to", _to)
    app.router.add_get("/endless", _endless)
    app.router.add_get("/silent", _silent)
    app.router.add_get("/compressed", _compressed)
    async with TestServer(app, host="127.0.0.1") as server:
        assert server.port is not None
        allowed = (f"127.0.0.1:{server.port}",)
        fetcher = Fetcher(replace(SETTINGS, fetch_allowed_networks=allowed))
        yield Web(f"http://127.0.0.1:{server.port}", server.port, fetcher)
        app[NEVER].set()


async def test_a_listed_host_is_fetched(net: Web) -> None:
    """A file of a listed host comes with its announced name and its last segment."""
    assert await net.read("/named") == ('attachment; filename="cat.png"', "named", b"bytes")


async def test_three_redirects_are_followed_and_no_more(net: Web) -> None:
    """Three redirects are followed, the fourth is one too many."""
    assert (await net.read("/hop/2"))[2] == b"bytes"
    with pytest.raises(FetchFailed):
        await net.read("/hop/3")


@pytest.mark.parametrize("path", ["/missing", "/compressed", "/silent"])
async def test_what_is_missing_compressed_or_too_slow_fails(net: Web, path: str) -> None:
    """An answer that is no 200, is compressed or does not end in time is a failure."""
    with pytest.raises(FetchFailed):
        await net.read(path)


async def test_reading_stops_behind_the_largest_image(net: Web) -> None:
    """Of an endless answer no more is read than tells that it is too large."""
    assert 1000 < len((await net.read("/endless"))[2]) <= 1000 + 64 * 1024


SPELLINGS = [
    "http://127.0.0.1/",
    "http://localhost/",
    "http://0.0.0.0/",
    "http://0/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[::]/",
    "http://169.254.169.254/latest/meta-data/",
    "https://10.0.0.1/",
    "http://192.168.0.1/",
    "http://[fe80::1]/",
    "http://[fd00:ec2::254]/",
]


@pytest.mark.parametrize("url", SPELLINGS)
async def test_no_spelling_of_a_private_host_is_reached(url: str) -> None:
    """However a private address is spelt, no socket is made for it."""
    with pytest.raises(FetchRefused):
        await read(Fetcher(SETTINGS), url)


@pytest.mark.parametrize("url", SPELLINGS)
async def test_no_redirect_leads_to_a_private_host(net: Web, url: str) -> None:
    """A redirect to a private address is refused like the address itself."""
    with pytest.raises(FetchRefused):
        await net.read(f"/to?url={url}")


@pytest.mark.parametrize(
    "url", ["ftp://example.com/a.png", "file:///etc/passwd", "http://", "http://user:pass@example.com/", "http://[/"]
)
async def test_only_plain_web_addresses_are_fetched(net: Web, url: str) -> None:
    """Other schemes, credentials and malformed addresses are refused, as redirects too."""
    with pytest.raises(FetchRefused):
        await read(net.fetcher, url)
    with pytest.raises((FetchRefused, FetchFailed)):
        await net.read(f"/to?url={url}")


async def test_an_unlisted_port_is_refused(net: Web) -> None:
    """The same server is out of reach for whoever does not list its port."""
    with pytest.raises(FetchRefused):
        await read(Fetcher(SETTINGS), f"{net.base}/named")


HOSTS = st.one_of(
    st.sampled_from(
        ["a..b", "xn--", ".a", "a" * 70 + ".example", "xn--a-ecp", "\u2024", "a\u3002.b", "[::1%25lo]", "%", "_"]
    ),
    st.text(st.characters(codec="utf-8"), max_size=8),
    st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=0x2FFF), max_size=66), max_size=4).map(".".join),
)


@given(scheme=st.sampled_from(["http://", "https://", "HTTP://", "//", ""]), host=HOSTS, rest=st.text(max_size=6))
@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_an_address_is_it_is_refused_or_fails(scheme: str, host: str, rest: str) -> None:
    """No text in the place of an address ends in anything but a refusal or a failure of this one."""
    with pytest.raises((FetchRefused, FetchFailed)):
        await read(Fetcher(SETTINGS, Nowhere()), f"{scheme}{host}{rest}")


@pytest.mark.parametrize("host", ["a..b", "xn--", ".a", "a" * 70, "a" * 300, "\u2024", "%zz", "a b", "*"])
async def test_a_host_that_nobody_can_look_up_is_refused_or_fails(net: Web, host: str) -> None:
    """Given by the caller or by a redirect, a host that no library encodes is told of this address alone."""
    for url in (f"http://{host}/", f"{net.base}/to?url=http://{quote(host)}/x"):
        with pytest.raises((FetchRefused, FetchFailed)):
            await read(net.fetcher, url)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 302 Found\r\nLocation: http://a..b/x\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://\xff\xfe/\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://a:99999999/\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: \r\n\r\n",
        b"HTTP/1.1 302 Found\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://a\x01b/\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"\x00\xff" * 40,
        b"",
    ],
)
async def test_whatever_a_server_answers_is_a_refusal_or_a_failure(head: bytes) -> None:
    """A server that sends no picture, whatever it sends, costs this one address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        fetcher = Fetcher(replace(SETTINGS, fetch_allowed_networks=(f"127.0.0.1:{port}",)))
        with pytest.raises((FetchRefused, FetchFailed)):
            await read(fetcher, f"http://127.0.0.1:{port}/")


class Nowhere(AbstractResolver):
    """A name server that knows no name."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        raise OSError(None, "nobody knows that name")

    async def close(self) -> None:
        """Holds nothing open."""


class ChangingResolver(AbstractResolver):
    """A name server that gives another address each time it is asked."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address = self.addresses.pop(0)
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=0)]

    async def close(self) -> None:
        """Holds nothing open."""


async def test_a_name_that_changes_its_address_is_judged_each_time(net: Web) -> None:
    """A name that led to a listed address first and to a private one later is refused then."""
    resolver = ChangingResolver("127.0.0.1", "127.0.0.2", "::1")
    allowed = replace(SETTINGS, fetch_allowed_networks=(f"127.0.0.1:{net.port}",))
    fetcher = Fetcher(allowed, resolver)
    url = f"http://rebind.example:{net.port}/named"
    assert (await read(fetcher, url))[2] == b"bytes"
    for _ in range(2):
        with pytest.raises(FetchRefused):
            await read(fetcher, url)
