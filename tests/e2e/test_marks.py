"""Marks of authorship and of artificial making, through every API. Source: native.md 6 and 10."""

import base64
import hashlib
import io
import json
import re
from datetime import timedelta

import pytest
from PIL import Image
from yarl import URL

from app.raster.marks.packet import packet
from app.service.catalogue.listing import list_images
from app.service.renditions.kept_recipes import register
from app.service.upkeep.sweeps import Housekeeping
from app.store import open_store
from tests.e2e.conftest import Serve, Shop, eventually
from tests.e2e.test_housekeeping import MONTH, age
from tests.pictures import encoded, picture
from tests.raster.marks.test_packet import AI, FULL

IMAGES = "/api/rest/products/dress/images"
SETS = "/abstract-products/dress/abstract-product-image-sets"
_MARKED = re.compile(r"/[0-9a-f]{64}-[0-9a-f]{16}/")


def marked(seed: int = 1) -> bytes:
    return encoded(picture(500, 400, seed=seed), xmp=packet(FULL))


async def upload(shop: Shop, data: bytes) -> str:
    body = {"file_mime_type": "image/jpeg", "file_content": base64.b64encode(data).decode()}
    headers = {"Content-Type": "application/json"}
    answer = await shop.signed("POST", IMAGES, data=json.dumps(body), headers=headers)
    assert answer.status == 200, answer.body
    return answer.headers["Location"]


async def urls(shop: Shop) -> list[str]:
    """Large and small of each image, as a storefront is told them."""
    document = (await shop.get(SETS, Accept="*/*")).json()
    images = document["data"][0]["attributes"]["imageSets"][0]["images"]
    return [URL(image[size]).raw_path for image in images for size in ("externalUrlLarge", "externalUrlSmall")]


async def packet_at(shop: Shop, path: str) -> bytes:
    answer = await shop.get(path)
    assert answer.status == 200, (path, answer.body)
    found: bytes = Image.open(io.BytesIO(answer.body)).info.get("xmp", b"")
    return found


async def test_every_public_file_of_a_marked_picture_carries_its_marks(serve: Serve) -> None:
    """Glue's sizes, OpenMage's file and Spree's styles say who made the picture and how; below 100 pixels how alone."""
    shop = await serve()
    await upload(shop, marked())
    large, small = await urls(shop)
    assert _MARKED.search(large)
    assert _MARKED.search(small)
    for path in (large, small):
        assert await packet_at(shop, path) == packet(FULL)
    (listed,) = (await shop.signed("GET", IMAGES)).json()
    assert await packet_at(shop, URL(listed["url"]).raw_path) == packet(FULL)
    key = {"X-Spree-Token": shop.api_key}
    (image,) = (await shop.call("GET", "/api/v1/products/a-dress/images", headers=key)).json()["images"]
    for style in ("product", "small", "large"):
        assert await packet_at(shop, image[f"{style}_url"]) == packet(FULL), style
    assert await packet_at(shop, image["mini_url"]) == packet(FULL.brief)
    assert AI.encode() in packet(FULL.brief)


async def test_pictures_without_marks_keep_their_form(serve: Serve) -> None:
    """Nothing is added to the URLs, nor to the files, of a picture that says nothing."""
    shop = await serve()
    await upload(shop, encoded(picture(500, 400)))
    for path in await urls(shop):
        assert not _MARKED.search(path)
        assert await packet_at(shop, path) == b""


@pytest.mark.parametrize("policy", ["copyright", "none"])
async def test_an_operator_may_keep_less(serve: Serve, policy: str) -> None:
    """With KEEP_RIGHTS=copyright renditions carry nothing and cleaned originals a notice; with none, nothing does."""
    shop = await serve(keep_rights=policy)
    await upload(shop, marked())
    for path in await urls(shop):
        assert not _MARKED.search(path)
        assert await packet_at(shop, path) == b""
    (listed,) = (await shop.signed("GET", IMAGES)).json()
    kept = await packet_at(shop, URL(listed["url"]).raw_path)
    assert AI.encode() not in kept
    assert (b"The shop" in kept) == (policy == "copyright")


async def test_other_marks_than_the_pictures_own_are_not_found(serve: Serve) -> None:
    """Nobody can have a picture rendered under marks of his making."""
    shop = await serve()
    await upload(shop, marked())
    large, _ = await urls(shop)
    forged = re.sub(r"-[0-9a-f]{16}/", "-0123456789abcdef/", large)
    assert (await shop.get(forged)).status == 404


@pytest.mark.parametrize("policy", ["copyright", "none"])
async def test_strangers_choose_no_cleaning(serve: Serve, policy: str) -> None:
    """A cleaning of another policy, which the service still knows, is not made because somebody asks for it by name."""
    shop = await serve(keep_rights=policy)
    data = marked()
    digest = hashlib.sha256(data).hexdigest()
    await register(shop.database, [shop.settings.clean_marked])
    await upload(shop, data)
    for segment in (digest, f"{digest}-{await shop.database.fetchval('marks_of_blob', bytes.fromhex(digest))}"):
        address = f"/media/renditions/{shop.settings.clean_marked.slug}/{segment}/x.jpg"
        assert (await shop.get(address)).status == 404
    (listed,) = (await shop.signed("GET", IMAGES)).json()
    assert AI.encode() not in await packet_at(shop, URL(listed["url"]).raw_path)


async def test_no_cleaning_is_made_over_and_over(serve: Serve) -> None:
    """What carries marks is a rendition; the cleaned original has no address with them, and is not made for one."""
    shop = await serve()
    await upload(shop, marked())
    await eventually(lambda: _has_marked(shop, 6))
    segment = (await urls(shop))[0].split("/")[4]
    before = await built(shop)
    for recipe in shop.settings.cleanings:
        assert (await shop.get(f"/media/renditions/{recipe.slug}/{segment}/x.jpg")).status == 404
    assert await built(shop) == before


async def test_an_operator_is_told_of_every_rendition(serve: Serve) -> None:
    """`image list` counts the six that carry a picture's marks, and its cleaned original."""
    shop = await serve()
    await upload(shop, marked())
    await eventually(lambda: _has_marked(shop, 6))
    assert [row["renditions"] for row in await list_images(shop.database)] == [7]


async def test_a_sweep_takes_marked_renditions_along(serve: Serve) -> None:
    """When nothing refers to a picture any more its renditions with marks go, rows and objects."""
    shop = await serve()
    location = await upload(shop, marked())
    large, _ = await urls(shop)
    assert (await shop.get(large)).status == 200
    objects = shop.settings.data_dir / "objects"
    await eventually(lambda: _has_marked(shop, 6))
    assert list(objects.rglob("*-*/*.jpg"))
    key = {"X-Spree-Token": shop.api_key}
    image = location.rpartition("/")[2]
    answer = await shop.call("DELETE", f"/api/v1/products/a-dress/images/{image}", headers=key)
    assert answer.status == 204

    await age(shop)
    async with open_store(shop.settings) as store:
        swept = [blob async for blob in Housekeeping(shop.database, store, MONTH).sweep(timedelta(days=7))]
    assert len(swept) == 1
    assert (await shop.get(large)).status == 404
    assert list(objects.rglob("*.jpg")) == []


async def _has_marked(shop: Shop, count: int) -> bool:
    rows = await shop.database.fetch("renditions_of_blob", bytes.fromhex((await urls(shop))[0].split("/")[4][:64]))
    return len(rows[0]["marked"]) == count


async def built(shop: Shop) -> list[str]:
    """What the metrics tell of renditions that were built."""
    metrics = (await shop.get("/metrics")).body.decode()
    return [line for line in metrics.splitlines() if line.startswith("product_images_renditions_built_total")]
