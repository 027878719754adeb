"""One row in the log for each image that a change made another one."""

from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from app.db.connections.connect import Connection
from app.db.pool import Database
from app.service.changes.acting import Act, as_actor
from app.service.changes.record import Row, record_creation, record_rows, recorded

_SHOP = """
    insert into website (id, code) values (1, 'base');
    insert into store_view (id, code, website_id) values (1, 'default', 1), (2, 'german', 1);
    insert into product (id, sku, sku_key, slug) values (8, 'dress', 'dress', 'dress'), (9, 'coat', 'coat', 'coat');
    insert into blob (hash, size, format, width, height) values (sha256('1'), 1, 'jpeg', 1, 1);
    insert into picture (id, blob_hash) values (17, sha256('1')), (18, sha256('1'));
    insert into image (id, product_id, picture_id, label, position, revision)
        values (1, 8, 17, 'Front', 1, 4), (2, 8, 17, 'Back', 2, 0);
    insert into image_type_assignment (product_id, store_view_id, type_code, image_id) values (8, null, 'image', 1);
"""
_PIM = Act("key", "3", "PIM", "v1", "batch-1")


@pytest.fixture(name="shop")
async def _shop(connection: Connection) -> Connection:
    await connection.execute(_SHOP)
    return connection


async def change(
    database: Database, shop: Connection, *statements: str, placed: Sequence[int] | None = ()
) -> list[dict[str, Any]]:
    """The rows that the log has more after the statements."""
    last = await shop.fetchval("select coalesce(max(id), 0) from change")
    async with database.transaction() as tx:
        await tx.fetch("lock_products", [8, 9])
        async with recorded(tx, [8, 9], placed):
            for statement in statements:
                await tx.connection.execute(statement)
    rows = await shop.fetch("select * from change where id > $1 order by id", last)
    return [{**row, "before": _members(row["before"]), "after": _members(row["after"])} for row in rows]


def _members(text: str | None) -> dict[str, Any] | None:
    return None if text is None else orjson.loads(text)


async def test_an_update_is_told_by_what_differs(database: Database, shop: Connection) -> None:
    """A row holds the members that differ, before and after, and the image's next revision, which the image keeps."""
    [row] = await change(database, shop, "update image set label = 'Front view', excluded = true where id = 1")

    assert (row["kind"], row["product_id"], row["image_id"], row["revision"]) == ("image.updated", 8, 1, 5)
    assert row["before"] == {"label": "Front", "exclude": None}
    assert row["after"] == {"label": "Front view", "exclude": True}
    assert await shop.fetchval("select revision from image where id = 1") == 5


async def test_what_changes_nothing_writes_nothing(database: Database, shop: Connection) -> None:
    """A change that leaves everything as it is has no row, and the revision stays."""
    assert await change(database, shop, "update image set label = label, updated_at = now()") == []
    assert await shop.fetchval("select sum(revision) from image") == 4


async def test_who_acts_is_told(database: Database, shop: Connection) -> None:
    """A row has its actor, the way it came and its batch; where nobody was let in it was the service itself."""
    relabel = "update image set label = label || '!' where id = 1"
    with as_actor(_PIM):
        [reported] = await change(database, shop, relabel)
    [own] = await change(database, shop, relabel)

    actor = ("actor_kind", "actor_id", "actor_name", "via", "batch")
    assert [reported[name] for name in actor] == ["key", "3", "PIM", "v1", "batch-1"]
    assert [own[name] for name in actor] == ["system", None, None, "worker", None]


async def test_who_makes_way_has_no_row(database: Database, shop: Connection) -> None:
    """Positions count of the images alone that were told where to stand; their row tells who made way, and how."""
    statements = ("update image set position = position + 1", "update image set position = 1 where id = 2")

    [row] = await change(database, shop, *statements, placed=[2])

    assert (row["image_id"], row["before"], row["after"]) == (
        2,
        {"position": 2},
        {"position": 1, "places": {"1": [1, 2]}},
    )
    assert await change(database, shop, "update image set position = 9") == []
    assert len(await change(database, shop, "update image set position = 4", placed=None)) == 2


async def test_a_type_that_moves_is_told_of_both(database: Database, shop: Connection) -> None:
    """An image that loses a type to another one has a row of its own."""
    rows = await change(database, shop, "update image_type_assignment set image_id = 2")

    assert [(row["image_id"], row["before"], row["after"]) for row in rows] == [
        (1, {"types": {"0": {"image": "held"}}}, {"types": {"0": None}}),
        (2, {"types": {"0": None}}, {"types": {"0": {"image": "held"}}}),
    ]


async def test_a_type_taken_away_in_a_store_view_is_told(database: Database, shop: Connection) -> None:
    """An explicit "none" over a type that an image holds globally is told of that image alone."""
    none = "insert into image_type_assignment (product_id, store_view_id, type_code) values (8, 2, 'image')"

    [row] = await change(database, shop, none)

    assert row["image_id"] == 1
    assert row["before"] == {"types": {"2": None}}
    assert row["after"] == {"types": {"2": {"image": "none"}}, "nones": {"2": ["image"]}}


@pytest.mark.parametrize("is_alone", [True, False])
async def test_a_new_image_is_told_alike_alone_and_by_comparison(
    database: Database, shop: Connection, *, is_alone: bool
) -> None:
    """Where no other image becomes another one its row is known at once, and is the one that a comparison writes: with
    what store views say of it, and the types of its product that nobody is to hold."""
    await shop.execute("insert into image_type_assignment (product_id, type_code) values (8, 'thumbnail')")
    async with database.transaction() as tx:
        await tx.fetch("lock_products", [8])

        async def make() -> int:
            await tx.connection.execute(
                "insert into image (id, product_id, picture_id, label) values (3, 8, 18, 'Side')"
            )
            await tx.connection.execute("insert into image_store values (3, 2, 'Seite', 4, false)")
            return 3

        with as_actor(_PIM):
            assert await record_creation(tx, 8, make, is_alone=is_alone) == 3
    [row] = await shop.fetch("select * from change")
    told = {name: value for name, value in row.items() if name not in {"id", "at", "transaction", "after"}}
    after = _members(row["after"])
    assert after is not None
    assert {name: after.get(name) for name in ("product", "picture", "label", "stores", "positions", "nones")} == {
        "product": 8,
        "picture": 18,
        "label": "Side",
        "stores": {"2": {"label": "Seite", "exclude": False}},
        "positions": {"2": 4},
        "nones": {"0": ["thumbnail"]},
    }
    assert "file_name" not in after
    assert {name: value for name, value in told.items() if value is not None} == {
        "kind": "image.created", "product_id": 8, "image_id": 3, "revision": 0, "closes": True,
        "actor_kind": "key", "actor_id": "3", "actor_name": "PIM", "via": "v1", "batch": "batch-1",
    }  # fmt: skip


async def test_what_a_store_view_says_is_told_by_itself(database: Database, shop: Connection) -> None:
    """Of the store views only those are told that say something else now."""
    await shop.execute("insert into image_store (image_id, store_view_id, label) values (1, 1, 'Front')")
    german = "insert into image_store (image_id, store_view_id, label, position) values (1, 2, 'Vorne', 3)"

    [row] = await change(database, shop, german, placed=[1])

    assert row["before"] == {"stores": {"2": None}, "positions": {"2": None}}
    assert row["after"] == {"stores": {"2": {"label": "Vorne"}}, "positions": {"2": 3}}


async def test_an_image_comes_goes_and_comes_back(database: Database, shop: Connection) -> None:
    """A new image is told as it is, a deleted one as it was, one that is back as it is; what it showed is kept."""
    new = "insert into image (id, product_id, picture_id, label, revision) values (5, 9, 18, 'New', 1)"
    [created] = await change(database, shop, new)
    [deleted] = await change(database, shop, "update image set deleted_at = now() where id = 5")
    [restored] = await change(database, shop, "update image set deleted_at = null where id = 5")

    rows = (created, deleted, restored)
    assert [row["kind"] for row in rows] == ["image.created", "image.deleted", "image.restored"]
    assert [row["revision"] for row in rows] == [1, 2, 3]
    assert created["before"] is deleted["after"] is restored["before"] is None
    assert created["after"] == deleted["before"] == restored["after"]
    assert created["after"]["label"] == "New"
    assert [row["picture_id"] for row in rows] == [None, 18, None]


@pytest.mark.parametrize(
    ("statement", "kind", "picture"),
    [
        ("update image set picture_id = 18, label = 'Other', product_id = 9 where id = 2", "image.replaced", 17),
        ("update image set label = 'Other', product_id = 9 where id = 2", "image.moved", None),
    ],
)
async def test_the_kind_is_the_weightiest(
    database: Database, shop: Connection, statement: str, kind: str, picture: int | None
) -> None:
    """A change of file and texts is a replacement, one of product and texts a move; a former picture is named."""
    [row] = await change(database, shop, statement)

    assert (row["kind"], row["picture_id"], row["product_id"]) == (kind, picture, 9)


async def test_the_last_row_of_a_product_closes_it(database: Database, shop: Connection) -> None:
    """Of several rows of one product the last one is marked."""
    rows = await change(database, shop, "update image set label = 'Same'")

    assert [(row["image_id"], row["closes"]) for row in rows] == [(1, False), (2, True)]


async def test_what_is_broken_off_leaves_no_row(database: Database, shop: Connection) -> None:
    """Rows come and go with the change."""
    with pytest.raises(ZeroDivisionError):
        await _broken_off(database)

    assert await shop.fetchval("select count(*) from change") == 0


async def _broken_off(database: Database) -> None:
    async with database.transaction() as tx, recorded(tx, [8]):
        await tx.connection.execute("update image set label = 'x'")
        raise ZeroDivisionError


async def test_rows_are_written_as_they_are_given(database: Database, shop: Connection) -> None:
    """Rows that need no comparison keep their order, and the last one of a product closes it."""
    rows = [
        Row("image.ready", 8, 1, 4),
        Row("image.failed", 9, 3, 1, after={"reason": "damaged"}),
        Row("image.ready", 8, 2, 0),
        Row("batch.finished"),
    ]
    async with database.transaction() as tx:
        await record_rows(tx, rows)
        await record_rows(tx, [])

    written = await shop.fetch("select kind, image_id, after, closes from change order by id")
    assert [tuple(row) for row in written] == [
        ("image.ready", 1, None, False),
        ("image.failed", 3, '{"reason": "damaged"}', True),
        ("image.ready", 2, None, True),
        ("batch.finished", None, None, False),
    ]


async def test_partitions_are_made_ahead_of_the_rows(shop: Connection) -> None:
    """Rows find a partition however many have come; where nobody made any they go to the default one, in order."""
    row = "insert into change (actor_kind, via, kind) values ('system', 'worker', 'key.added')"
    insert = f"{row} returning tableoid::regclass::text"
    places = [await shop.fetchval(insert)]
    for last in (7_000_000, 60_000_000):
        await shop.execute("select setval('change_id_seq', $1)", last)
        places.append(await shop.fetchval(insert))
        await shop.execute("select add_change_partitions()")
    await shop.execute("select setval('change_id_seq', 66000000)")
    places.append(await shop.fetchval(insert))

    assert places == ["change_from_0", "change_from_5000000", "change_rest", "change_from_65000000"]
