"""Pictures that are given as addresses: fetched where that is allowed, and nothing else is told."""

from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from app.db.connections.connect import Connection
from tests.apis.v1.conftest import Answer, Serve, Shop
from tests.pictures import encoded, picture

_IMAGES: Final = "/v1/products/dress/images"
_PNG: Final = encoded(picture(40, 30), "PNG")


async def _answer(request: web.Request) -> web.Response:
    match request.match_info["path"]:
        case "named":
            return web.Response(body=_PNG, headers={"Content-Disposition": 'attachment; filename="my cat.png"'})
        case "inside":
            raise web.HTTPFound("http://127.0.0.1:1/secret")
        case "secret":
            raise web.HTTPForbidden(text="the secret")
        case _:
            return web.Response(body=_PNG)


@pytest.fixture(name="remote")
async def _remote() -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/{path:.*}", _answer)
    async with TestServer(app, host="127.0.0.1") as server:
        yield f"127.0.0.1:{server.port}"


async def upload(shop: Shop, url: Any, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await shop.call("POST", _IMAGES, "editor", json={"file": {"url": url}, "label": "x"}, headers=named)


async def test_an_address_is_fetched_where_that_is_allowed(serve: Serve, remote: str) -> None:
    """It becomes an image, called as the answer or the address says; also in place of another file."""
    shop = await serve(fetch_urls=True, fetch_allowed_networks=(remote,))
    made = await upload(shop, f"http://{remote}/named")
    assert (made.status, made.json()["label"], made.json()["file_name"]) == (201, "x", "my_cat.png")
    body = {"file": {"url": f"http://{remote}/a/b%20c.png?x=1"}}
    same = await shop.call("PUT", f"/v1/images/{made.json()['id']}/file", "editor", json=body)
    assert (same.status, same.json()["revision"]) == (200, made.json()["revision"])


async def test_what_may_not_be_fetched_is_refused_without_a_word(
    serve: Serve, remote: str, connection: Connection
) -> None:
    """This machine where it is not allowed, what redirects there, credentials, other schemes; and what another host
    answered is not told. No such refusal is kept for a retry."""
    shop = await serve(fetch_urls=True)
    open_shop = await serve(fetch_urls=True, fetch_allowed_networks=(remote,))
    refused = [
        await upload(shop, f"http://{remote}/secret"),
        await upload(shop, "file:///etc/passwd"),
        await upload(shop, f"http://me:secret@{remote}/named"),
        await upload(open_shop, f"http://{remote}/inside"),
        await upload(open_shop, f"http://{remote}/secret", Idempotency_Key="once"),
    ]
    for answer in refused:
        assert (answer.status, answer.code, answer.mistakes) == (422, "image_refused", [("", "fetch_failed")])
        assert b"secret" not in answer.body
        assert b"403" not in answer.body
    assert len({answer.body for answer in refused}) <= 2
    again = await upload(open_shop, f"http://{remote}/named", Idempotency_Key="once")
    assert again.code == "key_reused" if again.status == 422 else again.status == 201
    assert await connection.fetchval("select count(*) from image") == 1


@pytest.mark.parametrize(
    ("url", "options", "mistake"),
    [
        ("http://example.com/a.png", {}, "switched_off"),
        ("", {"fetch_urls": True}, "out_of_range"),
        (5, {"fetch_urls": True}, "wrong_type"),
        ("http://example.com/" + "a" * 8000, {"fetch_urls": True}, "too_long"),
    ],
)
async def test_an_address_that_cannot_be_is_a_mistake(
    serve: Serve, url: Any, options: dict[str, Any], mistake: str
) -> None:
    """As long as nothing is fetched here, too, whatever the address is."""
    answer = await upload(await serve(**options), url)
    assert (answer.status, answer.mistakes) == (422, [("/file/url", mistake)])


async def test_a_fetched_file_obeys_the_limit(serve: Serve, remote: str) -> None:
    """Of an uploaded one."""
    shop = await serve(fetch_urls=True, fetch_allowed_networks=(remote,), max_image_bytes=20)
    answer = await upload(shop, f"http://{remote}/named")
    assert answer.mistakes == [("", "file_too_large")]
