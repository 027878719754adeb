"""Whether connections to the database keep what is done in them: a pooler in front may hand them out by transaction."""

import asyncio
import secrets
from typing import Final

import asyncpg

from app.background import is_set_within
from app.db.connections.connect import Connection, connected
from app.db.connections.pooled import Pooled, direct
from app.db.connections.same_server import who_answers
from app.db.errors import translated
from app.errors import DatabaseUnavailable, Misconfigured

_CHANNEL: Final = "session_check"
_HEARS_SECONDS: Final = 2.0
_LOST: Final = (asyncpg.DuplicatePreparedStatementError, asyncpg.InvalidSQLStatementNameError)
_POOLED_BY_STATEMENT: Final = "statement pooling mode"
"""PgBouncer's words."""
_NONE: Final = (
    "DATABASE_URL leads through a pooler that keeps no sessions, as PgBouncer in transaction mode: set "
    "DATABASE_LISTEN_URL, too, to what leads to Postgres itself, or connect in session mode."
)
_UNHEARD: Final = (
    "What is told through DATABASE_URL is not heard at DATABASE_LISTEN_URL: that has to lead to the same database, and "
    "to Postgres itself or in session mode."
)
_SINGLE: Final = "DATABASE_URL leads through a pooler that takes no transactions: let PgBouncer pool by transaction."


class SessionsNotKept(Misconfigured):
    """Connections to the database keep less than has to be kept: LISTEN and prepared statements, or transactions."""


async def check_sessions(dsn: str) -> None:
    """Takes two connections, lets the one to Postgres itself hear what the other says, and prepares a statement in
    each. SessionsNotKept; DatabaseUnavailable."""
    sentence = _UNHEARD if isinstance(dsn, Pooled) else _NONE
    try:
        async with connected(direct(dsn)) as listening, connected(dsn) as speaking:
            with translated():
                kept = await _hears(listening, speaking)
                for connection in (listening, speaking, listening):
                    await connection.fetchval("select 1")
            if isinstance(dsn, Pooled):
                await _takes_transactions(speaking)
                kept = kept and await who_answers(speaking) == await who_answers(listening)
    except _LOST as error:
        raise SessionsNotKept(sentence) from error
    if not kept:
        raise SessionsNotKept(sentence)


async def _hears(listening: Connection, speaking: Connection) -> bool:
    heard, word = asyncio.Event(), secrets.token_hex(8)
    await listening.add_listener(_CHANNEL, lambda *given: heard.set() if given[-1] == word else None)
    await speaking.execute(f"notify {_CHANNEL}, '{word}'")
    return await is_set_within(heard, _HEARS_SECONDS)


async def _takes_transactions(connection: Connection) -> None:
    try:
        with translated():
            async with connection.transaction():
                await connection.fetchval("select 1")
    except DatabaseUnavailable as error:
        if _POOLED_BY_STATEMENT in error.reason:
            raise SessionsNotKept(_SINGLE) from error
        raise
