"""Keeping house: what nothing refers to goes, what is referred to stays, and what must go is gone everywhere."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import asyncpg
from yarl import URL

from app.db.connections.connect import Connection
from app.model import BlobHash
from app.store import blob_key
from app.wiring.parts import Parts
from tests.e2e.conftest import Serve, Shop, eventually
from tests.e2e.test_main_job import body, has_renditions
from tests.pictures import encoded, picture

IMAGES: Final = "/api/rest/products/dress/images"
SPREE: Final = "/api/v1/variants/8/images"
JSON: Final = {"Content-Type": "application/json"}
WEEK: Final = timedelta(days=7)
MONTH: Final = timedelta(days=30)
"""How long what was deleted can be restored."""


async def upload(shop: Shop, data: bytes, path: str = IMAGES) -> str:
    """The id of a new image."""
    created = await shop.signed("POST", path, data=body(data), headers=JSON)
    assert created.status == 200
    return created.headers["Location"].rpartition("/")[2]


async def destroy(shop: Shop, image: str) -> None:
    """Deletes as Spree does: the path is withdrawn."""
    answer = await shop.call("DELETE", f"{SPREE}/{image}", headers={"X-Spree-Token": shop.api_key})
    assert answer.status == 204


async def age(shop: Shop, days: int = 8) -> None:
    """Makes all that is stored so much older, and what was taken away too old to be restored."""
    connection = await asyncpg.connect(shop.database.dsn)
    for table, column in (
        ("blob", "created_at"),
        ("blob_claim", "claimed_at"),
        ("rendition", "created_at"),
        ("edited_rendition", "created_at"),
        ("recipe", "created_at"),
    ):
        await connection.execute(f"update {table} set {column} = {column} - make_interval(days => $1)", days)
    for table, column in (("file_path", "withdrawn_at"), ("change", "at")):
        await connection.execute(f"update {table} set {column} = {column} - $1::interval", MONTH)
    await connection.close()


@asynccontextmanager
async def keeping(shop: Shop, **options: Any) -> AsyncIterator[Parts]:
    """Another process's share of the service, with other settings."""
    parts = Parts(replace(shop.settings, **options), shop.database.dsn)
    async with parts.opened():
        yield parts


async def swept(parts: Parts, *, dry_run: bool = False) -> list[str]:
    return [blob.hash async for blob in parts.upkeep.housekeeping.sweep(WEEK, dry_run=dry_run)]


async def test_a_sweep_removes_only_what_nothing_refers_to(serve: Serve) -> None:
    """Destroyed images lose their bytes; listed ones, and deleted ones whose URL still answers, keep them."""
    shop = await serve()
    gone, listed, deleted = (encoded(picture(60, 40, seed=seed)) for seed in range(3))
    images = [await upload(shop, data) for data in (gone, listed, deleted)]
    for data in (gone, listed, deleted):
        await eventually(lambda data=data: has_renditions(shop, data))
    await destroy(shop, images[0])
    assert (await shop.signed("DELETE", f"{IMAGES}/{images[2]}")).status == 200
    async with keeping(shop) as parts:
        assert await swept(parts) == []
        await age(shop)
        assert await swept(parts, dry_run=True) == [hashlib.sha256(gone).hexdigest()]
        assert await parts.storage.store.stat(blob_key(hashlib.sha256(gone).hexdigest())) is not None
        assert await swept(parts) == [hashlib.sha256(gone).hexdigest()]
        assert await swept(parts) == []
        damages = [damage async for damage in parts.upkeep.verify.run()]
        left = [path for path in (shop.settings.data_dir / "objects").rglob("*") if path.is_file()]
        assert damages == [None] * len(left)
    again = await upload(shop, gone)
    url = (await shop.signed("GET", f"{IMAGES}/{again}")).json()["url"]
    assert (await shop.get(URL(url).raw_path)).status == 200


async def test_a_sweep_removes_the_claims_of_uploads_that_ended(serve: Serve, connection: Connection) -> None:
    """Old claims of bytes in use go, young ones stay, and a dry run removes none."""
    shop = await serve(run_worker=False)
    data = encoded(picture(60, 40))
    await upload(shop, data)
    await upload(shop, data)
    await age(shop)
    await upload(shop, data)
    async with keeping(shop) as parts:
        left = []
        for dry_run in (True, False):
            assert await swept(parts, dry_run=dry_run) == []
            left.append(await connection.fetchval("select count(*) from blob_claim"))
    assert left == [3, 1]


async def test_a_sweep_leaves_out_what_is_linked_meanwhile(serve: Serve, connection: Connection) -> None:
    """A set that gets a picture while a sweep is about to remove it keeps it, and the sweep goes on with the rest."""
    shop = await serve(run_worker=False)
    photos = [encoded(picture(60, 40, seed=seed)) for seed in range(3)]
    for data in photos:
        await destroy(shop, await upload(shop, data))
    await connection.execute("delete from pgqueuer")
    await age(shop)
    linked, *others = sorted(hashlib.sha256(data).hexdigest() for data in photos)
    async with keeping(shop) as parts:
        async with connection.transaction():
            await connection.execute(
                "with made as (insert into image_set (product_id, name) values (8, 'other') returning id) "
                "insert into image_set_link (set_id, picture_id) "
                "select made.id, p.id from made, picture p where p.blob_hash = $1",
                bytes.fromhex(linked),
            )
            sweeping = asyncio.create_task(swept(parts))

            async def is_waiting() -> bool:
                found = await connection.fetchval("select count(*) from pg_locks where not granted")
                return bool(found) or sweeping.done()

            await eventually(is_waiting)
        assert await sweeping == others
        assert await parts.storage.store.stat(blob_key(BlobHash(linked))) is not None


async def test_uploads_of_the_same_bytes_win_against_a_sweep(serve: Serve) -> None:
    """However an upload and a sweep of the same old bytes meet, an acknowledged image has its bytes."""
    shop = await serve(run_worker=False)
    data = encoded(picture(60, 40))
    await destroy(shop, await upload(shop, data))
    async with keeping(shop) as parts:
        for turn in range(25):
            await age(shop)
            sweeping = asyncio.create_task(swept(parts))
            await asyncio.sleep(turn * 0.001)  # so that they meet in many ways
            image = await upload(shop, data)
            await sweeping
            url = (await shop.signed("GET", f"{IMAGES}/{image}")).json()["url"]
            assert (await shop.get(URL(url).raw_path)).status == 200
            await destroy(shop, image)


async def test_verify_names_what_is_missing_or_damaged(serve: Serve) -> None:
    """A lost original and a changed rendition are each named with their key."""
    shop = await serve()
    lost, kept = encoded(picture(60, 40)), encoded(picture(70, 40))
    for data in (lost, kept):
        await upload(shop, data)
        await eventually(lambda data=data: has_renditions(shop, data))
    objects = shop.settings.data_dir / "objects"
    missing = blob_key(hashlib.sha256(lost).hexdigest())
    (objects / missing).unlink()
    digest = hashlib.sha256(kept).hexdigest()
    damaged = next(path for path in (objects / "renditions").rglob("*") if digest in str(path) and path.is_file())
    damaged.chmod(0o600)
    damaged.write_bytes(b"something else")
    async with keeping(shop) as parts:
        found = {(d.what, d.key) async for d in parts.upkeep.verify.run() if d is not None}
    assert found == {("missing", missing), ("damaged", str(damaged.relative_to(objects)))}


async def test_a_purged_picture_is_gone_everywhere_and_stays_away(serve: Serve) -> None:
    """A purge empties galleries, URLs and the store, and bars the bytes until it is lifted."""
    shop = await serve()
    data, other = encoded(picture(60, 40)), encoded(picture(70, 40))
    image = await upload(shop, data)
    elsewhere = await upload(shop, data, "/api/rest/products/9/images")
    await upload(shop, other)
    await eventually(lambda: has_renditions(shop, data))
    url = (await shop.signed("GET", f"{IMAGES}/{image}")).json()["url"]
    sets = (await shop.get("/abstract-products/dress/abstract-product-image-sets", Accept="*/*")).json()
    large = sets["data"][0]["attributes"]["imageSets"][0]["images"][0]["externalUrlLarge"]
    async with keeping(shop) as parts:
        blob = await parts.upkeep.purge.find(elsewhere)
        assert await parts.upkeep.purge.purge(blob) == 2
        assert await parts.upkeep.purge.purge(blob) == 0

        async def is_gone() -> bool:
            return all([(await shop.get(URL(one).raw_path)).status == 404 for one in (url, large)])

        await eventually(is_gone, seconds=1)
        assert len((await shop.signed("GET", IMAGES)).json()) == 1
        assert await parts.storage.store.stat(blob_key(blob)) is None
        refused = await shop.signed("POST", IMAGES, data=body(data), headers=JSON)
        assert (refused.status, refused.json()["messages"]["error"][0]["message"]) == (400, "Resource unknown error")
        assert await parts.upkeep.purge.lift(blob)
        await upload(shop, data)


async def test_a_changed_recipe_is_planned_built_and_its_forerunner_swept(serve: Serve) -> None:
    """New renditions are counted, built in the background, and old URLs answer until the operator sweeps."""
    shop = await serve(run_worker=False)
    photos = [encoded(picture(400, 300, seed=seed)) for seed in range(2)]
    for photo in photos:
        await upload(shop, photo)
    sets = (await shop.get("/abstract-products/dress/abstract-product-image-sets", Accept="*/*")).json()
    old = sets["data"][0]["attributes"]["imageSets"][0]["images"][0]["externalUrlSmall"]
    assert (await shop.get(URL(old).raw_path)).status == 200
    async with keeping(shop, recipe_small=150) as parts:
        plan = await parts.upkeep.recipe_change.plan()
        assert (plan.blobs, plan.renditions) == (2, 2 * (len(shop.settings.recipes) + 1))
        assert plan.seconds > 0
        assert plan.size > 0
        assert [count async for count in parts.upkeep.recipe_change.build()] == [2]
        working = asyncio.create_task(parts.worker.run())

        async def is_built() -> bool:
            return (await parts.upkeep.recipe_change.plan()).renditions == 0

        await eventually(is_built)
        await parts.worker.stop()
        await working
        assert (await shop.get(URL(old).raw_path)).status == 200
        await age(shop, 40)
        # Both images were promised their recipes when their bytes came, so nothing is swept while they live.
        assert await parts.upkeep.unused_renditions.sweep(timedelta(days=30)) == (0, 0)
        for image in (await shop.signed("GET", IMAGES)).json():
            await destroy(shop, image["id"])
        would_go = await parts.upkeep.unused_renditions.sweep(timedelta(days=30), dry_run=True)
        assert await parts.upkeep.unused_renditions.sweep(timedelta(days=30)) == would_go
        assert (would_go[0], would_go[1] > 0) == (1, True)
