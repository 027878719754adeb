"""What the database tells of a change, and that it tells nothing of none."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.db.connections.connect import Connection
from app.db.listen import CATALOGUE_CHANGE

_BLOB = b"\x01" * 32
_SETUP = f"""
    insert into product (id, sku, sku_key, slug) values (7, 'dress', 'dress', 'dress');
    insert into product (id, sku, sku_key, slug, parent_id) values (8, 'red', 'red', 'red', 7);
    insert into product_former_slug (product_id, slug) values (7, 'frock');
    insert into website (id, code) values (1, 'base'), (2, 'second');
    insert into product_website (product_id, website_id) values (7, 1);
    insert into blob (hash, size, format, width, height) values ('\\x{_BLOB.hex()}', 1, 'png', 1, 1);
    insert into recipe (hash, name, version, quality) values ('abc', 'clean', 1, '{{}}');
    insert into rendition (blob_hash, recipe_hash, format, width, height, size, etag)
        values ('\\x{_BLOB.hex()}', 'abc', 'png', 1, 1, 1, 'etag');
    insert into file_path (path, blob_hash, clean_recipe) values ('/d/r/dress.png', '\\x{_BLOB.hex()}', 'abc');
    insert into picture (id, blob_hash) values (3, '\\x{_BLOB.hex()}');
    insert into image (product_id, picture_id) values (8, 3);
"""


class Ear:
    """Hears what one connection is told."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._heard: asyncio.Queue[str] = asyncio.Queue()

    async def begin(self) -> None:
        await self._connection.add_listener(
            CATALOGUE_CHANGE, lambda *reported: self._heard.put_nowait(str(reported[-1]))
        )

    async def hears(self, statement: str) -> set[str]:
        """All that is told of a statement."""
        await self._connection.execute(statement)
        await self._connection.execute("select pg_notify($1, 'end')", CATALOGUE_CHANGE)
        reported: set[str] = set()
        async with asyncio.timeout(10):
            while (payload := await self._heard.get()) != "end":
                reported.add(payload)
        return reported


@pytest.fixture(name="ear")
async def _ear(connection: Connection) -> AsyncIterator[Ear]:
    await connection.execute(_SETUP)
    ear = Ear(connection)
    await ear.begin()
    yield ear
    await connection.reset()


@pytest.mark.parametrize(
    ("statement", "reported"),
    [
        ("update product set deleted_at = now() where sku = 'dress'", {"7", "addresses"}),
        ("update product set deleted_at = now() where sku = 'unknown'", set()),
        ("update product set name = name", set()),
        ("update product set sku = 'dress', slug = 'dress', enabled = true where id = 7", set()),
        ("update product set name = 'A dress' where id = 7", {"7"}),
        ("update product set name = 'Red' where id = 8", {"7"}),
        ("update product set supports_images = false where id = 7", {"7"}),
        ("update product set visible = false where id = 7", {"7", "unknown"}),
        ("update product set sku = 'gown', sku_key = 'gown' where id = 7", {"7", "addresses"}),
        ("update product set slug = 'gown' where id = 7", {"7", "addresses"}),
        ("update product set enabled = false where id = 7", {"7", "addresses"}),
        ("update product set parent_id = null where id = 8", {"7,8", "addresses"}),
        ("update product set parent_id = 7 where id = 8", set()),
        ("insert into product (id, sku, sku_key, slug) values (9, 'hat', 'hat', 'hat')", {"9", "unknown"}),
        (
            "insert into product (id, sku, sku_key, slug, parent_id) values (9, 'hat', 'hat', 'hat', 7)",
            {"7", "unknown"},
        ),
        ("insert into product (id, sku, sku_key, slug) values (9, 'DRESS', 'dress', 'hat')", {"9", "addresses"}),
        ("insert into product (id, sku, sku_key, slug) values (9, 'hat', 'hat', 'frock')", {"9", "addresses"}),
        ("insert into product (id, sku, sku_key, slug) values (9, '7', '7', 'hat')", {"9", "addresses"}),
        ("insert into product (id, sku, sku_key, slug) values (9, 'hat', 'hat', '7')", {"9", "addresses"}),
        ("insert into product_website (product_id, website_id) values (7, 2)", {"7", "unknown"}),
        ("insert into product_website (product_id, website_id) values (8, 1)", {"7", "unknown"}),
        ("delete from product_website where product_id = 7", {"7"}),
        ("delete from product_website where product_id = 8", set()),
        ("insert into product_former_slug (product_id, slug) values (7, 'old')", {"7", "addresses"}),
        ("update file_path set clean_recipe = 'def' where clean_recipe = 'of nobody'", set()),
        ("update file_path set clean_recipe = 'def'", set()),
        ("update file_path set blob_hash = null, withdrawn_at = now()", {"paths"}),
        ("update blob set state = 'ready'", {"native:7"}),
        ("update blob set state = state, notes = '[]'", {"native:7"}),
        ("update blob set thumbhash = 'AAAAAAAA'", {"native:7"}),
        ("update blob set color = '#a98f7c'", {"native:7"}),
        ("update blob set color = color", set()),
        ("update blob set marked_at = now()", {"7"}),
        ("delete from rendition where recipe_hash = 'abc'", {"paths", "native:7"}),
        ("delete from rendition where recipe_hash = 'of nobody'", set()),
        ("truncate product_website", {"emptied"}),
        ("truncate product_former_slug, image cascade", {"emptied"}),
        ("truncate change", set()),
    ],
)
async def test_only_what_changed_is_told(ear: Ear, statement: str, reported: set[str]) -> None:
    """Everybody is told what a statement changed, and nothing of one that changed nothing that is kept in memory."""
    assert await ear.hears(statement) == reported
