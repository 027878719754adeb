"""The job queue's tables, which the queue's library makes and upgrades itself."""

from contextlib import suppress
from importlib.metadata import version
from typing import Final

import asyncpg

from app.db.connections.connect import Connection
from app.db.errors import translated

_UP_TO: Final = "select obj_description(to_regclass('pgqueuer'), 'pg_class')"


async def install_queue(connection: Connection) -> None:
    """Make the tables, or bring them up to the installed version of the library, of which a comment on its table tells:
    where it does, the library need not even be loaded, which takes as long as all else that a command begins with."""
    mark = f"made by pgqueuer {version('pgqueuer')}"
    with translated():
        if await connection.fetchval(_UP_TO) == mark:
            return
        await _bring_up(connection)
        with suppress(asyncpg.InsufficientPrivilegeError):  # who does not own the table looks again at each start
            await connection.execute(f"comment on table pgqueuer is '{mark}'")


async def _bring_up(connection: Connection) -> None:
    from app.db.queue.library import queue_queries

    queries = queue_queries(connection)
    if await queries.schema_is_installed():
        await queries.apply_upgrade()
    else:
        await queries.install()
