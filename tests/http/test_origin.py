"""Under which address clients see this service."""

import asyncio
import json
from dataclasses import replace

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import Misconfigured
from app.http.appkeys import SETTINGS
from app.http.origin import (
    client_address,
    external_origin,
    known_address,
    media_base,
    public_base,
    trusted_networks,
)
from tests.lengths import examples
from tests.server.test_middleware import raw
from tests.small_app import Client, Serve

FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "shop.example"}


async def tell(request: web.Request) -> web.Response:
    settings = request.app[SETTINGS]
    return web.json_response(
        [str(external_origin(request, settings)), public_base(request, settings), media_base(request, settings)]
    )


@pytest.fixture(name="client")
async def _client(serve: Serve) -> Client:
    """Behind a trusted proxy at the loopback address."""
    return await serve(web.get("/", tell), trusted_proxies=("10.0.0.0/8", "127.0.0.1"))


async def twice(request: web.Request) -> web.Response:
    """Asked again, under settings that would have it seen otherwise."""
    answers = [
        [str(external_origin(request, settings)), client_address(request, settings)]
        for settings in (request.app[SETTINGS], replace(request.app[SETTINGS], trusted_proxies=()))
    ]
    return web.json_response(answers)


async def test_a_request_is_seen_once(serve: Serve) -> None:
    """Whoever asks hears what the first one heard, and nobody looks at headers a second time."""
    client = await serve(web.get("/", twice), trusted_proxies=("127.0.0.1",))
    response = await client.get("/", headers=FORWARDED | {"X-Forwarded-For": "198.51.100.7"})
    assert await response.json() == [["https://shop.example", "198.51.100.7"]] * 2


async def origin(client: Client, headers: dict[str, str]) -> str | int:
    response = await client.get("/", headers=headers)
    return str((await response.json())[0]) if response.status == 200 else response.status


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Host": "shop.example"}, "http://shop.example"),
        ({"Host": "SHOP.example:80"}, "http://shop.example"),
        ({"Host": "shop.example:8080"}, "http://shop.example:8080"),
        ({"Host": "[::1]:8080"}, "http://[::1]:8080"),
        (FORWARDED, "https://shop.example"),
        (FORWARDED | {"X-Forwarded-Port": "81"}, "https://shop.example"),
        (FORWARDED | {"X-Forwarded-Server": "evil.example", "X-Forwarded-Scheme": "http"}, "https://shop.example"),
        (FORWARDED | {"X-Forwarded-Host": "forged.example, shop.example:444"}, "https://shop.example:444"),
        ({"Host": "shop.example", "X-Forwarded-Proto": "HTTPS"}, "https://shop.example"),
        (FORWARDED | {"Forwarded": "for=1.2.3.4;proto=http;host=evil.example"}, "https://shop.example"),
        ({"Host": "shop.example", "Forwarded": "proto=https;host=evil.example"}, "http://shop.example"),
    ],
)
async def test_the_origin_is_what_the_client_asked_for(client: Client, headers: dict[str, str], expected: str) -> None:
    """The origin is the host that was asked for, as the trusted proxy tells it."""
    assert await origin(client, headers) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Forwarded": "for=1.2.3.4;proto=http;host=other.example"}, "http://other.example"),
        ({"Forwarded": 'for=a, for="[::1]";Host="other.example:81";proto=http'}, "http://other.example:81"),
        ({"Forwarded": 'host=evil.example;x=", host=other.example'}, "http://other.example"),
        ({"Forwarded": 'x=",host=evil.example, for="[::1]";host=other.example'}, "http://other.example"),
        ({"Forwarded": 'host="a,b.example"'}, 400),
        ({"Host": "shop.example", "Forwarded": "for=1.2.3.4"}, "http://shop.example"),
        (FORWARDED | {"Host": "shop.example", "X-Forwarded-Host": "evil.example"}, "http://shop.example"),
    ],
)
async def test_a_proxy_of_the_other_family_is_believed_where_settings_say_so(
    serve: Serve, headers: dict[str, str], expected: str | int
) -> None:
    """With `forwarded` the last element of RFC 7239's header counts, whatever quotes were left open before it, and
    `X-Forwarded-…` counts nothing."""
    client = await serve(web.get("/", tell), trusted_proxies=("127.0.0.1",), forwarded_headers="forwarded")

    assert await origin(client, headers) == expected


@pytest.mark.parametrize("host", ["Host: good.example\r\n", "Host: good.example:81\r\n"])
@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("http://other.example/", "http://other.example"),
        ("http://other.example:8080/?a=b", "http://other.example:8080"),
        ("https://other.example/", "http://other.example"),
        ("HTTP://OTHER.example/", "http://other.example"),
    ],
)
async def test_a_host_in_the_request_line_is_the_one_that_counts(
    client: Client, target: str, expected: str, host: str
) -> None:
    """Of a target in absolute form the authority counts, whatever `Host` says, and the scheme that was spoken."""
    assert await asked(client, f"GET {target} HTTP/1.1\r\n{host}Connection: close\r\n\r\n") == expected


async def test_a_proxy_that_names_the_host_comes_before_the_request_line(client: Client) -> None:
    """What a trusted proxy says it was asked for is not the target that it asks us for."""
    lines = "Host: a\r\nX-Forwarded-Host: shop.example\r\nConnection: close\r\n\r\n"

    assert await asked(client, f"GET http://inner.example/ HTTP/1.1\r\n{lines}") == "http://shop.example"


@pytest.mark.parametrize("target", ["http://user@other.example/", "http://a b/", "http://other.example:99999/"])
async def test_an_odd_host_in_the_request_line_is_refused(client: Client, target: str) -> None:
    """What could not stand in a URL is refused there, too."""
    async with asyncio.timeout(5):
        answer = await raw(client, f"GET {target} HTTP/1.1\r\nHost: good.example\r\nConnection: close\r\n\r\n")

    assert b" 400 " in answer.partition(b"\r\n")[0]


async def asked(client: Client, request: str) -> str:
    async with asyncio.timeout(5):
        answer = await raw(client, request)
    return str(json.loads(answer.partition(b"\r\n\r\n")[2])[0])


@pytest.mark.parametrize("proxies", [(), ("10.0.0.0/8", "::1")])
async def test_strangers_are_not_believed(serve: Serve, proxies: tuple[str, ...]) -> None:
    """Forwarding headers of anybody but a trusted proxy change nothing."""
    client = await serve(web.get("/", tell), trusted_proxies=proxies)

    reported = await origin(client, {"Host": "a.example", **FORWARDED, "Forwarded": "host=b.example"})

    assert reported == "http://a.example"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "a/b"},
        {"Host": 'a"b'},
        {"Host": "a<b>"},
        {"Host": "a@b"},
        {"Host": ""},
        {"Host": "a:99999"},
        {"Host": "a:0"},
        {"Host": "-a"},
        FORWARDED | {"X-Forwarded-Host": "a\tb"},
        FORWARDED | {"X-Forwarded-Proto": "javascript"},
    ],
)
async def test_an_odd_host_is_refused(client: Client, headers: dict[str, str]) -> None:
    """What could not stand in a URL is refused, never echoed."""
    assert await origin(client, headers) == 400


async def test_settings_come_before_the_request(serve: Serve) -> None:
    """Configured addresses hold whatever the request says, the media's own one first."""
    client = await serve(web.get("/", tell), public_url="https://p.example", media_url="https://m.example/x")
    response = await client.get("/", headers={"Host": "a.example"})
    assert await response.json() == ["http://a.example", "https://p.example", "https://m.example/x"]

    client = await serve(web.get("/", tell), public_url="https://p.example")
    response = await client.get("/", headers={"Host": "a.example"})
    assert await response.json() == ["http://a.example", "https://p.example", "https://p.example"]


async def test_a_client_that_names_no_host_gets_our_own_address(client: Client) -> None:
    """HTTP/1.0 without Host is answered with the address that was reached."""
    async with asyncio.timeout(5):
        answer = await raw(client, "GET / HTTP/1.0\r\n\r\n")

    assert json.loads(answer.partition(b"\r\n\r\n")[2])[0] == f"http://127.0.0.1:{client.port}"


async def tell_client(request: web.Request) -> web.Response:
    settings = request.app[SETTINGS]
    address = client_address(request, settings)
    return web.Response(text=address if known_address(request, settings) else f"{address} hides it")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"X-Forwarded-For": "203.0.113.5"}, "203.0.113.5"),
        ({"X-Forwarded-For": "198.51.100.7, 203.0.113.5, 10.1.2.3"}, "203.0.113.5"),
        ({"X-Forwarded-For": "10.1.1.1, 10.2.2.2"}, "10.1.1.1"),
        ({"X-Forwarded-For": "203.0.113.5:4711"}, "203.0.113.5"),
        ({"X-Forwarded-For": "2001:db8::1"}, "2001:db8::1"),
        ({"X-Forwarded-For": "203.0.113.5", "Forwarded": "for=127.0.0.1"}, "203.0.113.5"),
        ({"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1"),
        ({"X-Forwarded-For": "unknown"}, "127.0.0.1 hides it"),
        ({"X-Forwarded-For": "203.0.113.5, , 10.1.2.3"}, "10.1.2.3 hides it"),
        ({"X-Forwarded-For": "203.0.113.5, _a"}, "127.0.0.1 hides it"),
        ({"Forwarded": "for=203.0.113.5"}, "127.0.0.1 hides it"),
        ({}, "127.0.0.1 hides it"),
    ],
)
async def test_the_client_is_whom_the_nearest_stranger_is(serve: Serve, headers: dict[str, str], expected: str) -> None:
    """Behind trusted proxies the client is the last address that is no proxy's. Where a proxy tells none its own
    counts, but is not taken for the client's."""
    client = await serve(web.get("/", tell_client), trusted_proxies=("10.0.0.0/8", "127.0.0.1"))

    assert await (await client.get("/", headers=headers)).text() == expected


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        ('for=198.51.100.7, for="[2001:db8::1]:80";proto=https', "2001:db8::1"),
        ("for=203.0.113.5", "203.0.113.5"),
        ("for=203.0.113.5, for=10.1.2.3", "203.0.113.5"),
        ('for="127.0.0.1, for="[2001:db8::1]"', "2001:db8::1"),
        ('for=127.0.0.1;x=", for=203.0.113.5;host=a', "203.0.113.5"),
        ("for=203.0.113.5, proto=https", "127.0.0.1 hides it"),
        ("for=_hidden", "127.0.0.1 hides it"),
        ("for=203.0.113.5, for=unknown, for=10.1.2.3", "10.1.2.3 hides it"),
    ],
)
async def test_so_it_is_in_the_words_of_the_other_family(serve: Serve, reported: str, expected: str) -> None:
    """With `forwarded` each element names whom its proxy was asked by; `X-Forwarded-For` counts nothing."""
    proxies = ("10.0.0.0/8", "127.0.0.1")
    client = await serve(web.get("/", tell_client), trusted_proxies=proxies, forwarded_headers="forwarded")

    headers = {"Forwarded": reported, "X-Forwarded-For": "198.51.100.99"}
    assert await (await client.get("/", headers=headers)).text() == expected


async def test_without_a_trusted_proxy_the_client_is_the_neighbour(serve: Serve) -> None:
    """What a stranger says of other addresses changes nothing."""
    client = await serve(web.get("/", tell_client), trusted_proxies=("10.0.0.0/8",))

    assert await (await client.get("/", headers={"X-Forwarded-For": "10.0.0.1"})).text() == "127.0.0.1"


@given(host=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20))
@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_host_leaves_its_place(client: Client, host: str) -> None:
    """Whatever host is named, the origin is one host of a URL or a refusal."""
    reported = await origin(client, {"Host": host})

    assert reported == 400 or not set(str(reported).removeprefix("http://")) & set("/?#@\\\"'<> ")


def test_what_is_no_network_is_a_misconfiguration() -> None:
    """A trusted proxy that is neither an address nor a network is reported at the start."""
    with pytest.raises(Misconfigured, match="TRUSTED_PROXIES"):
        trusted_networks(("10.0.0.0/8", "proxy.example"))
