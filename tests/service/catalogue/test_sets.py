"""Image sets managed by hand."""

import pytest

from app.db.connections.connect import Connection
from app.db.pool import Database
from app.errors import InvalidCommand, NotFound, ProductNotFound
from app.service.catalogue.sets import SetName, list_sets, put_set, remove_set

PICTO = SetName("177", "picto", "de_DE")


@pytest.fixture
async def shop(database: Database, connection: Connection) -> Database:
    """One product with the pictures 1, 2 and 3 and the gallery entry 11 of picture 3."""
    await connection.execute(
        "insert into product (id, sku, sku_key, slug) values (1, '177', '177', '177');"
        "insert into picture (id, url_large) values (1, 'a'), (2, 'b'), (3, 'c');"
        "insert into image (id, product_id, picture_id) values (11, 1, 3)"
    )
    return database


async def put(shop: Database, which: SetName, *words: str) -> list[int]:
    async with shop.transaction() as tx:
        return await put_set(tx, which, words)


async def shown(shop: Database) -> list[tuple[object, ...]]:
    return [tuple(row) for row in await list_sets(shop, "177")]


async def test_a_set_consists_of_what_was_put_last(shop: Database) -> None:
    """A set consists of the pictures put last, in their order; ids mean gallery entries, p-ids pictures."""
    assert await put(shop, PICTO, "p1", "11") == [1, 3]
    assert await shown(shop) == [("picto", "de_DE", None, [1, 3])]
    assert await put(shop, PICTO, "p3", "p2") == [3, 2]
    assert await shown(shop) == [("picto", "de_DE", None, [3, 2])]


async def test_sets_are_told_apart_by_locale_and_key(shop: Database) -> None:
    """Sets of one name differ by locale, and by the key that an import gave them."""
    await put(shop, PICTO, "p1")
    await put(shop, SetName("177", "picto"), "p2")
    await put(shop, SetName("177", "picto", "de_DE", key="s1"), "p3")
    assert await shown(shop) == [
        ("picto", None, None, [2]),
        ("picto", "de_DE", None, [1]),
        ("picto", "de_DE", "s1", [3]),
    ]
    async with shop.transaction() as tx:
        await remove_set(tx, SetName("177", "picto", key="s1"))
        await remove_set(tx, PICTO)
    assert await shown(shop) == [("picto", None, None, [2])]


@pytest.mark.parametrize(
    ("which", "words", "reason"),
    [
        (SetName("177", "default"), ["p1"], "is the gallery"),
        (SetName("177", ""), ["p1"], "needs a name"),
        (SetName("177", "x", ""), ["p1"], "must not be empty"),
        (SetName("177", "x" * 256), ["p1"], "255"),
        (PICTO, ["p1", "p9", "12", "x"], "no image or picture p9, 12, x"),
        (PICTO, ["p3", "11"], "only once"),
    ],
)
async def test_what_cannot_be_put_is_refused(shop: Database, which: SetName, words: list[str], reason: str) -> None:
    """The gallery, nameless sets, unknown and repeated pictures are refused."""
    with pytest.raises(InvalidCommand, match=reason):
        await put(shop, which, *words)
    assert await shown(shop) == []


async def test_what_is_not_there_is_told(shop: Database) -> None:
    """Unknown products and sets are reported."""
    with pytest.raises(ProductNotFound):
        await put(shop, SetName("178", "x"), "p1")
    with pytest.raises(ProductNotFound):
        await list_sets(shop, "178")
    async with shop.transaction() as tx:
        with pytest.raises(NotFound):
            await remove_set(tx, PICTO)
