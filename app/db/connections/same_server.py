"""Whether a pooler still leads to the server that a direct connection stands to: it may be led elsewhere meanwhile, and
nothing of what changes there would be heard."""

import asyncio
from typing import Final

from app.db.connections.connect import CONNECT_SECONDS, Connection, connected
from app.db.connections.pooled import Pooled
from app.db.errors import translated
from app.errors import DatabaseUnavailable

_WHO: Final = """
select concat_ws(' ', extract(epoch from pg_postmaster_start_time()), oid) from pg_database
where datname = current_database()
"""
"""Nothing in it depends on what a session has set, such as its time zone."""
_LOOKS_OF_PATIENCE: Final = 3
_ELSEWHERE: Final = "DATABASE_URL leads to another server than DATABASE_LISTEN_URL"
_UNANSWERED: Final = "DATABASE_URL does not say whether it leads to the server of DATABASE_LISTEN_URL"


async def who_answers(connection: Connection) -> str:
    """Names a server since its start, and the database, so that no two are taken for one. DatabaseUnavailable, also
    where nothing is answered for long."""
    with translated():
        async with asyncio.timeout(CONNECT_SECONDS):
            return str(await connection.fetchval(_WHO))


class Way:
    """The way through a pooler to the server of that name."""

    def __init__(self, dsn: Pooled, server: str) -> None:
        self._dsn = dsn
        self._server = server
        self._unanswered = 0
        """Looks in a row."""

    async def trouble(self) -> str | None:
        """Why nothing may be believed of what comes this way: it leads elsewhere, or has not said where for some looks
        in a row. DatabaseUnavailable, where that is no reason yet, and while nothing comes this way at all, since
        nobody takes connections."""
        try:
            async with connected(self._dsn) as connection:
                is_same = await who_answers(connection) == self._server
        except DatabaseUnavailable as error:
            self._unanswered += not isinstance(error.__cause__, ConnectionError)
            if self._unanswered < _LOOKS_OF_PATIENCE:
                raise
            return _UNANSWERED
        self._unanswered = 0
        return None if is_same else _ELSEWHERE
