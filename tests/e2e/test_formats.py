"""Renditions in WebP and AVIF: by a URL's extension, by `Accept` where that is allowed, and in advance."""

import asyncio
import hashlib
import io
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from PIL import Image
from yarl import URL

from app.model import BlobHash, Format, segment_of
from app.service.renditions.further_formats import FurtherFormats
from app.wiring.parts import Parts
from tests.e2e.conftest import Answer, Serve, Shop, eventually
from tests.e2e.test_housekeeping import age, destroy, keeping, swept, upload
from tests.e2e.test_main_job import has_renditions
from tests.pictures import decoded, encoded, picture

CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
SETS = "/abstract-products/dress/abstract-product-image-sets"
IMMUTABLE = "public, max-age=31536000, immutable"


async def asked(shop: Shop, sql: str, *args: Any) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(shop.database.dsn)
    try:
        return await connection.fetch(sql, *args)
    finally:
        await connection.close()


async def has_formats(shop: Shop, data: bytes, expected: dict[str, int]) -> bool:
    """Whether there are so many renditions of an upload in each format."""
    rows = await asked(
        shop, "select format, count(*) from rendition where blob_hash = $1 group by 1", hashlib.sha256(data).digest()
    )
    return {row["format"]: row["count"] for row in rows} == expected


async def work(parts: Parts, until: Callable[[], Awaitable[bool]]) -> None:
    working = asyncio.create_task(parts.worker.run())
    await eventually(until)
    await parts.worker.stop()
    await working


async def small(shop: Shop) -> str:
    """The path of the first image's small rendition."""
    sets = (await shop.get(SETS, Accept="*/*")).json()["data"][0]["attributes"]["imageSets"]
    return URL(sets[0]["images"][0]["externalUrlSmall"]).raw_path


def shown(answer: Answer) -> tuple[Any, ...]:
    """What an answer says of its picture, with what it is."""
    assert answer.status == 200
    image = decoded(answer.body)
    return answer.headers["Content-Type"], image.format, image.size


def moving() -> bytes:
    file = io.BytesIO()
    frames = [Image.new("RGB", (400, 200), colour) for colour in ("red", "green", "blue")]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=80)
    return file.getvalue()


async def test_the_extension_chooses_the_format(serve: Serve) -> None:
    """The same URL with another extension is the same picture in that format, whatever `Accept` says; it is kept."""
    shop = await serve(run_worker=False)
    await upload(shop, encoded(picture(600, 400)))
    path = await small(shop)
    etags = set()
    for extension, name in (("jpg", "JPEG"), ("webp", "WEBP"), ("avif", "AVIF")):
        answer = await shop.get(path.replace(".jpg", f".{extension}"), Accept=CHROME)
        assert shown(answer) == (f"image/{name.lower()}", name, (300, 200))
        assert answer.headers["Cache-Control"] == IMMUTABLE
        assert "Vary" not in answer.headers
        etags.add(answer.headers["ETag"])
    assert len(etags) == 3
    for extension in ("png", "gif", "bmp"):
        assert (await shop.get(path.replace(".jpg", f".{extension}"), Accept=CHROME)).status == 404


async def test_many_that_ask_at_once_wait_for_one_build(serve: Serve) -> None:
    """A format that is not there yet is built once, however many ask."""
    shop = await serve(run_worker=False, max_builds=1)
    await upload(shop, encoded(picture(600, 400)))
    path = (await small(shop)).replace(".jpg", ".avif")
    answers = await asyncio.gather(*(shop.get(path) for _ in range(12)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    metrics = (await shop.get("/metrics")).body.decode()
    built = [line for line in metrics.splitlines() if "renditions_built_total" in line and 'format="avif"' in line]
    assert [line.rpartition(" ")[2] for line in built] == ["1.0"]


@pytest.mark.parametrize("again", [False, True], ids=["cold", "hot"])
async def test_accept_chooses_where_it_may(serve: Serve, again: bool) -> None:
    """Each client gets the best format that it names, and caches are told what the choice depended on."""
    shop = await serve(run_worker=False, media_negotiate=("avif", "webp"))
    await upload(shop, encoded(picture(600, 400)))
    path = await small(shop)
    etags = set()
    for accept, media_type, extension in (
        (CHROME, "image/avif", "avif"),
        ("image/webp,*/*", "image/webp", "webp"),
        ("*/*", "image/jpeg", "jpg"),
    ):
        if again:
            await shop.get(path, Accept=accept)
        answer = await shop.get(path, Accept=accept)
        assert shown(answer)[0::2] == (media_type, (300, 200))
        assert (answer.headers["Vary"], answer.headers["Cache-Control"]) == ("Accept", IMMUTABLE)
        assert f".{extension}" in answer.headers["Content-Disposition"]
        etags.add(etag := answer.headers["ETag"])
        head = await shop.call("HEAD", path, headers={"Accept": accept})
        assert {name: head.headers[name] for name in ("ETag", "Vary", "Content-Length", "Content-Type")} == {
            name: answer.headers[name] for name in ("ETag", "Vary", "Content-Length", "Content-Type")
        }
        same = await shop.get(path, Accept=accept, If_None_Match=etag)
        assert (same.status, same.headers["Vary"]) == (304, "Accept")
    assert len(etags) == 3
    other = await shop.get(path, Accept="*/*", If_None_Match=next(iter(etags - {etag})))
    assert other.status == 200


async def test_only_renditions_in_their_own_format_are_negotiated(serve: Serve) -> None:
    """Neither originals nor URLs that name a further format depend on `Accept`."""
    shop = await serve(run_worker=False, media_negotiate=("avif", "webp"))
    image = await upload(shop, encoded(picture(600, 400)))
    original = URL((await shop.signed("GET", f"/api/rest/products/dress/images/{image}")).json()["url"]).raw_path
    webp = (await small(shop)).replace(".jpg", ".webp")
    for path, media_type in ((original, "image/jpeg"), (webp, "image/webp")):
        answer = await shop.get(path, Accept=CHROME)
        assert answer.headers["Content-Type"] == media_type
        assert "Vary" not in answer.headers
    wrong = (await small(shop)).replace(".jpg", ".png")
    assert (await shop.get(wrong, Accept=CHROME)).status == 404


async def test_accept_never_stops_a_moving_picture(serve: Serve) -> None:
    """An animated GIF is answered in WebP, all frames of it, though AVIF is preferred."""
    shop = await serve(run_worker=False, media_negotiate=("avif", "webp"))
    await upload(shop, moving())
    answer = await shop.get(await small(shop), Accept=CHROME)
    assert shown(answer) == ("image/webp", "WEBP", (300, 150))
    assert getattr(decoded(answer.body), "n_frames", 1) == 3


async def test_spree_urls_are_negotiated_alike(serve: Serve) -> None:
    """Spree's file URLs answer in the format that a client names; its originals stay as they are."""
    shop = await serve(run_worker=False, media_negotiate=("webp",))
    image = await upload(shop, encoded(picture(600, 400)))
    key = {"X-Spree-Token": shop.api_key}
    listed = (await shop.call("GET", f"/api/v1/variants/8/images/{image}", headers=key)).json()
    for accept, media_type, extension in ((CHROME, "image/webp", "webp"), ("*/*", "image/jpeg", "jpg")):
        for _ in range(2):
            answer = await shop.get(listed["mini_url"], Accept=accept)
            assert (answer.headers["Content-Type"], answer.headers["Vary"]) == (media_type, "Accept")
            assert f'filename="image.{extension}"' in answer.headers["Content-Disposition"]
    original = await shop.get(listed["mini_url"].replace("/mini/", "/original/"), Accept=CHROME)
    assert original.headers["Content-Type"] == "image/jpeg"
    assert "Vary" not in original.headers


async def test_while_all_slots_are_taken_the_own_format_answers(serve: Serve) -> None:
    """A format that cannot be built now gives way to one that is there, and the answer is kept for a minute."""
    shop = await serve()
    photo = encoded(picture(600, 400))
    await upload(shop, photo)
    await eventually(lambda: has_renditions(shop, photo))
    blob, recipe = segment_of(BlobHash(hashlib.sha256(photo).hexdigest())), shop.settings.recipes[0].hash
    wanted: tuple[Format, ...] = ("avif", "webp")
    async with keeping(shop, max_builds=1) as parts:
        with parts.pictures.renderer.slots.take():
            rendition, is_best = await parts.pictures.renderer.find_preferred(
                segment_of(blob), recipe, "jpeg", wanted, "10.0.0.1"
            )
            assert (rendition.format, is_best) == ("jpeg", False)
        rendition, is_best = await parts.pictures.renderer.find_preferred(blob, recipe, "jpeg", wanted, "10.0.0.1")
        assert (rendition.format, is_best) == ("avif", True)


async def test_a_setting_has_further_formats_built_in_advance(serve: Serve) -> None:
    """After an upload's own renditions those in further formats follow, and nobody has to ask for them."""
    shop = await serve(render_ahead=("webp",))
    photo = encoded(picture(600, 400))
    await upload(shop, photo)
    await eventually(lambda: has_formats(shop, photo, {"jpeg": 7, "webp": 6}))


async def test_further_formats_come_after_everything_else(serve: Serve) -> None:
    """Their jobs stand behind those of all uploads, however much later these come."""
    shop = await serve(run_worker=False)
    photos = [encoded(picture(60, 40, seed=seed)) for seed in range(3)]
    blob = BlobHash(hashlib.sha256(photos[0]).hexdigest())
    await upload(shop, photos[0])
    async with keeping(shop, render_ahead=("avif", "webp"), worker_concurrency=1) as parts:
        further = FurtherFormats(parts.settings, parts.storage.database, parts.pictures.renderer)
        for _ in range(2):
            await further.enqueue(blob)
        for photo in photos[1:]:
            await upload(shop, photo)
        order = await asked(shop, "select entrypoint from pgqueuer order by priority desc, id")
        assert [row["entrypoint"] for row in order] == ["render"] * 3 + ["render-further"]
        await work(parts, lambda: has_formats(shop, photos[0], {"jpeg": 7, "webp": 6, "avif": 6}))


async def test_a_rebuild_brings_what_a_setting_asks_for_since(serve: Serve) -> None:
    """`renditions plan` counts further formats that a setting names, `build` has them built."""
    shop = await serve(run_worker=False)
    photo = encoded(picture(60, 40))
    image = await upload(shop, photo)
    async with keeping(shop) as parts:
        await work(parts, lambda: has_renditions(shop, photo))
    async with keeping(shop, render_ahead=("webp",)) as parts:
        plan = await parts.upkeep.recipe_change.plan()
        assert (plan.blobs, plan.renditions) == (1, 6)
        assert [count async for count in parts.upkeep.recipe_change.build()] == [1]
        await work(parts, lambda: has_formats(shop, photo, {"jpeg": 7, "webp": 6}))
        assert (await parts.upkeep.recipe_change.plan()).renditions == 0
        await destroy(shop, image)
        await age(shop)
        further = FurtherFormats(parts.settings, parts.storage.database, parts.pictures.renderer)
        await further.enqueue(BlobHash(hashlib.sha256(photo).hexdigest()))
        assert await swept(parts) == [], "a job still needs the blob"
