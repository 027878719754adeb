"""Whether connections to the database keep what is done in them: a pooler in front may hand them out by transaction."""

import asyncio
import secrets
from typing import Final

import asyncpg

from app.background import is_set_within
from app.db.connections.connect import Connection, connected
from app.db.errors import translated
from app.errors import Misconfigured

_CHANNEL: Final = "session_check"
_HEARS_SECONDS: Final = 2.0
_LOST: Final = (asyncpg.DuplicatePreparedStatementError, asyncpg.InvalidSQLStatementNameError)
_SENTENCE: Final = (
    "DATABASE_URL leads through a pooler that keeps no sessions, as PgBouncer in transaction mode: connect directly, "
    "or in session mode."
)


class SessionsNotKept(Misconfigured):
    """Connections to the database keep neither LISTEN nor prepared statements."""


async def check_sessions(dsn: str) -> None:
    """Takes two connections, lets one hear what the other says, and prepares a statement in each. SessionsNotKept;
    DatabaseUnavailable."""
    try:
        async with connected(dsn) as listening, connected(dsn) as speaking:
            with translated():
                kept = await _hears(listening, speaking)
                for connection in (listening, speaking, listening):
                    await connection.fetchval("select 1")
    except _LOST as error:
        raise SessionsNotKept(_SENTENCE) from error
    if not kept:
        raise SessionsNotKept(_SENTENCE)


async def _hears(listening: Connection, speaking: Connection) -> bool:
    heard, word = asyncio.Event(), secrets.token_hex(8)
    await listening.add_listener(_CHANNEL, lambda *said: heard.set() if said[-1] == word else None)
    await speaking.execute(f"notify {_CHANNEL}, '{word}'")
    return await is_set_within(heard, _HEARS_SECONDS)
