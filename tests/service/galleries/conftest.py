"""What tests of galleries may ask for."""

import pytest

from app.db.connections.connect import Connection
from app.db.pool import Database
from tests.service.galleries.native_shop import SHOP, Shop


@pytest.fixture(name="shop")
async def _shop(database: Database, connection: Connection) -> Shop:
    await connection.execute(SHOP)
    return Shop(database, connection)
