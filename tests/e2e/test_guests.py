"""Guests who ask for further formats take what is left: owners do not notice."""

import asyncio
import io
import os
import signal
from typing import Any

import pytest
from aiohttp import FormData

from app.model import Format
from tests.e2e.conftest import Serve, Shop, eventually
from tests.e2e.test_killed_children import children
from tests.pictures import encoded, picture

SPREE = "/api/v1/products/a-dress/images"
GUESTS = 10


def form(data: bytes) -> Any:
    form = FormData()
    form.add_field("image[attachment]", io.BytesIO(data), filename="a.jpg", content_type="image/jpeg")
    return form


async def upload(shop: Shop, seed: int, side: int = 700) -> None:
    data = encoded(picture(side, side, seed=seed))
    taken = await shop.call("POST", SPREE, data=form(data), headers={"X-Spree-Token": shop.api_key})
    assert taken.status == 201


async def renditions(shop: Shop, fmt: str) -> list[str]:
    """The addresses of all large renditions in a further format."""
    document = (await shop.get("/abstract-products/dress/abstract-product-image-sets")).json()
    urls = [
        image["externalUrlLarge"] for one in document["data"][0]["attributes"]["imageSets"] for image in one["images"]
    ]
    return [f"/{url.split('/', 3)[3].rpartition('.')[0]}.{fmt}" for url in urls]


@pytest.mark.timeout(240)  # guests' formats take seconds each, which is the point
async def test_uploads_go_on_beside_guests_who_ask_for_further_formats(serve: Serve) -> None:
    """Ten guests ask for AVIF and WebP of everything, again and again: uploads are taken in, and a guest who may not
    have his format yet is told when to come back. How long they take `make bench FIGURES=guests` measures."""
    shop = await serve(run_worker=False, codec_processes=2, trusted_proxies=("127.0.0.1",))
    for seed in range(6):
        await upload(shop, seed, side=1500)
    paths = [path for fmt in ("avif", "webp") for path in await renditions(shop, fmt)]
    statuses = list[int]()

    async def guest(number: int) -> None:
        while True:
            for path in paths[number % len(paths) :] + paths:
                answer = await shop.get(path, X_Forwarded_For=f"203.0.113.{number}")
                assert answer.status == 200 or "Retry-After" in answer.headers
                statuses.append(answer.status)
                await asyncio.sleep(0.05)

    async def are_at_work() -> bool:
        return 503 in statuses

    guests = [asyncio.create_task(guest(number)) for number in range(GUESTS)]
    try:
        await eventually(are_at_work)
        for seed in range(200, 205):
            await upload(shop, seed)
    finally:
        for one in guests:
            one.cancel()
        ended = await asyncio.gather(*guests, return_exceptions=True)
    assert all(isinstance(error, asyncio.CancelledError) for error in ended)
    assert 503 in statuses


async def test_a_page_that_may_not_have_its_format_gets_the_own_one(serve: Serve) -> None:
    """Where the places of an address are taken, an explicit format is 503 with a time to come back, and a page that
    names formats in Accept gets the picture's own, for a minute."""
    negotiate: tuple[Format, ...] = ("avif",)
    shop = await serve(run_worker=False, media_negotiate=negotiate, max_builds=2)
    for seed in range(3):
        await upload(shop, seed, side=1500)
    avif = await renditions(shop, "avif")
    own = await renditions(shop, "jpg")
    first = [asyncio.create_task(shop.get(path)) for path in avif[:2]]
    await asyncio.sleep(0.1)  # they are at it for seconds
    refused = await shop.get(avif[2])
    page = await shop.get(own[2], Accept="image/avif,*/*")
    if all(not one.done() for one in first):
        assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
        assert (page.status, page.headers["Content-Type"]) == (200, "image/jpeg")
        assert page.headers["Cache-Control"] == "public, max-age=60"
        assert page.headers["Vary"] == "Accept"
    await asyncio.gather(*first)


async def none_at_work() -> bool:
    return not children()


async def test_a_build_that_timed_out_is_not_begun_again_at_once(serve: Serve) -> None:
    """A format that takes too long is 503 with a minute to wait, and asking again costs nothing; a page gets the
    picture's own format meanwhile."""
    negotiate: tuple[Format, ...] = ("avif",)
    shop = await serve(run_worker=False, media_negotiate=negotiate, codec_seconds=1)
    await upload(shop, 1)
    (avif,), (own,) = await renditions(shop, "avif"), await renditions(shop, "jpg")
    assert (await shop.get(own)).status == 200
    for pid in children():  # however fast this machine is
        os.kill(pid, signal.SIGSTOP)
    refused = await shop.get(avif)
    assert (refused.status, refused.headers["Retry-After"]) == (503, "60")
    await eventually(none_at_work)
    for _ in range(5):
        again = await shop.get(avif)
        assert again.status == 503
        assert 1 < int(again.headers["Retry-After"]) <= 61
        page = await shop.get(own, Accept="image/avif,*/*")
        assert (page.status, page.headers["Content-Type"]) == (200, "image/jpeg")
        assert page.headers["Cache-Control"] == "public, max-age=60"
    assert children() == []  # nothing was begun
