"""The service behind servers of others: what they may keep, and what their clients may make us believe."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from app.service.catalogue.plan import ProductOptions
from app.service.catalogue.products import put_product
from tests.e2e.conftest import Answer, Serve, Shop
from tests.e2e.every_answer import paths
from tests.e2e.test_every_answer import known_shop
from tests.proxies import BY_GUIDE, CACHES, Configure, in_front

LIES: Mapping[str, str] = {
    "Forwarded": "for=127.0.0.1;host=evil.example;proto=https",
    "X-Forwarded-For": "5.5.5.5",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Port": "81",
}
IMAGES = "/api/rest/products/dress/images"
SETS = "/abstract-products/dress/abstract-product-image-sets"


def through(shop: Shop, port: int) -> Shop:
    return replace(shop, url=URL.build(scheme="http", host="127.0.0.1", port=port) / "")


def reported(answer: Answer) -> tuple[Any, ...]:
    """What a client goes by."""
    names = ("Content-Type", "Location", "ETag", "Content-Language")
    return answer.status, answer.body, *(answer.headers.get(name) for name in names)


@pytest.mark.timeout(300)  # some hundred requests, each sent twice
@pytest.mark.parametrize("cache", CACHES)
async def test_a_shared_cache_changes_no_answer(serve: Serve, cache: Configure, tmp_path: Path) -> None:
    """Whoever asked before, and in which format, each caller gets through a cache what he gets without it: every
    route, every format, an admin and a guest by turns."""
    shop, known, (admin, guest, _) = await known_shop(serve)
    as_json = {"Content-Type": "application/json"}
    changed = await shop.signed("PUT", f"{IMAGES}/{known['image']}", data='{"exclude": 1}', headers=as_json)
    assert changed.status == 200
    asks = [{**caller, "Accept": accept} for caller in (admin, guest) for accept in ("application/json", "text/xml")]
    differing = []
    async with in_front(cache, tmp_path / "cache", shop.url.port or 0) as port:
        cached = through(shop, port)
        for path in [path for path in paths(known) if path not in ("/metrics", "/health/ready")]:
            for headers in (*asks, *asks[::-1], {**guest, "Accept": "text/html"}, asks[0]):
                direct = await shop.get(path, **headers, Host="shop.example")
                if reported(await cached.get(path, **headers, Host="shop.example")) != reported(direct):
                    differing.append((path, headers.get("Accept")))
    assert differing == []


@pytest.mark.parametrize("cache", CACHES)
async def test_a_cache_keeps_what_it_may(serve: Serve, cache: Configure, tmp_path: Path) -> None:
    """Pictures come from the cache the second time: the test above is not of caches that do nothing."""
    shop, known, _ = await known_shop(serve)
    path = "/media/renditions/{recipe}/{hash}/{name}.{extension}".format(**known)
    async with in_front(cache, tmp_path / "cache", shop.url.port or 0) as port:
        cached = through(shop, port)
        first = await cached.get(path)
        assert (first.status, first.headers.get("Age", "0")) == (200, "0")
        again = await cached.get(path)

    assert again.body == first.body
    assert again.headers.get("X-Cache") == "HIT" or "Age" in again.headers


@pytest.mark.parametrize("proxy", BY_GUIDE)
async def test_a_client_of_a_proxy_cannot_make_us_believe_anything(
    serve: Serve, proxy: Configure, tmp_path: Path
) -> None:
    """With the guide's lines links name the host that was asked for, whatever the client adds, and a signature over
    that host is good."""
    shop = await serve(run_worker=False, trusted_proxies=("127.0.0.1",))
    async with in_front(proxy, tmp_path / "proxy", shop.url.port or 0) as port:
        proxied = through(shop, port)
        honest, lying = await proxied.get(SETS, Accept="*/*"), await proxied.call("GET", SETS, headers=LIES)
        signed = await proxied.signed("GET", IMAGES, headers=LIES)

    assert honest.json()["links"]["self"] == f"http://127.0.0.1:{port}{SETS}"
    assert lying.body == honest.body
    assert signed.status == 200


@pytest.mark.parametrize("proxy", BY_GUIDE)
async def test_a_client_of_a_proxy_cannot_hide_from_a_rate(serve: Serve, proxy: Configure, tmp_path: Path) -> None:
    """With the guide's lines a client counts as one, whatever addresses it names."""
    shop = await serve(run_worker=False, trusted_proxies=("127.0.0.1",), write_rate_per_address="5/hour")
    async with in_front(proxy, tmp_path / "proxy", shop.url.port or 0) as port:
        proxied = through(shop, port)
        writes = [
            await proxied.call("DELETE", "/api/v1/products/nothing/images/1", headers=LIES | {"X-Forwarded-For": name})
            for name in ("1.1.1.1", "unknown", "", "2.2.2.2", "3.3.3.3", "127.0.0.1", "[::1]:1", "4.4.4.4")
        ]

    assert [answer.status for answer in writes] == [401] * 5 + [429] * 3


@pytest.mark.parametrize("proxy", BY_GUIDE)
async def test_an_encoded_slash_comes_through(serve: Serve, proxy: Configure, tmp_path: Path) -> None:
    """With the guide's lines an SKU with a slash is found."""
    shop = await serve(run_worker=False, trusted_proxies=("127.0.0.1",))
    async with shop.database.transaction() as tx:
        await put_product(tx, ProductOptions("a/b c"))
    path = "/abstract-products/a%2Fb%20c/abstract-product-image-sets"
    async with in_front(proxy, tmp_path / "proxy", shop.url.port or 0) as port:
        found = await through(shop, port).get(path, Accept="*/*")

    assert (found.status, found.json()["data"][0]["id"]) == (200, "a/b c")


async def test_requests_in_absolute_form_name_their_own_host(serve: Serve) -> None:
    """Links of Glue and OpenMage begin with the host of the request line, not with that of the header."""
    shop, _, _ = await known_shop(serve)
    for path, link in ((SETS, b"http:\\/\\/other.example\\/abs"), (IMAGES, b"http:\\/\\/other.example\\/media")):
        reader, writer = await asyncio.open_connection("127.0.0.1", shop.url.port)
        lines = f"GET http://other.example{path} HTTP/1.1\r\nHost: good.example\r\nAccept: application/json\r\n"
        writer.write(f"{lines}Connection: close\r\n\r\n".encode())
        async with asyncio.timeout(20):
            answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert link in answer
        assert b"good.example" not in answer
