"""Sweeps that break off at the worst moment: no row outlives its bytes, and nothing acknowledged is lost."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

import asyncpg
import pytest
from yarl import URL

from app.db.connections.connect import Connection
from app.errors import ObjectMissing, ProductImagesError, StoreUnavailable
from app.service.changes.expiry import end_restoring
from app.service.pictures.claims import lock_blob
from app.service.pictures.removal import forget_blob, remove_blob
from app.service.upkeep.sweeps import Housekeeping
from app.store import FileStore, blob_key
from app.wiring.parts import Parts
from tests.e2e.conftest import Serve, Shop
from tests.e2e.test_gallery_transfer import imported
from tests.e2e.test_housekeeping import IMAGES, MONTH, WEEK, age, destroy, keeping, swept, upload
from tests.e2e.test_leftovers import by_spree
from tests.pictures import encoded, picture

_DATA: Final = encoded(picture(60, 40))
_DIGEST: Final = hashlib.sha256(_DATA).hexdigest()
_SPREE: Final = "/api/v1/products/a-dress/images"

Break = Callable[["Fragile"], Awaitable[None]]


class Fragile(FileStore):
    """A store of whose removals something goes wrong, as `breaks` has it."""

    def __init__(self, root: Path, dsn: str, breaks: Break) -> None:
        super().__init__(root)
        self.dsn = dsn
        self._breaks = breaks
        self.keys: list[str] = []

    async def delete(self, keys: Iterable[str]) -> None:
        self.keys = list(keys)
        await self._breaks(self)

    async def really_delete(self) -> None:
        await super().delete(self.keys)


async def its_answer_is_lost(store: Fragile) -> None:
    await store.really_delete()
    raise StoreUnavailable("no answer")


async def it_removes_nothing(store: Fragile) -> None:
    raise StoreUnavailable("away")


async def its_process_ends_before(store: Fragile) -> None:
    raise asyncio.CancelledError


async def its_process_ends_after(store: Fragile) -> None:
    await store.really_delete()
    raise asyncio.CancelledError


async def its_connection_ends(store: Fragile) -> None:
    """So that what is committed next is not."""
    await store.really_delete()
    connection = await asyncpg.connect(store.dsn)
    await connection.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid() and state = 'idle in transaction'"
    )
    await connection.close()


BREAKS: Final = (
    its_answer_is_lost,
    it_removes_nothing,
    its_process_ends_before,
    its_process_ends_after,
    its_connection_ends,
)


async def by_openmage(shop: Shop, _: Path) -> None:
    await upload(shop, _DATA)


async def by_spree_form(shop: Shop, _: Path) -> None:
    assert (await by_spree(shop, _DATA)).status == 201


async def by_import(shop: Shop, folder: Path) -> None:
    (folder / "again.jpg").write_bytes(_DATA)
    async with keeping(shop) as parts:
        counts, rejected = await imported(parts, [{"sku": "dress", "file": "again.jpg"}], folder)
    assert (counts["images"], rejected) == ({"created": 1}, [])


async def shown(shop: Shop) -> list[int]:
    """The statuses of all images of the product, each fetched."""
    images = (await shop.signed("GET", IMAGES)).json()
    return [(await shop.get(URL(image["url"]).raw_path)).status for image in images]


async def unused(shop: Shop, data: bytes = _DATA) -> None:
    """Leaves bytes in the store that nothing refers to."""
    await destroy(shop, await upload(shop, data))
    await asked(shop, "delete from pgqueuer")
    await age(shop)


async def asked(shop: Shop, sql: str) -> None:
    async with shop.database.transaction() as tx:
        await tx.connection.execute(sql)


async def break_off(shop: Shop, parts: Parts, breaks: Break) -> None:
    """A sweep that meets the fault."""
    async with Fragile(shop.settings.data_dir / "objects", shop.database.dsn, breaks) as store:
        with suppress(ProductImagesError, asyncio.CancelledError):
            async for _ in Housekeeping(parts.storage.database, store, MONTH).sweep(WEEK):
                pass


async def forget_the_wait(shop: Shop) -> None:
    """As if the time had passed in which a removal that went unanswered may still be carried out."""
    await asked(shop, "update blob_claim set claimed_at = claimed_at - interval '14 s' where is_removal")


@pytest.mark.parametrize("again", [by_openmage, by_spree_form, by_import])
@pytest.mark.parametrize("breaks", BREAKS)
async def test_what_comes_after_a_broken_off_sweep_has_its_bytes(
    serve: Serve, tmp_path: Path, breaks: Break, again: Callable[[Shop, Path], Awaitable[None]]
) -> None:
    """Whatever a removal met, and whoever brings the bytes next, what is acknowledged then can be seen."""
    shop = await serve(run_worker=False)
    await unused(shop)
    async with keeping(shop) as parts:
        await break_off(shop, parts, breaks)
        await forget_the_wait(shop)
        await again(shop, tmp_path)
        assert await shown(shop) == [200]
        assert [damage async for damage in parts.upkeep.verify.run() if damage] == []


@pytest.mark.parametrize("breaks", BREAKS)
async def test_a_sweep_finishes_what_a_former_one_began(serve: Serve, connection: Connection, breaks: Break) -> None:
    """However one broke off, the next one leaves neither object nor row nor claim."""
    shop = await serve(run_worker=False)
    await unused(shop)
    async with keeping(shop) as parts:
        await break_off(shop, parts, breaks)
        assert not await connection.fetchval("select count(*) from blob")
        await swept(parts)
        assert await parts.storage.store.stat(blob_key(_DIGEST)) is None
    assert not await connection.fetchval("select count(*) from blob_claim")


async def test_rows_are_gone_before_objects_are(serve: Serve, connection: Connection) -> None:
    """When the store is told to remove bytes no committed row names them, in a sweep and in a purge."""
    shop = await serve(run_worker=False)
    rows: list[int] = []

    async def look(store: Fragile) -> None:
        rows.append(await connection.fetchval("select count(*) from blob"))
        await store.really_delete()

    await unused(shop)
    async with keeping(shop) as parts:
        await break_off(shop, parts, look)
        image = await upload(shop, _DATA)
        async with Fragile(shop.settings.data_dir / "objects", shop.database.dsn, look) as store:
            parts.upkeep.purge._store = store
            await parts.upkeep.purge.purge(await parts.upkeep.purge.find(image))
    assert rows == [0, 0]


async def test_a_sweep_whose_rows_cannot_be_committed_removes_nothing(serve: Serve, connection: Connection) -> None:
    """Where the first commit fails rows and bytes are as they were."""
    shop = await serve(run_worker=False)
    await unused(shop)
    await connection.execute(
        "create function refuse() returns trigger language plpgsql as $$ "
        "begin raise exception 'no room' using errcode = '53100'; end $$; "
        "create constraint trigger refuse after delete on blob deferrable initially deferred "
        "for each row execute function refuse()"
    )
    async with keeping(shop) as parts:
        with pytest.raises(ProductImagesError, match="no room"):
            await swept(parts)
        assert await parts.storage.store.stat(blob_key(_DIGEST)) is not None
    assert await connection.fetchval("select count(*) from blob") == 1


async def test_bytes_that_come_back_meanwhile_stay(serve: Serve, connection: Connection) -> None:
    """A claim made between rows and objects, by a version that knows of no removals, keeps the bytes."""
    shop = await serve(run_worker=False)
    await unused(shop)
    digest = bytes.fromhex(_DIGEST)
    async with keeping(shop) as parts:
        await end_restoring(parts.storage.database, MONTH)
        async with parts.storage.database.transaction() as tx:
            await lock_blob(tx, _DIGEST)
            await forget_blob(tx, digest, "picture.swept")
        await connection.execute("insert into blob_claim (hash) values ($1)", digest)
        assert await remove_blob(parts.storage.database, parts.storage.store, _DIGEST) is False
        assert await parts.storage.store.stat(blob_key(_DIGEST)) is not None
    assert await connection.fetchval("select count(*) from blob_claim where not is_removal") == 1


async def test_a_removal_that_is_carried_out_late_takes_no_upload_s_bytes(serve: Serve) -> None:
    """Where the store gave no answer, an upload of the same bytes waits until it can no longer be at it."""
    shop = await serve(run_worker=False)
    await unused(shop)
    late: list[asyncio.Task[None]] = []

    async def later(store: Fragile) -> None:
        await asyncio.sleep(1)
        async with FileStore(shop.settings.data_dir / "objects") as objects:
            await objects.delete(store.keys)

    async def be_late(store: Fragile) -> None:
        late.append(asyncio.create_task(later(store)))
        raise StoreUnavailable("no answer")

    async with keeping(shop) as parts:
        await break_off(shop, parts, be_late)
        await asked(shop, "update blob_claim set claimed_at = claimed_at - interval '12 s' where is_removal")
        await upload(shop, _DATA)
        assert late[0].done()
    assert await shown(shop) == [200]


async def test_an_import_repeated_puts_back_what_was_lost(serve: Serve, tmp_path: Path) -> None:
    """A row is no proof of bytes: the same import again changes no row, and heals the store."""
    shop = await serve(run_worker=False)
    async with keeping(shop) as parts:
        await by_import(shop, tmp_path)
        await parts.storage.store.delete([blob_key(_DIGEST)])
        counts, _ = await imported(parts, [{"sku": "dress", "file": "again.jpg"}], tmp_path)
        assert counts["images"] == {"unchanged": 1}
        assert (await parts.storage.store.read(blob_key(_DIGEST), len(_DATA))) == _DATA
        await parts.storage.store.delete([blob_key(_DIGEST)])
        await imported(parts, [{"sku": "dress", "file": "again.jpg"}], tmp_path, dry_run=True)
        with pytest.raises(ObjectMissing):
            await parts.storage.store.read(blob_key(_DIGEST), len(_DATA))


async def test_a_rendition_s_removal_that_breaks_off_leaves_none_without_bytes(serve: Serve) -> None:
    """Where the objects of a former recipe could not be removed, no row names what is gone; a request builds anew."""
    shop = await serve(run_worker=False)
    image = await upload(shop, _DATA)
    async with keeping(shop) as parts:
        await parts.pictures.renderer.build_all(_DIGEST)
    await destroy(shop, image)
    await asked(shop, "delete from pgqueuer")
    await age(shop, 40)
    async with keeping(shop, recipe_small=150) as parts:
        for breaks in (its_answer_is_lost, it_removes_nothing):
            async with Fragile(shop.settings.data_dir / "objects", shop.database.dsn, breaks) as store:
                parts.upkeep.unused_renditions._store = store
                with pytest.raises(StoreUnavailable):
                    await parts.upkeep.unused_renditions.sweep(WEEK)
            assert [damage async for damage in parts.upkeep.verify.run() if damage] == []
            small = next(recipe for recipe in shop.settings.recipes if recipe.name == "small")
            assert (await parts.pictures.renderer.find(_DIGEST, small.hash)).size > 0
            await age(shop, 40)
