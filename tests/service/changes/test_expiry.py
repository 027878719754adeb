"""What was taken away keeps its bytes until it can be restored no longer, and no longer than that."""

from datetime import timedelta
from typing import Final

import asyncpg
import orjson
import pytest

from app.db.connections.connect import Connection
from app.db.pool import Database
from app.model import BlobHash
from app.service.changes.expiry import end_restoring, scrub_former_images, scrub_images

_MONTH: Final = timedelta(days=30)
_SHOP: Final = """
    insert into product (id, sku, sku_key, slug) values (8, 'dress', 'dress', 'dress');
    insert into blob (hash, size, format, width, height) select sha256(n::text::bytea), 1, 'jpeg', 1, 1
        from generate_series(1, 3) n;
    insert into picture (id, blob_hash) values (17, sha256('1')), (18, sha256('2'));
    insert into file_path (path, blob_hash, clean_recipe) values ('/a', sha256('1'), 'c'), ('/b', sha256('2'), 'c');
    insert into image (id, product_id, picture_id, file_path, label)
        values (1, 8, 18, '/b', 'Front'), (2, 8, 18, '/b', 'Back');
"""


@pytest.fixture(name="shop")
async def _shop(connection: Connection) -> Connection:
    await connection.execute(_SHOP)
    return connection


async def withdraw(shop: Connection, path: str, days: int = 0) -> None:
    await shop.execute(
        "update file_path set withdrawn_at = now() - make_interval(days => $2) where path = $1", path, days
    )


async def tell(shop: Connection, kind: str, image: int, days: int, picture: int | None = None, **words: str) -> int:
    """A row of the log that is so many days old; its id."""
    number: int = await shop.fetchval(
        "insert into change (actor_kind, via, kind, image_id, picture_id, before, at) values "
        "('system', 'worker', $1, $2, $3, $4::jsonb, now() - make_interval(days => $5)) returning id",
        *(kind, image, picture, orjson.dumps(words).decode() if words else None, days),
    )
    return number


async def path_row(shop: Connection, path: str) -> tuple[bool, ...]:
    """Whether a path is withdrawn, has bytes, has a cleaning."""
    asked = "withdrawn_at is not null, blob_hash is not null, clean_recipe is not null"
    return tuple(await shop.fetchrow(f"select {asked} from file_path where path = $1", path) or ())


async def test_a_withdrawn_path_serves_the_same_again(shop: Connection) -> None:
    """What was withdrawn comes back with the same bytes and the same cleaning, whatever is asked of the latter."""
    await withdraw(shop, "/a")
    await shop.execute("update file_path set clean_recipe = 'other'")

    await shop.execute("update file_path set withdrawn_at = null, clean_recipe = 'other' where path = '/a'")

    asked = "blob_hash = sha256('1'), clean_recipe, withdrawn_at"
    row = await shop.fetchrow(f"select {asked} from file_path where path = '/a'")
    assert tuple(row or ()) == (True, "c", None)


@pytest.mark.parametrize(
    "statement",
    [
        "update file_path set withdrawn_at = null, blob_hash = sha256('3') where path = '/a'",
        "update file_path set blob_hash = sha256('3') where path = '/a'",
        "update file_path set withdrawn_at = null, blob_hash = sha256('1'), clean_recipe = 'c' where path = '/gone'",
        "update file_path set blob_hash = sha256('1'), clean_recipe = 'c' where path = '/gone'",
        "update file_path set blob_hash = null where path = '/b'",
        "delete from file_path where path = '/a'",
    ],
)
async def test_a_path_never_gets_other_bytes(shop: Connection, statement: str) -> None:
    """Neither a withdrawn path nor one that was withdrawn for ever serves what it did not serve before."""
    await shop.execute("insert into file_path (path, withdrawn_at) values ('/gone', now())")
    await withdraw(shop, "/a")

    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await shop.execute(statement)


async def test_the_version_before_withdraws_for_ever(shop: Connection) -> None:
    """A process of before takes the bytes with the path, as it always did."""
    await shop.execute(
        "update file_path set blob_hash = null, clean_recipe = null, withdrawn_at = now() where path = '/a'"
    )

    assert await path_row(shop, "/a") == (True, False, False)


async def test_bytes_are_kept_as_long_as_they_can_be_restored(database: Database, shop: Connection) -> None:
    """Pictures and paths that were taken away longer ago are let go, younger ones and those that serve are kept."""
    await withdraw(shop, "/a", days=31)
    old = await tell(shop, "image.replaced", 1, 31, picture=17)
    young = await tell(shop, "image.deleted", 2, 29, picture=18)

    for _ in range(2):
        await end_restoring(database, _MONTH)
        assert await shop.fetchval("select array_agg(id) from change where picture_id is not null") == [young]
        assert [await path_row(shop, path) for path in ("/a", "/b")] == [(True, False, False), (False, True, True)]
        assert await shop.fetchval("select released_to from change_tidying") == old
    await withdraw(shop, "/b", days=29)
    await end_restoring(database, timedelta(days=28))
    assert await shop.fetchval("select count(*) from change where picture_id is not null") == 0
    assert await path_row(shop, "/b") == (True, False, False)


async def test_many_rows_are_let_go_in_slices(database: Database, shop: Connection) -> None:
    """However many there are, all of them are let go."""
    await shop.execute(
        "insert into change (actor_kind, via, kind, picture_id, at) "
        "select 'system', 'worker', 'image.deleted', 17, now() - interval '31 days' from generate_series(1, 12000)"
    )

    await end_restoring(database, _MONTH)

    assert await shop.fetchval("select count(*) from change where picture_id is not null") == 0


async def test_a_sweep_leaves_what_can_be_restored(database: Database, shop: Connection) -> None:
    """Bytes that a change took away count as referred to, and so do those of a withdrawn path."""
    await shop.execute("update blob set created_at = now() - interval '8 days'")
    unused = ("unused_blobs", timedelta(days=7), [row["hash"] for row in await shop.fetch("select hash from blob")])
    await withdraw(shop, "/a")
    assert len(await database.fetch(*unused)) == 1, "nothing refers to the third"
    await shop.execute("update file_path set blob_hash = null, clean_recipe = null where path = '/a'")
    assert len(await database.fetch(*unused)) == 2
    await tell(shop, "image.replaced", 1, 1, picture=17)
    assert len(await database.fetch(*unused)) == 1


async def test_what_was_purged_leaves_no_word_in_the_log(database: Database, shop: Connection) -> None:
    """Of images that show purged bytes, could be restored to them, or showed them long ago, the log keeps only that
    something happened; a path is a hash, and what they showed besides cannot be restored."""
    digest = await shop.fetchval("select sha256('1')")
    hexed = digest.hex()
    await withdraw(shop, "/a")
    replaced = await tell(shop, "image.replaced", 1, 1, picture=17, hash=hexed, path="/a", label="Somebody")
    relabelled = await tell(shop, "image.updated", 1, 2, label="Somebody")
    ago = await tell(shop, "image.deleted", 3, 50, hash=hexed, label="Somebody")
    other = await tell(shop, "image.updated", 2, 1, label="Back")

    for _ in range(2):
        async with database.transaction() as tx:
            await scrub_images(tx, digest)
        await scrub_former_images(database, BlobHash(hexed))

        rows = {row["id"]: row for row in await shop.fetch("select id, before, picture_id from change")}
        assert rows[other]["before"] == '{"label": "Back"}'
        assert {rows[row]["before"] for row in (relabelled, ago)} == {'{"purged": true}'}
        path = await shop.fetchval("select encode(sha256('/a'), 'hex')")
        assert rows[replaced]["before"] == f'{{"path": "{path}", "purged": true}}'
        assert rows[replaced]["picture_id"] is None
        assert await path_row(shop, "/a") == (True, False, False)
