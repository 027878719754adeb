"""What went wrong behind a URL: it answers as well as it still can, and never with what was taken back."""

import asyncio
import hashlib
import os
import signal
from collections.abc import Mapping
from typing import Final

import pytest
from PIL import Image
from yarl import URL

from app.db.connections.connect import Connection
from app.errors import Busy, CodecFailed, CodecsTooSlow
from app.model import NO_MARKS, BlobHash, Segment
from app.options import MIB
from app.raster.child import allowance
from app.store import blob_key, rendition_key
from tests.e2e.conftest import Answer, Serve, Shop, eventually
from tests.e2e.test_formats import asked
from tests.e2e.test_housekeeping import destroy, keeping, upload
from tests.e2e.test_marks import marked
from tests.lengths import by_length
from tests.pictures import decoded, encoded, picture
from tests.raster.child.test_pool import at_work

IMAGES: Final = "/api/rest/products/dress/images"
SETS: Final = "/abstract-products/dress/abstract-product-image-sets"


async def urls(shop: Shop) -> tuple[str, str]:
    """The paths of the only image's cleaned original and large rendition."""
    [image] = (await shop.signed("GET", IMAGES)).json()
    sets = (await shop.get(SETS, Accept="*/*")).json()["data"][0]["attributes"]["imageSets"]
    return URL(image["url"]).raw_path, URL(sets[0]["images"][0]["externalUrlLarge"]).raw_path


def see_through_palette(side: int) -> bytes:
    """A PNG that takes a byte a pixel to be looked at, and many times that to be shrunk."""
    image = Image.new("P", (side, side), 1)
    image.putpalette([255, 255, 255, 200, 30, 30])
    image.paste(0, (side // 4, side // 4, side // 2, side // 2))
    return encoded(image, "PNG", transparency=0)


@pytest.mark.timeout(240)  # a job fails for good after its fifth try, fifteen seconds after the first
async def test_a_rendition_that_failed_for_good_answers_with_the_cleaned_original(serve: Serve) -> None:
    """Of a picture for which the codecs have too little memory the job cleans the original all the same, and fails for
    good; then both URLs show it, the rendition's for a minute."""
    shop = await serve(codec_memory_bytes=160 * MIB)
    data = see_through_palette(6000)
    await upload(shop, data)
    await eventually(lambda: is_failed(shop, data), seconds=180)
    original, large = await urls(shop)
    shown = await shop.get(original)
    assert (shown.status, shown.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
    assert decoded(shown.body).size == (6000, 6000)
    fallen_back = await shop.get(large)
    assert (fallen_back.status, fallen_back.headers["Cache-Control"]) == (200, "public, max-age=60")
    assert fallen_back.body == shown.body


async def test_one_size_that_fails_costs_an_animation_no_other(serve: Serve) -> None:
    """A large animation is built size by size: where the codecs have too little memory for the largest, the others and
    the cleaned original are kept all the same."""
    shop = await serve(run_worker=False)
    frames = [Image.new("P", (1250, 400), number) for number in range(45)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    await upload(shop, data)
    blob = hashlib.sha256(data)
    async with keeping(shop, codec_memory_bytes=128 * MIB) as parts:
        with pytest.raises(CodecFailed, match="MemoryError"):
            await parts.pictures.renderer.build_all(blob.hexdigest())
    rows = await asked(shop, "select recipe_hash from rendition where blob_hash = $1", blob.digest())
    _, *others = shop.settings.recipes
    assert {row["recipe_hash"] for row in rows} == {recipe.hash for recipe in (shop.settings.clean, *others)}


async def is_failed(shop: Shop, data: bytes) -> bool:
    """Whether all renditions of a picture have failed for good, while its cleaned original is there."""
    counted = "select (select count(*) from rendition where blob_hash = $1), (select count(*) from rendition_failure"
    [row] = await asked(shop, f"{counted} where blob_hash = $1)", hashlib.sha256(data).digest())
    return tuple(row) == (1, len(shop.settings.recipes))


async def test_a_rendition_that_the_store_has_lost_is_built_again(serve: Serve) -> None:
    """A rendition that is recorded but not stored is rebuilt by the request that misses it."""
    shop = await serve(run_worker=False, media_cache_bytes=0)
    data = encoded(picture(1500, 900))
    await upload(shop, data)
    for path in await urls(shop):
        before = await shop.get(path)
        lost = [p for p in (shop.settings.data_dir / "objects" / "renditions").rglob("*") if p.is_file()]
        for file in lost:
            file.unlink()
        again = await shop.get(path)
        assert (again.status, again.body) == (200, before.body)


POLICIES: Final = ("rights", "copyright", "none")


def lose_renditions(shop: Shop) -> None:
    """Whatever was made of pictures goes from the store."""
    for path in (shop.settings.data_dir / "objects" / "renditions").rglob("*"):
        if path.is_file():
            path.unlink()


@pytest.mark.timeout(180)  # four services, and what each of them builds again
@pytest.mark.parametrize("is_marked", [True, False], ids=["marked", "plain"])
@pytest.mark.parametrize("before", by_length(POLICIES[:1], POLICIES))
async def test_what_was_lost_comes_back_as_it_was(serve: Serve, before: str, is_marked: bool) -> None:
    """A public file that was built and lost is built again as the same file, cleaned original and renditions in every
    format, whatever the settings have come to say: a URL never changes its bytes, its ETag or its time."""
    shop = await serve(run_worker=False, media_cache_bytes=0, keep_rights=before)
    await upload(shop, marked() if is_marked else encoded(picture(300, 200)))
    original, large = await urls(shop)
    paths = (original, large, large.rpartition(".")[0] + ".webp")
    known = {path: await shop.get(path) for path in paths}
    assert {answer.status for answer in known.values()} == {200}
    for after in POLICIES:
        await comes_back(shop, await serve(run_worker=False, media_cache_bytes=0, keep_rights=after), known)


async def comes_back(shop: Shop, later: Shop, known: Mapping[str, Answer]) -> None:
    """From the one that has other settings by now, and from the one that had built it."""
    for path, former in known.items():
        lose_renditions(later)
        again = await later.get(path)
        assert (again.status, again.body) == (200, former.body), (path, later.settings.keep_rights)
        assert [again.headers[name] for name in _VALIDATORS] == [former.headers[name] for name in _VALIDATORS]
        lose_renditions(later)
        assert (await shop.get(path)).body == former.body


_VALIDATORS: Final = ("ETag", "Last-Modified", "Content-Type")


async def test_a_cleaning_that_failed_does_not_hide_the_one_in_force(serve: Serve) -> None:
    """A path whose own version of the cleaning was never built, because it failed, serves the version in force."""
    shop = await serve(run_worker=False, media_cache_bytes=0, keep_rights="copyright")
    data = marked()
    await upload(shop, data)
    original, _ = await urls(shop)
    async with keeping(shop) as parts:
        await parts.pictures.renderer.give_up(BlobHash(hashlib.sha256(data).hexdigest()), "CodecFailed: Timeout")
    assert (await shop.get(original)).status == 404
    later = await serve(run_worker=False, media_cache_bytes=0, keep_rights="rights")
    answer = await later.get(original)
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")


async def test_marks_that_nobody_could_look_for_are_not_looked_for_for_ever(
    serve: Serve, connection: Connection
) -> None:
    """A picture of before that cannot be decoded is remembered as one without marks, once its job has failed."""
    shop = await serve(run_worker=False)
    data = encoded(picture(60, 40))
    await upload(shop, data)
    blob = BlobHash(hashlib.sha256(data).hexdigest())
    await connection.execute("update blob set marks = null")
    async with keeping(shop) as parts:
        await parts.pictures.renderer.build_all(blob)
        await connection.execute("update blob set marks = null")
        assert (await parts.upkeep.recipe_change.plan()).unseen == 1
        await parts.pictures.renderer.give_up(blob, "ImageUndecodable: jpeg: broken")
        assert (await parts.upkeep.recipe_change.plan()).unseen == 0
    assert await connection.fetchval("select marks from blob") == ""


@pytest.mark.parametrize("reason", ["CodecFailed: MemoryError", "StoreUnavailable: away", "RuntimeError: anything"])
async def test_credits_survive_what_is_not_the_pictures_fault(
    serve: Serve, connection: Connection, reason: str
) -> None:
    """Where anything but the picture kept its marks from being found, its rendition answers with the cleaned original,
    and the next job finds them: `KEEP_RIGHTS` holds."""
    shop = await serve(run_worker=False, media_cache_bytes=0, keep_rights="rights")
    data = marked()
    blob = BlobHash(hashlib.sha256(data).hexdigest())
    await upload(shop, data)
    await connection.execute("update blob set marks = null")
    original, large = await urls(shop)
    assert (await shop.get(original)).status == 200
    async with keeping(shop, keep_rights="rights") as parts:
        await parts.pictures.renderer.give_up(blob, reason)
        assert await connection.fetchval("select marks from blob") is None
        fallen_back = await shop.get(large)
        assert (fallen_back.status, fallen_back.headers["Cache-Control"]) == (200, "public, max-age=60")
        assert fallen_back.body == (await shop.get(original)).body
        await parts.pictures.renderer.build_all(blob)
    assert await connection.fetchval("select marks from blob") != ""


async def test_a_size_that_takes_too_long_keeps_no_other_from_being_built(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a large animation all sizes are tried, also where the machine gave one of them no time; the job is tried again
    for that one."""
    monkeypatch.setattr(allowance, "_PATIENCE_OF_JOBS", 1)
    shop = await serve(run_worker=False)
    frames = [Image.new("P", (1000, 500), number) for number in range(10)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    await upload(shop, data)
    blob = hashlib.sha256(data)
    async with keeping(shop, codec_seconds=4) as parts:
        job = asyncio.create_task(parts.pictures.renderer.build_all(BlobHash(blob.hexdigest())))
        os.kill((await at_work(parts.pictures.codecs)).pid, signal.SIGSTOP)
        with pytest.raises(CodecsTooSlow):
            await job
        rows = await asked(shop, "select recipe_hash from rendition where blob_hash = $1", blob.digest())
        assert {row["recipe_hash"] for row in rows} == {recipe.hash for recipe in shop.settings.recipes}
        await parts.pictures.renderer.build_all(BlobHash(blob.hexdigest()))
    assert not await asked(shop, "select 1 from rendition_failure")


@pytest.mark.parametrize("kind", ["cleaned", "own", "further"])
async def test_what_was_lost_waits_as_what_it_is(serve: Serve, kind: str) -> None:
    """A cleaned original, or a rendition in the picture's own format, is built again before all further formats and
    whatever guests are at; in a further format it takes a guest's place."""
    shop = await serve(run_worker=False)
    data = encoded(picture(300, 200))
    await upload(shop, data)
    segment, recipe = Segment(hashlib.sha256(data).hexdigest()), shop.settings.recipes[0]
    async with keeping(shop, codec_processes=2, max_builds=2) as parts:
        renderer, store = parts.pictures.renderer, parts.storage.store
        found = {
            "cleaned": renderer.find(segment, shop.settings.cleaning_of(NO_MARKS).hash),
            "own": renderer.find(segment, recipe.hash),
            "further": renderer.find(segment, recipe.hash, "webp", asker="192.0.2.1"),
        }
        made = {name: await each for name, each in found.items()}[kind]
        before = await store.read(made.key, made.size)
        lose_renditions(shop)

        async def again() -> bytes:
            return await renderer.despite_losses(lambda: store.read(made.key, made.size), lambda: "192.0.2.2")

        async with parts.pictures.codecs.turns.take("further"):
            with renderer._guests.place("192.0.2.1"):
                if kind == "further":
                    with pytest.raises(Busy):
                        await again()
                else:
                    assert await again() == before
        assert await again() == before


async def test_a_plan_does_not_wait_for_what_takes_long(serve: Serve) -> None:
    """What cannot be built in the time of a reader is left out of the sample, and its time of the reckoning."""
    shop = await serve(run_worker=False)
    await upload(shop, encoded(picture(60, 40)))
    async with keeping(shop, codec_seconds=1, codec_processes=1) as parts:
        async with parts.pictures.codecs.turns.take("build"):
            plan = await parts.upkeep.recipe_change.plan()
        assert (plan.blobs, plan.seconds, plan.size) == (1, 0.0, 0)
        assert (await parts.upkeep.recipe_change.plan()).seconds > 0


async def test_a_withdrawn_original_is_gone_at_once(serve: Serve) -> None:
    """The process that withdraws a path never sends it again, however hot it was."""
    shop = await serve(run_worker=False)
    for seed in range(10):
        image = await upload(shop, encoded(picture(60, 40, seed=seed)))
        original, _ = await urls(shop)
        assert (await shop.get(original)).status == 200
        await destroy(shop, image)
        assert (await shop.get(original)).status == 404


async def test_a_purge_leaves_no_object_behind(serve: Serve) -> None:
    """Also a rendition that a killed process had put without recording it goes with a purge."""
    shop = await serve(run_worker=False)
    data = encoded(picture(60, 40))
    await upload(shop, data)
    blob = hashlib.sha256(data).hexdigest()
    async with keeping(shop) as parts:
        unrecorded = rendition_key(blob, shop.settings.recipes[0].hash, "webp")
        await parts.storage.store.put(unrecorded, b"bytes of a dead process", media_type="image/webp")
        await parts.upkeep.purge.purge(blob)
        assert await parts.storage.store.stat(unrecorded) is None
        assert await parts.storage.store.stat(blob_key(blob)) is None
