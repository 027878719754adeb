"""What was done through any API is taken back exactly, and what was changed since is not."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db.connections.connect import Connection
from app.db.pool import Database
from app.errors import (
    Conflict,
    DatabaseUnavailable,
    Gone,
    ImageNotFound,
    InvalidCommand,
    NoSuchRevision,
    PreconditionFailed,
)
from app.service.catalogue.plan import ProductOptions
from app.service.catalogue.products import delete_product, put_batch
from app.service.changes.acting import Act, as_actor
from app.service.changes.long_jobs import LongJobs
from app.service.changes.products import restore_products
from app.service.changes.record import recorded
from app.service.galleries.removal import Committed
from app.service.galleries.undo import ChangeNotFound, TooManyChanges, Undo
from app.service.galleries.undoing import LongUndo
from app.service.galleries.v1.order import GalleryOrder
from app.service.galleries.v1.texts import PictureTexts
from app.service.pictures.edits.following import Edits
from app.settings import Settings

_MONTH: Final = timedelta(days=30)
_EMPTY: Final = """
    truncate image_type_assignment, image_store, image, picture, blob, blob_barred, file_path, change, product,
        store_view, website cascade
"""
_SHOP: Final = """
    insert into website (id, code) values (1, 'base');
    insert into store_view (id, code, website_id) values (1, 'default', 1), (2, 'german', 1);
    insert into product (id, sku, sku_key, slug) values (8, 'dress', 'dress', 'dress'), (9, 'coat', 'coat', 'coat');
    insert into blob (hash, size, format, width, height) select sha256(n::text::bytea), 1, 'jpeg', 1, 1
        from generate_series(1, 2) n;
    insert into picture (id, blob_hash) values (17, sha256('1')), (18, sha256('2'));
    insert into file_path (path, blob_hash, clean_recipe) values
        ('/1', sha256('1'), 'c'), ('/2', sha256('1'), 'c'), ('/3', sha256('1'), 'c');
    insert into image (id, product_id, picture_id, file_path, file_name, label, position, excluded) values
        (1, 8, 17, '/1', 'a', 'Front', 1, false), (2, 8, 17, '/2', 'b', 'Back', 2, false),
        (3, 8, 17, '/3', 'c', null, 5, false);
    insert into image_store (image_id, store_view_id, label, position) values (1, 2, 'Vorne', 7);
    insert into image_type_assignment (product_id, store_view_id, type_code, image_id)
        values (8, null, 'image', 1), (8, null, 'thumbnail', 2), (8, 2, 'small_image', null);
"""
_STATE: Final = """
    select jsonb_build_object(
        'images', (select jsonb_agg(to_jsonb(i) - '{revision,updated_at,file_updated_at,ordinal}'::text[] order by id)
            from image i where deleted_at is null),
        'stores', (select jsonb_agg(s order by s.image_id, s.store_view_id) from image_store s
            join image i on i.id = s.image_id and i.deleted_at is null),
        'types', (select jsonb_agg(a order by a.product_id, a.store_view_id, a.type_code) from image_type_assignment a),
        'products', (select jsonb_agg(p.sku order by p.id) from product p
            where p.sku <> 'hat' and p.deleted_at is null),
        'paths', (select jsonb_agg(f.path order by f.path) from file_path f where f.withdrawn_at is null)
    )
"""


@pytest.fixture(name="shop")
async def _shop(connection: Connection) -> Connection:
    await prepare(connection)
    return connection


@pytest.fixture(name="undo")
def _undo(database: Database) -> Undo:
    return Undo(database, Committed(lambda _: None), _MONTH, Edits(Settings()))


async def prepare(connection: Connection) -> None:
    """Two products, one with three images, all without history."""
    await connection.execute(_SHOP)


async def state(shop: Connection) -> Any:
    """All that documents are made of, but for stamps and revisions."""
    return orjson.loads(await shop.fetchval(_STATE))


async def change(database: Database, *statements: str, batch: str = "one", placed: Sequence[int] = (1, 4)) -> None:
    with as_actor(Act("key", "3", "PIM", "v1", batch)):
        async with database.transaction() as tx:
            await tx.fetch("lock_products", [8, 9])
            async with recorded(tx, [8, 9], placed):
                for statement in statements:
                    await tx.connection.execute(statement)


async def last_row(shop: Connection) -> int:
    number: int = await shop.fetchval("select max(id) from change")
    return number


def destroy(image: int, product: int = 8) -> list[str]:
    return [
        f"update image set position = position - 1 where product_id = {product} and deleted_at is null "
        f"and position > (select position from image where id = {image})",
        f"update image_type_assignment set image_id = null where image_id = {image}",
        f"update image set deleted_at = now() where id = {image} and deleted_at is null",
        f"update file_path set withdrawn_at = now() where path = (select file_path from image where id = {image}) "
        "and withdrawn_at is null",
    ]


def replace(image: int, path: str = "/d") -> list[str]:
    return [
        f"insert into file_path (path, blob_hash, clean_recipe) values ('{path}', sha256('2'), 'c')",
        f"update file_path set withdrawn_at = now() where path = (select file_path from image where id = {image})",
        f"update image set picture_id = 18, file_path = '{path}', file_name = 'd' where id = {image}",
    ]


def create(image: int, path: str = "/d") -> list[str]:
    return [
        f"insert into file_path (path, blob_hash, clean_recipe) values ('{path}', sha256('2'), 'c')",
        "update image set position = position + 1 where product_id = 8 and deleted_at is null",
        "insert into image (id, product_id, picture_id, file_path, position, revision) "
        f"values ({image}, 8, 18, '{path}', 1, 1)",
        f"update image_type_assignment set image_id = {image} where product_id = 8 and type_code = 'image'",
    ]


def move(image: int) -> list[str]:
    return [
        f"update image_type_assignment set image_id = null where image_id = {image}",
        f"delete from image_store where image_id = {image}",
        f"update image set product_id = 9, position = 1 where id = {image} and deleted_at is null",
    ]


def relabel(image: int) -> list[str]:
    return [f"update image set label = coalesce(label, '') || '!', excluded = true where id = {image}"]


def hide(image: int) -> list[str]:
    return [
        f"update image_type_assignment set image_id = null where image_id = {image} and store_view_id = 2",
        "insert into image_type_assignment (product_id, store_view_id, type_code) select product_id, 2, type_code "
        f"from image_type_assignment where image_id = {image} and store_view_id is null on conflict do nothing",
        f"insert into image_store (image_id, store_view_id, hidden) values ({image}, 2, true) "
        "on conflict (image_id, store_view_id) do update set hidden = true",
    ]


def hold(image: int) -> list[str]:
    return [
        "insert into image_type_assignment (product_id, store_view_id, type_code, image_id) "
        f"select product_id, s, 'image', id from image, unnest(array[null, 1, 2]) s where id = {image} and is_live "
        "on conflict (product_id, store_view_id, type_code) do update set image_id = excluded.image_id"
    ]


_EVERY: Final = {
    "destroy": destroy,
    "replace": replace,
    "create": lambda _: create(4),
    "relabel": relabel,
    "hide": hide,
}


@pytest.mark.parametrize("name", _EVERY)
async def test_a_change_is_taken_back_exactly(database: Database, shop: Connection, undo: Undo, name: str) -> None:
    """Whatever a change touched is as it was, a path serves again; and so it is when the undo is undone."""
    before = await state(shop)
    await change(database, *_EVERY[name](1))
    changed = await state(shop)
    assert changed != before

    done = await undo.undo("batch", "one")
    assert await state(shop) == before
    await undo.undo("batch", done.batch)
    assert await state(shop) == changed


_OPERATIONS: Final = {"destroy": destroy, "relabel": relabel, "hide": hide, "hold": hold, "move": move}


@given(steps=st.lists(st.tuples(st.sampled_from(sorted(_OPERATIONS)), st.integers(1, 3)), min_size=1, max_size=6))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
async def test_any_sequence_is_taken_back(
    database: Database, connection: Connection, undo: Undo, steps: list[tuple[str, int]]
) -> None:
    """However changes follow one another, all of them as one batch leave no trace once they are undone."""
    await connection.execute(_EMPTY)
    await connection.execute(_SHOP)
    before = await state(connection)
    for name, image in steps:
        if await connection.fetchval("select is_live from image where id = $1", image):
            await change(database, *_OPERATIONS[name](image), placed=[image])
    if await connection.fetchval("select count(*) from change"):
        await undo.undo("batch", "one")

    assert await state(connection) == before


async def test_what_is_no_image_is_taken_back_with_the_images(database: Database, shop: Connection, undo: Undo) -> None:
    """A batch that puts a gallery in order, deletes a product and says something of a picture, in any sequence."""
    committed = Committed(lambda _: None)
    before = await state(shop)
    with as_actor(Act("key", "3", "PIM", "v1", "one")):
        await GalleryOrder(database, committed).put("dress", [3, 1, 2])
        await change(database, *create(4))
        await GalleryOrder(database, committed).put("dress", [4, 2, 1, 3])
        await GalleryOrder(database, committed).put("dress", [2, 4, 1, 3], "german")
        await PictureTexts(database, committed).patch(17, {"de_DE": {"large": "Kleid"}})
        await change(database, *destroy(2))
        await delete_product(database, "dress")
        await put_batch(database, [ProductOptions("hat")])
    changed = await state(shop)

    done = await undo.undo("batch", "one")
    assert (list(done.left), done.leaves) == ([], {"product.created": 1})
    assert await state(shop) == before
    assert await shop.fetchval("select count(*) from picture_text") == 0
    again = await undo.undo("batch", done.batch)
    assert await state(shop) == changed
    await undo.undo("batch", again.batch)
    assert await state(shop) == before


async def test_what_others_did_since_is_left(database: Database, shop: Connection, undo: Undo) -> None:
    """A gallery in another order, a picture with other texts, a product whose SKU another one has by now."""
    committed = Committed(lambda _: None)
    order, texts = GalleryOrder(database, committed), PictureTexts(database, committed)
    with as_actor(Act("key", "3", "PIM", "v1", "one")):
        await order.put("dress", [3, 1, 2])
        await texts.patch(17, {"de_DE": {"large": "Kleid"}})
        await delete_product(database, "coat")
    await order.put("dress", [1, 2, 3])
    await texts.patch(17, {"de_DE": {"large": "Rock"}})
    await put_batch(database, [ProductOptions("coat")])

    with pytest.raises(Conflict) as refused:
        await undo.undo("batch", "one")
    assert refused.value.details == {"images": [1, 2, 3], "products": [9], "pictures": [17]}
    done = await undo.undo("batch", "one", force=True)
    assert (done.undone, list(done.left_products), list(done.left_pictures)) == (0, [9], [17])


async def test_a_product_is_taken_back_as_often_as_it_went(database: Database, shop: Connection, undo: Undo) -> None:
    """Deleted, brought back and deleted in one batch; but not where somebody deleted it again since. The order of one
    that was deleted since is left."""
    with as_actor(Act("key", "3", "PIM", "v1", "one")):
        await delete_product(database, "coat")
        async with database.transaction() as tx:
            await restore_products(tx, [9], _MONTH)
        await delete_product(database, "coat")
    assert (await undo.undo("batch", "one")).undone == 1
    assert await shop.fetchval("select deleted_at is null from product where id = 9")

    with as_actor(Act("key", "3", "PIM", "v1", "two")):
        await GalleryOrder(database, Committed(lambda _: None)).put("dress", [3, 1, 2])
        await delete_product(database, "coat")
    async with database.transaction() as tx:
        await restore_products(tx, [9], _MONTH)
    await delete_product(database, "coat")
    await delete_product(database, "dress")
    with pytest.raises(Conflict) as refused:
        await undo.undo("batch", "two")
    assert refused.value.details == {"images": [], "products": [8, 9]}


async def test_a_long_undo_brings_families_back_whole_and_overwrites_no_picture(
    database: Database, shop: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variant whose id is lower than its parent's; texts of a picture that others changed since."""
    monkeypatch.setattr("app.service.galleries.undoing._CHANGES", 1)
    await shop.execute("update product set parent_id = 9 where id = 8")
    long, texts = LongUndo(database, _MONTH, Edits(Settings())), PictureTexts(database, Committed(lambda _: None))
    with as_actor(Act("key", "3", "PIM", "v1", "one")):
        await texts.patch(17, {"de_DE": {"large": "Kleid"}})
        await delete_product(database, "dress")
        await delete_product(database, "coat")
    await texts.patch(17, {"de_DE": {"large": "Rock"}})

    with pytest.raises(Conflict) as refused:
        await long.begin("one", ("key", "3"), {})
    assert refused.value.details == {"images": [], "pictures": [17]}
    await long.work(await long.begin("one", ("key", "3"), {}, force=True))
    assert await shop.fetchval("select count(*) from product where deleted_at is null") == 2
    assert await shop.fetchval("select large from picture_text") == "Rock"


async def test_many_changes_are_taken_back_slice_by_slice(
    database: Database, shop: Connection, undo: Undo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job with conflicts told before it begins, and left where they come later; broken off, it goes on; stopped, it
    says so."""
    monkeypatch.setattr("app.service.galleries.undo.MOST_CHANGES", 2)
    monkeypatch.setattr("app.service.galleries.undoing._CHANGES", 1)
    long = LongUndo(database, _MONTH, Edits(Settings()))
    before = await state(shop)
    await change(database, *relabel(1), *relabel(2), *create(4))
    await change(database, *move(3), placed=[3])
    with pytest.raises(TooManyChanges) as many:
        await undo.undo("batch", "one")
    owner = many.value.owner
    number = await long.begin("one", owner, {})
    assert await long.begin("one", owner, {}) == number, "it is under way"
    assert await shop.fetchval("select dedupe_key from pgqueuer where entrypoint = 'undo'") == f"undo:{number}"
    await long.work(number)
    assert await state(shop) == before
    job = await LongJobs(database).job(number)
    assert (job["state"], job["done"], job["total"], list(job["left_images"])) == ("done", 4, 4, [])
    end = await shop.fetchrow("select kind, batch from change order by id desc limit 1")
    assert tuple(end or ()) == ("batch.finished", job["batch"])

    await change(database, *relabel(1), *relabel(2), *relabel(3), batch="two")
    await change(database, *relabel(2), batch="other")
    with pytest.raises(Conflict) as refused:
        await long.begin("two", owner, {})
    assert refused.value.details == {"images": [2]}
    number = await long.begin("two", owner, {}, force=True)
    await LongJobs(database).stop(number)
    await long.work(number)
    assert (await LongJobs(database).job(number))["state"] == "stopped"
    number = await long.begin("two", owner, {}, force=True)
    await long.work(number)
    assert list((await LongJobs(database).job(number))["left_images"]) == [2]

    await change(database, *destroy(1), *relabel(3), batch="three")
    await shop.execute("update file_path set blob_hash = null, clean_recipe = null where withdrawn_at is not null")
    number = await long.begin("three", owner, {})
    await long.work(number)
    job = await LongJobs(database).job(number)
    assert (job["state"], list(job["left_images"])) == ("done", [1]), "what is withdrawn for ever takes nothing along"


async def test_a_long_undo_that_is_given_up_says_why(
    database: Database, shop: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its last try: what was taken back stays so, nobody goes on with the rest, and it can be begun anew."""
    monkeypatch.setattr("app.service.galleries.undoing._CHANGES", 1)
    long, owner = LongUndo(database, _MONTH, Edits(Settings())), ("key", "3")
    await change(database, *move(3), placed=[3], batch="before")
    before = await state(shop)
    await change(database, *relabel(1), *relabel(3), placed=[1, 3])
    number = await long.begin("one", owner, {})

    def broken_off(_: int) -> None:
        raise DatabaseUnavailable("no")

    with pytest.raises(DatabaseUnavailable):
        await long.work(number, broken_off)
    half = await state(shop)
    assert half != before
    for reason in ("DatabaseUnavailable: no" + "!" * 2000, "another"):
        await long.give_up(number, reason)
    job = await LongJobs(database).job(number)
    assert (job["state"], job["failure"]) == ("failed", ("DatabaseUnavailable: no" + "!" * 2000)[:1000])
    await long.work(number)
    assert await state(shop) == half
    await long.work(await long.begin("one", owner, {}, force=True))
    assert await state(shop) == before


async def test_an_image_that_was_changed_since_is_a_conflict(database: Database, shop: Connection, undo: Undo) -> None:
    """Nothing is done, and the images are named; with force the others are taken back."""
    await change(database, *relabel(1), *relabel(2))
    await change(database, *relabel(2), batch="other")
    changed = await state(shop)

    with pytest.raises(Conflict) as refused:
        await undo.undo("batch", "one")
    assert refused.value.details == {"images": [2]}
    assert await state(shop) == changed
    done = await undo.undo("batch", "one", force=True)
    assert (done.undone, list(done.left)) == (1, [2])
    assert await shop.fetchval("select array_agg(label order by id) from image") == ["Front", "Back!!", None]


async def test_gone_paths_are_left_with_all_their_images(database: Database, shop: Connection, undo: Undo) -> None:
    """A long undo names each of those that share one; in a short one, an image that was changed since is a conflict
    first, whatever its former path serves."""
    gone = "update file_path set blob_hash = null, clean_recipe = null where withdrawn_at is not null"
    await change(database, *replace(1), *relabel(2))
    await change(database, *relabel(1), batch="other")
    await shop.execute(gone)
    with pytest.raises(Conflict) as refused:
        await undo.undo("batch", "one")
    assert refused.value.details == {"images": [1]}
    done = await undo.undo("batch", "one", force=True)
    assert (done.undone, list(done.left)) == (1, [1])

    await shop.execute("update image set file_path = '/2' where id = 3")
    await change(database, *destroy(2), *destroy(3), *relabel(1), batch="two")
    await shop.execute(gone)
    with pytest.raises(Gone):
        await undo.undo("batch", "two")
    long = LongUndo(database, _MONTH, Edits(Settings()))
    number = await long.begin("two", ("key", "3"), {})
    await long.work(number)
    job = await LongJobs(database).job(number)
    assert (job["state"], list(job["left_images"])) == ("done", [2, 3])


async def test_one_change_alone_is_taken_back(database: Database, shop: Connection, undo: Undo) -> None:
    """A change is named by its row; the undo is a batch of its own, by whoever undoes."""
    await change(database, *relabel(1))
    await undo.undo("change", await last_row(shop))

    rows = await shop.fetch("select actor_kind, left(batch, 5), kind from change order by id desc limit 2")
    assert [tuple(row) for row in rows] == [
        ("system", "undo-", "batch.finished"),
        ("system", "undo-", "image.updated"),
    ]
    assert await shop.fetchval("select label from image where id = 1") == "Front"


async def test_what_cannot_be_undone_is_refused(database: Database, shop: Connection, undo: Undo) -> None:
    """What is unknown, another one's, of another kind, too old, or purged."""
    await change(database, *destroy(1))
    row = await last_row(shop)
    with pytest.raises(ChangeNotFound):
        await undo.undo("batch", "none")
    with pytest.raises(ChangeNotFound):
        await undo.undo("change", row + 1)
    with pytest.raises(ChangeNotFound):
        await undo.undo("batch", "one", only_by=("key", "4"))
    await shop.execute("insert into blob_barred (hash) values (sha256('1'))")
    with pytest.raises(Gone):
        await undo.undo("batch", "one", only_by=("key", "3"))
    await shop.execute("update change set at = at - interval '31 days'")
    with pytest.raises(Gone):
        await undo.undo("batch", "one")
    await shop.execute("update change set kind = 'image.ready'")
    with pytest.raises(InvalidCommand):
        await undo.undo("change", row)


async def test_types_that_others_hold_by_now_stay_there(database: Database, shop: Connection, undo: Undo) -> None:
    """An image that is restored gets back the types that nobody holds."""
    await change(database, *destroy(1))
    await change(database, *hold(2), batch="other")
    await undo.restore(1)

    held = "select image_id from image_type_assignment where type_code = 'image' and store_view_id is null"
    assert await shop.fetchval(held) == 2
    assert await shop.fetchval("select is_live from image where id = 1")
    assert await shop.fetchval("select withdrawn_at is null from file_path where path = '/1'")


async def test_an_image_is_restored_to_a_revision(database: Database, shop: Connection, undo: Undo) -> None:
    """Members that changed since are as they were after that revision, the others stay; it is a change like another."""
    await change(database, *relabel(1))
    await change(database, *replace(1))
    await change(database, "update image set label = 'Third' where id = 1")
    await undo.restore(1, 1)

    row = await shop.fetchrow("select label, excluded, file_path, revision from image where id = 1")
    assert tuple(row or ()) == ("Front!", True, "/1", 4)
    await undo.restore(1, 4)
    assert await shop.fetchval("select revision from image where id = 1") == 4, "nothing to do"
    await undo.restore(1, 0)
    assert await shop.fetchval("select label from image where id = 1") == "Front"


async def test_what_cannot_be_restored_is_refused(database: Database, shop: Connection, undo: Undo) -> None:
    """What is unknown, not deleted, ahead of its time, changed meanwhile, or not in the log any more."""
    await change(database, *relabel(1))
    with pytest.raises(ImageNotFound):
        await undo.restore(77)
    with pytest.raises(Conflict):
        await undo.restore(1)
    with pytest.raises(NoSuchRevision):
        await undo.restore(1, 2)
    with pytest.raises(PreconditionFailed):
        await undo.restore(1, 0, revisions=[0])
    await shop.execute("delete from change")
    with pytest.raises(Gone):
        await undo.restore(1, 0)
