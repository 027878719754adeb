"""How products are found as one types, and listed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db.connections.connect import Connection
from app.db.pool import Database
from app.service.catalogue import search
from app.service.catalogue.plan import ProductOptions
from app.service.catalogue.products import put_batch
from app.service.catalogue.search import ProductReader, Wanted
from app.settings import Settings

_SHOP: Final = (
    ProductOptions("DRESS-1", name="Übergrößen Kleid", slug="summer-dress"),
    ProductOptions("dress 2", name="STRASSENANZUG", slug="suit"),
    ProductOptions("hat", name="İstanbul Hut", slug="hat-2"),
    ProductOptions("hat-red", name="Hat, hats & hattery", parent="hat"),
    ProductOptions("bag_x", name="T-Shirt bag", enabled=False, websites=("second",)),
)


@pytest.fixture(name="reader")
async def _reader(database: Database) -> ProductReader:
    await put_batch(database, _SHOP)
    return ProductReader(database, Settings())


shared = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(name="reader_of_all", scope="module", loop_scope="session")
async def _reader_of_all(database_of_all: Database) -> ProductReader:
    """For tests that only read."""
    await put_batch(database_of_all, _SHOP)
    return ProductReader(database_of_all, Settings())


async def _listed(reader: ProductReader, wanted: Wanted) -> list[str]:
    """All SKUs of a list, page by page."""
    found: list[str] = []
    while True:
        products, after = await reader.page(wanted)
        assert len(products) <= wanted.limit
        found += [product.sku for product in products]
        if after is None:
            return found
        wanted = replace(wanted, after=after)


@shared
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("dress", ["DRESS-1", "dress 2"]),
        ("DRESS-", ["DRESS-1", "dress 2"]),
        ("dress 2", ["dress 2"]),
        ("summer-d", ["DRESS-1"]),
        ("über", ["DRESS-1"]),
        ("ÜBERGRÖSSEN", ["DRESS-1"]),
        ("u\u0308ber", ["DRESS-1"]),
        ("straße", ["dress 2"]),
        ("Strassenanzug", ["dress 2"]),
        ("istan", ["hat"]),
        ("İSTAN", ["hat"]),
        ("h", ["hat", "hat-red"]),
        ("ha", ["hat", "hat-red"]),
        ("hats", ["hat-red"]),
        ("shirt", ["bag_x"]),
        ("t-shirt", ["bag_x"]),
        ("su", ["dress 2", "DRESS-1"]),
        ("ress", []),
        ("zzz", []),
        ("\U0010ffff", ["DRESS-1", "dress 2", "hat", "hat-red", "bag_x"]),
        ("\ud7ff", []),
    ],
)
@pytest.mark.parametrize("limit", [1, 50])
async def test_a_product_is_found_once_by_the_beginning_of_a_term(
    reader_of_all: ProductReader, query: str, found: list[str], limit: int
) -> None:
    """By SKU, slug and each word, in any case, in the order of the first term that matches."""
    assert await _listed(reader_of_all, Wanted(limit, query=query)) == found


@shared
@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["DRESS-1", "dress 2", "hat", "hat-red", "bag_x"]),
        ({"query": ""}, ["DRESS-1", "dress 2", "hat", "hat-red", "bag_x"]),
        ({"skus": ("hat", "DRESS-1", "Hat", "none", "hat")}, ["DRESS-1", "hat"]),
        ({"skus": ()}, []),
        ({"parent": "hat"}, ["hat-red"]),
        ({"parent": "none"}, []),
        ({"parent": "hat", "query": "hat"}, ["hat-red"]),
        ({"skus": ("hat", "hat-red"), "parent": "hat"}, ["hat-red"]),
        ({"skus": ("hat", "bag_x"), "query": "ha"}, ["hat"]),
        ({"enabled": False}, ["bag_x"]),
        ({"enabled": True, "query": "b"}, []),
        ({"website": "second"}, ["bag_x"]),
        ({"website": "none"}, []),
    ],
)
async def test_filters_hold_together(reader_of_all: ProductReader, filters: dict[str, Any], found: list[str]) -> None:
    """What is asked for twice has to hold twice; without a query the order is that of the ids."""
    assert await _listed(reader_of_all, Wanted(2, **filters)) == found


async def test_deleted_products_are_not_found(reader: ProductReader, connection: Connection) -> None:
    """Although their terms are kept."""
    await connection.execute("update product set deleted_at = now() where sku = 'hat-red'")
    assert await _listed(reader, Wanted(1, query="hat")) == ["hat"]
    assert await reader.products(["hat-red"]) == []
    assert (await reader.product("hat")).children == ()


_PICTURES: Final = """
    insert into store_view (id, code, website_id) values (1, 'german', 1), (2, 'french', 1) on conflict do nothing;
    insert into blob (hash, size, format, width, height, state, failure_code) values
        (sha256('ready'), 9, 'jpeg', 3, 2, 'ready', null),
        (sha256('processing'), 9, 'jpeg', 3, 2, 'processing', null),
        (sha256('failed'), 9, 'jpeg', 3, 2, 'failed', 'too_slow');
    insert into picture (id, blob_hash, url_large)
    values
        (1, sha256('ready'), null), (2, sha256('processing'), null), (3, sha256('failed'), null), (4, null, '//u');
    insert into image (id, product_id, picture_id, label, position, excluded, deleted_at)
    select u.id, p.id, u.picture, u.label, u.position, u.excluded, u.deleted_at
    from (values
        (11, 'DRESS-1', 1, 'Front', 2, false, null), (12, 'DRESS-1', 4, null, 1, true, null),
        (13, 'DRESS-1', 1, '', null, false, now()),
        (21, 'dress 2', 2, 'Front', null, null, null), (22, 'dress 2', 3, '', 3, false, null),
        (31, 'hat', 3, null, 1, false, null)
    ) as u (id, sku, picture, label, position, excluded, deleted_at)
    join product p on p.sku = u.sku;
    insert into image_store (image_id, store_view_id, label, excluded, hidden) values
        (12, 1, null, false, false), (22, 1, 'Vorne', null, false), (22, 2, null, null, true),
        (31, 2, 'Devant', null, false);
    insert into image_type_assignment (product_id, store_view_id, type_code, image_id)
    select p.id, a.store, a.code, a.image
    from (values
        ('DRESS-1', null, 'image', 11), ('DRESS-1', null, 'thumbnail', null), ('DRESS-1', 1, 'small_image', 12),
        ('dress 2', null, 'image', 21), ('dress 2', null, 'small_image', 22), ('dress 2', null, 'thumbnail', 22)
    ) as a (sku, store, code, image)
    join product p on p.sku = a.sku;
"""

_LACKING: Final = {
    "DRESS-1": ("label:german", "type:small_image", "type:thumbnail"),
    "dress 2": (),
    "hat": ("label:german", "type:image", "type:small_image", "type:thumbnail"),
    "hat-red": ("image",),
    "bag_x": ("image",),
}


async def test_what_is_missing_is_the_same_in_lists_and_documents(
    reader: ProductReader, connection: Connection
) -> None:
    """A label that neither store nor global has on an image shown there, a type that none holds, any image at all."""
    await connection.execute(_PICTURES)
    documents = {one.sku: one.missing for one in await reader.products(list(_LACKING))}
    assert documents == _LACKING
    for what in {what for lacking in _LACKING.values() for what in lacking} | {"label:french", "label:none", "type:x"}:
        holders = [sku for sku, lacking in _LACKING.items() if what in lacking]
        assert await _listed(reader, Wanted(1, missing=what)) == holders


async def test_a_product_without_support_for_images_lacks_none(reader: ProductReader, database: Database) -> None:
    """Nobody has to give it one."""
    await put_batch(database, [ProductOptions("bag_x", supports_images=False)])
    assert (await reader.product("bag_x")).missing == ()


async def test_a_document_counts_images_and_shows_the_first(reader: ProductReader, connection: Connection) -> None:
    """Live images by state, those elsewhere in the total alone; the cover is the small rendition of the first image, or
    its small URL."""
    await connection.execute(_PICTURES)
    dress, suit, hat, _, bag = await reader.products(list(_LACKING))
    assert [tuple(one.images) for one in (dress, suit, hat, bag)] == [
        (2, 1, 0, 0),
        (2, 0, 1, 1),
        (1, 0, 0, 1),
        (0,) * 4,
    ]
    assert (dress.cover_path, dress.cover_url) == (None, "//u")
    assert suit.cover_path is not None
    assert suit.cover_path.startswith("/media/renditions/small-")
    assert suit.cover_path.endswith("/p3.jpg")
    assert (bag.cover_path, bag.cover_url) == (None, None)
    assert (hat.parent, hat.children, bag.websites, dress.websites) == (None, ("hat-red",), ("second",), ("base",))


@pytest.mark.parametrize(("state", "found"), [("processing", ["dress 2"]), ("failed", ["dress 2", "hat"])])
async def test_products_are_found_by_the_state_of_an_image(
    reader: ProductReader, connection: Connection, state: Any, found: list[str]
) -> None:
    """A product is listed where it holds such an image."""
    await connection.execute(_PICTURES)
    assert await _listed(reader, Wanted(50, state=state)) == found


async def test_a_page_looks_at_no_more_than_1000_products(database: Database, connection: Connection) -> None:
    """What is found among very many is told page by page: a page without products says where the list goes on."""
    await connection.execute("""
        set session_replication_role = replica;
        insert into product (id, sku, sku_key, slug, enabled)
            select n, n, n, n, n <> 4500 from generate_series(1, 5000) n;
        insert into product_term (term, product_id)
            select 'x' || lpad(n::text, 5, '0'), n from generate_series(1, 5000) n;
    """)
    reader = ProductReader(database, Settings())
    for query in (None, "x"):
        products, after = await reader.page(Wanted(10, query=query, enabled=False))
        assert products == []
        assert after is not None
        assert after.id == search.LOOKED_AT
        assert await _listed(reader, Wanted(10, query=query, enabled=False)) == ["4500"]


@st.composite
def _changes(draw: st.DrawFn) -> list[tuple[str, int]]:
    """Products that come and go while a list is read; even numbers stay as they are."""
    odd = st.integers(0, 20).map(lambda n: 2 * n + 1)
    return draw(st.lists(st.tuples(st.sampled_from(("come", "go", "rename")), odd), max_size=12))


_STAYING: Final = range(0, 40, 2)


@given(
    changes=st.lists(_changes(), min_size=1, max_size=6),
    limit=st.integers(1, 7),
    query=st.sampled_from((None, "s", "w", "same")),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
async def test_what_exists_throughout_is_neither_skipped_nor_shown_twice(
    database: Database, connection: Connection, changes: Sequence[Any], limit: int, query: str | None
) -> None:
    """Whatever comes, goes and is renamed between the pages of a list."""
    await connection.execute("truncate product, product_term, product_to_fold cascade")
    await put_batch(database, [ProductOptions(f"s{n}", id=100 + n, name=f"same w{n}") for n in _STAYING])
    reader, seen, wanted = ProductReader(database, Settings()), [], Wanted(limit, query=query)
    pending = list(changes)
    while True:
        products, after = await reader.page(wanted)
        seen += [product.sku for product in products]
        if after is None:
            break
        wanted = replace(wanted, after=after)
        for change, number in pending.pop() if pending else ():
            await _change(database, connection, change, number)
    assert sorted(sku for sku in seen if int(sku[1:]) in _STAYING) == sorted(f"s{n}" for n in _STAYING)


async def _change(database: Database, connection: Connection, change: str, number: int) -> None:
    if change == "go":
        await connection.execute("update product set deleted_at = now() where sku = $1", f"s{number}")
    else:
        name = f"same {change} w{number}"
        await put_batch(database, [ProductOptions(f"s{number}", name=name)])
