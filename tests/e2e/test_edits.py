"""Edited pictures in the life of a shop: swept, lost, rebuilt, and met by a version that does not know of them."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.db.connections.connect import Connection
from app.db.pool import Transaction
from app.errors import RenditionNotFound
from app.model import Segment
from app.raster.child.pool import CodecPool
from app.service.pictures.edits.following import Edits
from app.service.pictures.edits.values import EditInput
from app.service.pictures.filing import REBUILD_PRIORITY
from app.service.pictures.removal import forget_blob
from app.service.renditions.edited import EditedRows
from app.service.renditions.undecided import Undecided
from app.service.upkeep.recipe_change import RecipeChange
from app.service.upkeep.sweeps import Housekeeping
from app.service.upkeep.verify import Verify
from app.store import open_store
from tests.e2e.conftest import Serve, Shop, eventually
from tests.e2e.test_housekeeping import MONTH, age
from tests.e2e.test_marks import marked, packet_at, upload, urls
from tests.pictures import encoded, picture
from tests.raster.marks.test_packet import FULL, packet

_EDITED = re.compile(r"/(?P<hash>[0-9a-f]{64})-(?P<key>[0-9a-f]{16})/")
_TURNED: EditInput = {"rotate": 90}


async def edited(shop: Shop, image: int, edit: EditInput | None = _TURNED) -> None:
    async with shop.database.transaction() as tx:
        await Edits(shop.settings).write(tx, image, edit)


async def decided(shop: Shop, count: int = 1) -> None:
    async def is_done() -> bool:
        async with shop.database.transaction() as tx:
            return await tx.connection.fetchval("select count(*) from edited_picture where state = 'ready'") == count

    await eventually(is_done)


async def a_shop(serve: Serve, data: bytes) -> tuple[Shop, int, str]:
    """With an edited image, and where a storefront finds its large rendition."""
    shop = await serve()
    image = int((await upload(shop, data)).rpartition("/")[2])
    await edited(shop, image)
    await decided(shop)
    large, _ = await urls(shop)
    assert _EDITED.search(large)
    return shop, image, large


async def test_edited_renditions_carry_marks_and_go_with_their_picture(serve: Serve) -> None:
    """They say who made the picture, as others do; when nothing refers to it any more rows and objects go."""
    shop, image, large = await a_shop(serve, marked())
    assert await packet_at(shop, large) == packet(FULL)
    objects = shop.settings.data_dir / "objects"
    assert list(objects.rglob(f"*-{_EDITED.search(large)['key']}/*.jpg"))
    key = {"X-Spree-Token": shop.api_key}
    answer = await shop.call("DELETE", f"/api/v1/products/a-dress/images/{image}", headers=key)
    assert answer.status == 204
    await age(shop)
    assert await _told_of_edits(shop, bytes.fromhex(_EDITED.search(large)["hash"])) == [1000, 2]
    async with open_store(shop.settings) as store:
        swept = [blob async for blob in Housekeeping(shop.database, store, MONTH).sweep(timedelta(days=7))]
    assert len(swept) == 1
    assert (await shop.get(large)).status == 404
    assert list(objects.rglob("*.jpg")) == []


async def _told_of_edits(shop: Shop, digest: bytes) -> list[int]:
    """How many edits each row of the log would tell, had the picture 1,002."""
    async with shop.database.transaction() as tx:
        await tx.connection.execute(
            "insert into edited_picture (blob_hash, key, edit, marks, width, height) "
            "select $1, lpad(n::text, 16, '0'), '{}', '', 1, 1 from generate_series(1, 1001) n",
            digest,
        )
        last = await tx.connection.fetchval("select max(id) from change")
        await tx.execute("release_withdrawn_paths", MONTH)
        await forget_blob(tx, digest, "picture.swept")
        told = await tx.connection.fetch("select after::text from change where id > $1 order by id", last)
        await tx.connection.execute("rollback; begin")
    return [len(json.loads(row["after"])["edits"]) for row in told]


async def test_lost_and_missing_edited_renditions_are_built_again(serve: Serve, connection: Connection) -> None:
    """One that the store lost is built again as what it was; a plan counts what edited pictures lack that images show,
    and a repair and a build put them into the queue."""
    shop, image, large = await a_shop(serve, encoded(picture(90, 60)))
    before = (await shop.get(large)).body
    recipe, key = large.split("/")[3][-8:], _EDITED.search(large)["key"]
    [path] = (shop.settings.data_dir / "objects").rglob(f"*-{key}/{recipe}.jpg")
    path.unlink()
    forgetful = await serve()
    assert (await forgetful.get(large)).body == before
    path.unlink()
    async with open_store(shop.settings) as store:
        verify = Verify(shop.database, store)
        [damage] = [damage async for damage in verify.run() if damage]
        assert (damage.what, damage.key.endswith(f"-{key}/{recipe}.jpg")) == ("missing", True)
        assert [one async for one in verify.repair([damage], shop.settings.data_dir / "nowhere")] == [damage]
        await eventually(lambda: _has_renditions(connection, 6))
        further = replace(shop.settings, render_ahead=("avif",))
        codecs = CodecPool(further)
        try:
            change = RecipeChange(further, shop.database, store, codecs)
            plan = await change.plan()
            assert (plan.blobs, plan.renditions) == (2, 12)
            assert [number async for number in change.build()] == [1, 1]
            await edited(shop, image, None)
            assert (await change.plan()).blobs == 1
        finally:
            await codecs.close()


async def _has_renditions(connection: Connection, count: int) -> bool:
    return bool(await connection.fetchval("select count(*) from edited_rendition") == count)


async def test_a_version_before_goes_on(serve: Serve, connection: Connection) -> None:
    """Where it gives an edited image other bytes these are shown as they are, until a worker has made of them what the
    edit does."""
    shop, image, large = await a_shop(serve, encoded(picture(90, 60)))
    other = int((await upload(shop, encoded(picture(80, 50), "JPEG", quality=50))).rpartition("/")[2])
    tiny = int((await upload(shop, encoded(picture(20, 20)))).rpartition("/")[2])
    await edited(shop, other, {"crop": [0, 0, 0.5, 1]})
    await decided(shop, 2)
    await connection.execute("update image set recipes = '{}' where id = $1", image)
    for one, source in ((image, other), (other, tiny)):
        await connection.execute(
            "update image set picture_id = (select picture_id from image where id = $2) where id = $1", one, source
        )
    assert not _EDITED.search((await urls(shop))[0])
    stamp, last = await _stamp(connection, image), await connection.fetchval("select max(id) from change")
    await Undecided(shop.database, Edits(shop.settings)).enqueue()
    await decided(shop, 3)
    assert await _stamp(connection, image) > stamp
    assert await connection.fetchval("select recipes <> '{}' from image where id = $1", image)
    assert await connection.fetchval("select edit from image where id = $1", other) is None
    rows = await connection.fetch(
        "select image_id, before ? 'edit' as drops, before ? 'stamp' as moves from change "
        "where id > $1 and kind = 'image.updated' order by image_id",
        last,
    )
    assert [tuple(row) for row in rows] == [(image, False, True), (other, True, True)]
    shown = _EDITED.search((await urls(shop))[0])
    assert shown["hash"] != _EDITED.search(large)["hash"]
    edit = json.loads(await connection.fetchval("select edit::text from image where id = $1", image))
    assert edit == {"rotate": 90}
    assert (await shop.get(large)).status == 200

    stamp = await _stamp(connection, image)
    await shop.database.execute("update_transferred_image", image, "", 1, False, datetime(2013, 6, 6, tzinfo=UTC), None)
    assert await _stamp(connection, image) == stamp
    unknown = Segment(f"{shown['hash']}-{'0' * 16}")
    with pytest.raises(RenditionNotFound):
        await EditedRows(shop.settings, shop.database).shown(unknown)


async def _stamp(connection: Connection, image: int) -> datetime:
    stamp: datetime = await connection.fetchval("select file_updated_at from image where id = $1", image)
    return stamp


class _Slow(Edits):
    """Has read what images are to show, and waits before it writes that."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.has_read, self.goes_on = asyncio.Event(), asyncio.Event()

    async def _show(self, *args: Any, **kwargs: Any) -> int:
        self.has_read.set()
        await self.goes_on.wait()
        return await super()._show(*args, **kwargs)


async def test_other_keys_cost_nobody_his_edit_or_his_renditions(serve: Serve, connection: Connection) -> None:
    """With other settings edits make other pictures: who was ready stays so, and is built behind uploads; what failed
    stays so; deleted images are left alone; and what a client writes meanwhile is not lost."""
    shop = await serve(run_worker=False)
    image, second, gone = [int((await upload(shop, marked(seed))).rpartition("/")[2]) for seed in (1, 2, 3)]
    for one in (image, second, gone):
        await edited(shop, one)
    await connection.execute("update edited_picture set state = 'ready'")
    plain = await _upload_plain(shop)
    await connection.execute(
        "update edited_picture set state = 'failed', failure_code = 'undecodable' "
        "where blob_hash = (select blob_hash from picture join image i on i.picture_id = picture.id where i.id = $1)",
        plain,
    )
    await connection.execute("update image set deleted_at = now() where id = $1", gone)
    await connection.execute("delete from pgqueuer")
    before = await _keys(connection)

    other = replace(shop.settings, keep_rights="none")
    codecs = CodecPool(other)
    try:
        async with open_store(shop.settings) as store:
            async for _ in RecipeChange(other, shop.database, store, codecs).build():
                pass
    finally:
        await codecs.close()
    after = await _keys(connection)
    assert {one for one in before if before[one] != after[one]} == {image, second}
    assert after[image][1] == after[second][1] == "ready"
    assert after[plain] == (before[plain][0], "failed")
    priorities = "select distinct priority from pgqueuer where entrypoint = 'render-edit'"
    assert [row["priority"] for row in await connection.fetch(priorities)] == [REBUILD_PRIORITY]
    nowhere = [bytes(32)], ["0" * 16], ["{}"], [""], [1], [1], ["processing"], False
    assert await shop.database.fetch("add_edited_pictures", *nowhere) == []

    slow = _Slow(shop.settings)
    following = asyncio.create_task(_follow(shop, slow, image))
    await slow.has_read.wait()
    key = {"Authorization": f"Bearer {shop.api_key}"}
    said = {"edit": {"rotate": 180}}
    writing = asyncio.create_task(shop.call("PATCH", f"/v1/images/{image}", json=said, headers=key))
    await asyncio.wait({writing}, timeout=0.5)
    slow.goes_on.set()
    await following
    answer = await writing
    assert (answer.status, answer.json()["edit"]["rotate"]) == (200, 180)
    assert json.loads(await connection.fetchval("select edit::text from image where id = $1", image)) == {"rotate": 180}
    assert (await _keys(connection))[image][0] != before[image][0]


async def _upload_plain(shop: Shop) -> int:
    image = int((await upload(shop, encoded(picture(90, 60)))).rpartition("/")[2])
    await edited(shop, image)
    return image


async def _follow(shop: Shop, edits: Edits, image: int) -> None:
    tx: Transaction
    async with shop.database.transaction() as tx:
        await edits.follow_later(tx, [image], REBUILD_PRIORITY)


async def _keys(connection: Connection) -> dict[int, tuple[str, str]]:
    """By image the key and the state of its edited picture."""
    rows = await connection.fetch(
        "select i.id, e.key, e.state from image i join picture p on p.id = i.picture_id "
        "join edited_picture e on e.blob_hash = p.blob_hash and e.key = i.edit_key"
    )
    return {row["id"]: (row["key"], row["state"]) for row in rows}
