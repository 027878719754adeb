"""Lists of products that show pictures in a state, which nearly none do, or nearly all."""

from dataclasses import replace
from typing import Any, Final

import pytest

from app.db.connections.connect import Connection
from app.db.pool import Database
from app.service.catalogue import search
from app.service.catalogue.search import ProductReader, Wanted
from app.settings import Settings

_PRODUCTS: Final = 3 * search.LOOKED_AT
_MANY: Final = 4_100
_SHOP: Final = f"""
    set session_replication_role = replica;
    insert into product (id, sku, sku_key, slug) select n, n, n, n from generate_series(1, {_PRODUCTS}) n;
    insert into blob (hash, size, format, width, height, state, failure_code)
        select sha256(convert_to(n::text, 'UTF8')), 9, 'jpeg', 3, 2, 'failed', 'too_slow'
        from generate_series(1, {_MANY}) n;
    insert into picture (id, blob_hash)
        select n, sha256(convert_to(n::text, 'UTF8')) from generate_series(1, {_MANY}) n;
"""
_HOLDERS: Final = (7, _PRODUCTS - 8, _PRODUCTS - 7)
_IMAGE: Final = "insert into image (product_id, picture_id, deleted_at) select $1, $2, case when $3 then now() end"


async def _listed(reader: ProductReader, wanted: Wanted) -> list[int]:
    found: list[int] = []
    while True:
        products, after = await reader.page(wanted)
        found += [product.id for product in products]
        if after is None:
            return found
        wanted = replace(wanted, after=after)


@pytest.fixture(name="reader")
async def _reader(database: Database, connection: Connection) -> ProductReader:
    """Of many products, of which three show a failed picture each; another one did."""
    await connection.execute(_SHOP)
    await connection.executemany(_IMAGE, [(product, 1 + at, False) for at, product in enumerate(_HOLDERS)])
    await connection.execute(_IMAGE, 1500, 1, True)
    return ProductReader(database, Settings())


async def _fail_few(connection: Connection) -> None:
    await connection.execute("update blob set state = 'ready', failure_code = null")
    await connection.execute(
        "update blob set state = 'failed', failure_code = 'too_slow' where hash in"
        " (select blob_hash from picture where id <= 3)"
    )


async def test_where_few_pictures_are_in_a_state_one_page_finds_all(
    reader: ProductReader, connection: Connection
) -> None:
    """However many products lie in between."""
    await _fail_few(connection)

    products, after = await reader.page(Wanted(10, state="failed"))

    assert [product.id for product in products] == [*_HOLDERS]
    assert after is None
    assert await _listed(reader, Wanted(10, state="processing")) == []


@pytest.mark.parametrize("further", [{}, {"query": "2"}, {"skus": (str(_HOLDERS[0]), str(_HOLDERS[2]))}])
async def test_the_list_is_the_same_however_many_pictures_are_in_a_state(
    reader: ProductReader, connection: Connection, further: Any
) -> None:
    """By pictures where few are, else product by product; likewise where one picture is in very many places."""
    await connection.execute(
        "insert into product_term (term, product_id) select n::text, n from generate_series(1, $1) n", _PRODUCTS
    )
    wanted = Wanted(1, state="failed", **further)
    by_products = await _listed(reader, wanted)
    await _fail_few(connection)
    assert await _listed(reader, wanted) == by_products
    assert by_products

    await connection.execute(
        "insert into image (product_id, picture_id) select 7, 1 from generate_series(1, $1)", _MANY
    )
    assert await _listed(reader, wanted) == by_products
