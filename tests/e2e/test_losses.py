"""What went wrong behind a URL: it answers as well as it still can, and never with what was taken back."""

import hashlib
from typing import Final

from yarl import URL

from app.model import BlobHash
from app.store import blob_key, rendition_key
from tests.e2e.conftest import Serve, Shop
from tests.e2e.test_housekeeping import destroy, keeping, upload
from tests.pictures import decoded, encoded, picture

IMAGES: Final = "/api/rest/products/dress/images"
SETS: Final = "/abstract-products/dress/abstract-product-image-sets"


async def urls(shop: Shop) -> tuple[str, str]:
    """The paths of the only image's cleaned original and large rendition."""
    [image] = (await shop.signed("GET", IMAGES)).json()
    sets = (await shop.get(SETS, Accept="*/*")).json()["data"][0]["attributes"]["imageSets"]
    return URL(image["url"]).raw_path, URL(sets[0]["images"][0]["externalUrlLarge"]).raw_path


async def test_a_rendition_that_failed_for_good_answers_with_the_cleaned_original(serve: Serve) -> None:
    """Where the codecs give up on renditions, both URLs show the cleaned original, the rendition's for a minute."""
    shop = await serve(run_worker=False)
    data = encoded(picture(1500, 900))
    await upload(shop, data)
    async with keeping(shop) as parts:
        blob = BlobHash(hashlib.sha256(data).hexdigest())
        await parts.renderer.cleaned(blob)
        await parts.renderer.give_up(blob, "CodecFailed: Timeout")
    original, large = await urls(shop)
    shown = await shop.get(original)
    assert (shown.status, shown.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
    assert decoded(shown.body).size == (1500, 900)
    fallen_back = await shop.get(large)
    assert (fallen_back.status, fallen_back.headers["Cache-Control"]) == (200, "public, max-age=60")
    assert fallen_back.body == shown.body


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
        await parts.store.put(unrecorded, b"bytes of a dead process", media_type="image/webp")
        await parts.purge.purge(blob)
        assert await parts.store.stat(unrecorded) is None
        assert await parts.store.stat(blob_key(blob)) is None
