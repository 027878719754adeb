"""The rendition for feeds of channels: a JPEG of any picture, built when it is first asked for. Source: native.md,
section 11."""

import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

import pytest
from PIL import Image

from app.db.connections.connect import Connection
from app.errors import ImageUndecodable, RenditionFailed
from app.model import BlobHash, segment_of
from app.wiring.parts import Parts
from tests.apis.v1.conftest import Answer, Serve, Shop
from tests.parts_of import process
from tests.pictures import decoded, encoded, picture

_ANY: Final = "image/avif,image/webp,*/*"


@pytest.fixture(name="shop")
async def _shop(serve: Serve) -> Shop:
    return await serve(media_negotiate=("avif", "webp"))


@pytest.fixture(name="worker")
async def _worker(shop: Shop) -> AsyncIterator[Parts]:
    """Another process of the same shop, which does its jobs."""
    async with process(shop.database.dsn, shop.settings.data_dir) as parts:
        yield parts


async def upload(shop: Shop, data: bytes) -> Any:
    answer = await shop.call("POST", "/v1/products/dress/images", data=data, headers={"Content-Type": "image/png"})
    assert answer.status == 201, answer.body
    return answer.json()


async def feed_of(shop: Shop, image: int) -> Any:
    (one,) = [one for one in (await shop.get(f"/v1/images/{image}")).json()["renditions"] if one["recipe"] == "feed"]
    return one


async def pulled(shop: Shop, path: str) -> Answer:
    return await shop.get(path, None, Accept=_ANY)


def files() -> list[tuple[bytes, tuple[int, int], tuple[int, ...]]]:
    """Pictures, the size of what feeds get of them, and the colour in its corner."""
    cut = Image.new("RGBA", (3000, 2000), (200, 0, 0, 0))
    cut.paste((0, 0, 200, 255), (500, 500, 2500, 1500))
    frames = [Image.new("P", (60, 40), number) for number in range(3)]
    moving = io.BytesIO()
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:], duration=40)
    return [
        (encoded(cut, "PNG"), (1500, 1000), (255, 255, 255)),
        (encoded(picture(400, 2000), "WEBP"), (300, 1500), ()),
        (encoded(picture(400, 300)), (400, 300), ()),
        (moving.getvalue(), (60, 40), ()),
    ]


async def test_feeds_get_a_jpeg_of_any_picture(shop: Shop, connection: Connection) -> None:
    """Its URL is listed from the upload on and answers: never enlarged, flattened on white, whatever a client accepts.
    No upload builds it; other formats of it are not there."""
    for data, size, corner in files():
        image = (await upload(shop, data))["id"]
        listed = await feed_of(shop, image)
        assert (listed["format"], listed["state"], listed["width"]) == ("jpeg", "pending", None)
        path = listed["url"].removeprefix(str(shop.base).rstrip("/"))
        assert path.endswith(".jpg")
        for extension in ("png", "webp", "avif", "gif"):
            assert (await pulled(shop, f"{path.removesuffix('jpg')}{extension}")).status == 404
        assert await connection.fetchval("select count(*) from rendition where format <> 'jpeg'") == 0
        for _ in range(2):
            answer = await pulled(shop, path)
            assert (answer.status, answer.headers["Content-Type"]) == (200, "image/jpeg")
        shown = decoded(answer.body)
        assert (shown.format, shown.size) == ("JPEG", size)
        assert not corner or shown.getpixel((2, 2)) == corner
        found = await feed_of(shop, image)
        assert (found["state"], found["width"], found["size"]) == ("ready", size[0], len(answer.body))


async def _refuse(*_: object, **__: object) -> None:
    raise ImageUndecodable("odd")


async def test_it_is_nobodys_concern_but_of_who_asks(
    shop: Shop, worker: Parts, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture is ready without it, also where it fails, `renditions plan` and `build` do not count it, and a sweep
    leaves it."""
    image = (await upload(shop, encoded(picture(400, 300), "PNG")))["id"]
    blob = BlobHash((await connection.fetchval("select hash from blob")).hex())
    await worker.pictures.renderer.build_all(blob)
    monkeypatch.setattr(worker.pictures.codecs, "build", _refuse)
    with pytest.raises(RenditionFailed):
        await worker.pictures.renderer.find(segment_of(blob), worker.settings.feed_recipe.hash, "jpeg")
    assert (await feed_of(shop, image))["state"] == "pending"
    assert (await shop.get(f"/v1/images/{image}")).json()["state"] == "ready"
    assert [one["state"] for one in (await shop.get("/v1/products/dress/images")).json()["items"]] == ["ready"]
    plan = await worker.upkeep.recipe_change.plan()
    assert (plan.blobs, plan.renditions) == (0, 0)
    await pulled(shop, (await feed_of(shop, image))["url"].removeprefix(str(shop.base).rstrip("/")))
    await connection.execute("update rendition set created_at = now() - interval '1 year'")
    assert await worker.upkeep.unused_renditions.sweep(timedelta(hours=1)) == (0, 0)
    assert (await feed_of(shop, image))["state"] == "ready"
