"""Provisioning of products beside writers of their galleries."""

import asyncio

from app.db.connections.connect import Connection
from app.db.pool import Database
from app.service.catalogue.products import delete_product
from tests.e2e.conftest import eventually

_WAITING = "select exists (select from pg_locks where not granted)"
_SHUFFLED = """
    insert into product (id, sku, sku_key, slug) values (5, 'dress', 'dress', 'dress');
    insert into product (id, sku, sku_key, slug, parent_id)
        select n, 'dress-' || n, 'dress-' || n, 'dress-' || n, 5 from unnest(array[9, 2, 7]) n;
"""


async def test_a_deletion_and_a_writer_of_two_products_never_stand_in_each_others_way(
    database: Database, connection: Connection
) -> None:
    """A product is deleted in the order in which writers lock several: whoever comes second waits, and both succeed."""
    await connection.execute(_SHUFFLED)
    async with connection.transaction():
        await connection.execute("select from product where id = 2 for update")
        deleting = asyncio.create_task(delete_product(database, "dress"))
        await eventually(lambda: connection.fetchval(_WAITING))
        await connection.execute("set local lock_timeout = '1s'")
        await connection.execute("select from product where id = any('{5,7,9}') order by id for update")
    assert {sku for _, sku in await deleting} == {"dress", "dress-2", "dress-7", "dress-9"}
