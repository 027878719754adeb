"""Attachments that are given as addresses."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from .conftest import IMAGES, Serve, png


async def _named(_: web.Request) -> web.Response:
    return web.Response(body=png(40, 30), headers={"Content-Disposition": 'attachment; filename="my cat.png"'})


async def _plain(_: web.Request) -> web.Response:
    return web.Response(body=png(40, 30))


@pytest.fixture(name="remote")
async def _remote() -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/named", _named)
    app.router.add_get("/{path:.*}", _plain)
    async with TestServer(app, host="127.0.0.1") as server:
        yield f"127.0.0.1:{server.port}"


async def test_a_listed_host_is_fetched_from(serve: Serve, remote: str) -> None:
    """An address of a listed host becomes a file, on creation and as a replacement."""
    shop = await serve(spree_fetch_urls=True, fetch_allowed_networks=(remote,))
    created = await shop.call("POST", IMAGES, json={"image": {"attachment": f"http://{remote}/named", "alt": "x"}})
    assert (created.status, created.json["attachment_file_name"]) == (201, "my_cat.png")
    assert (created.json["attachment_width"], created.json["alt"]) == (40, "x")
    updated = await shop.call("PUT", f"{IMAGES}/1", data={"image[attachment]": f"http://{remote}/a/b%20c.png?x=1"})
    assert (updated.status, updated.json["attachment_file_name"]) == (200, "b_c.png")


async def test_an_address_without_a_name_is_an_index(serve: Serve, remote: str) -> None:
    """An address without a last segment is called `index.html`, which is no name of an image."""
    shop = await serve(spree_fetch_urls=True, fetch_allowed_networks=(remote,))
    refused = await shop.call("POST", IMAGES, json={"image": {"attachment": f"http://{remote}/"}})
    assert (refused.status, list(refused.json["errors"])) == (422, ["attachment"])


@pytest.mark.parametrize(
    ("scheme", "path", "name"),
    [
        ("http", "/p/ABC/media/", "media"),
        ("http", "/p/cat.png///", "cat.png"),
        ("HTTP", "/p/cat.png", "cat.png"),
        ("  Http", "/p/cat.png \n", "cat.png"),
    ],
)
async def test_addresses_are_taken_as_people_write_them(
    serve: Serve, remote: str, scheme: str, path: str, name: str
) -> None:
    """The last segment that says anything names the file; a scheme in capitals and blanks around do no harm."""
    shop = await serve(spree_fetch_urls=True, fetch_allowed_networks=(remote,))
    created = await shop.call("POST", IMAGES, json={"image": {"attachment": f"{scheme}://{remote}{path}"}})
    assert (created.status, created.json["attachment_file_name"]) == (201, name)


@pytest.mark.parametrize("path", ["/named", "/elsewhere"])
async def test_nothing_else_is_reached(serve: Serve, remote: str, path: str) -> None:
    """With the switch on and nothing listed, an address of this machine is refused without detail."""
    shop = await serve(spree_fetch_urls=True)
    refused = await shop.call("POST", IMAGES, json={"image": {"attachment": f"http://{remote}{path}"}})
    assert (refused.status, refused.json) == (422, {"exception": "The address may not be fetched."})
    assert await shop.positions() == {}


async def test_a_file_beyond_the_limit_is_refused(serve: Serve, remote: str) -> None:
    """A fetched file obeys the limit of an uploaded one."""
    shop = await serve(spree_fetch_urls=True, fetch_allowed_networks=(remote,), max_image_bytes=20)
    refused = await shop.call("POST", IMAGES, json={"image": {"attachment": f"http://{remote}/named"}})
    assert (refused.status, refused.json["errors"]) == (422, {"attachment": ["must not be larger than 20 bytes"]})
