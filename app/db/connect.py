"""Connections outside the pool, for those who need one of their own."""

from typing import Any, TypeAlias

import asyncpg

from app.db.errors import translated
from app.errors import DatabaseUnavailable

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

CONNECT_SECONDS = 5.0
SESSION_SETTINGS = {
    "application_name": "product-images",
    "plan_cache_mode": "force_generic_plan",  # planning a read anew takes five times as long as the read
}


async def connect(dsn: str, **options: Any) -> Connection:
    """A new connection; raises `DatabaseUnavailable`."""
    with translated():
        return await asyncpg.connect(dsn, timeout=CONNECT_SECONDS, server_settings=SESSION_SETTINGS, **options)


async def answers(dsn: str) -> bool:
    """Whether the database accepts connections."""
    try:
        connection = await connect(dsn)
    except DatabaseUnavailable:
        return False
    await connection.close()
    return True
