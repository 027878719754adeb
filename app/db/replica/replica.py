"""Connections to a replica, each of which knows how far that had come when it was last asked."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

from app.db.connections.connect import Connection
from app.db.errors import translated
from app.db.pool import Database, Record, Timed
from app.db.replica.standing import Line, Standing, check_line, standing_of
from app.errors import Unavailable
from app.events import Observe

_FRESH_SECONDS: Final = 1.0
"""So long a replica is believed to be one still."""
_PATIENCE_SECONDS: Final = 1.0
"""One that takes longer is given up: the primary is waiting."""


class _Known(NamedTuple):
    standing: Standing
    at: float


class Shown(NamedTuple):
    """What a replica showed, which had come to `position` at least."""

    rows: list[Record]
    position: int


class ReplicaBusy(Unavailable):
    """All connections to it are in use, which says nothing of the replica."""


class Replica(Database):
    """A pool like the primary's. Of several hosts whichever takes reads."""

    def __init__(self, dsn: str, *, size: int, observe: Observe) -> None:
        super().__init__(_for_reads(dsn), size=size, observe=observe)
        self._known: dict[Connection, _Known] = {}

    async def ask(self, line: Line) -> Standing:
        """How far it has come; NoReplica for a server that is no replica of this line; DatabaseUnavailable,
        ReplicaBusy, TimeoutError."""
        async with self._in_time() as connection:
            return await self._asked(connection, line)

    async def read(self, query: str, args: Sequence[Any], line: Line, floor: int, last: int) -> Shown | None:
        """None where it has not come to `floor`. It need not be asked where it is known to have come to `last`. Raises
        as `ask`, and what the driver raises."""
        async with self._in_time() as connection:
            standing = self._remembered(connection, line)
            if standing is None or standing.position < last:
                standing = await self._asked(connection, line)
            if standing.position < floor:
                return None
            with Timed(self.observe, query):
                return Shown(await connection.fetch(self.queries[query].sql, *args), standing.position)

    @asynccontextmanager
    async def _in_time(self) -> AsyncIterator[Connection]:
        """A connection, which is ended where its answer takes too long: nobody waits for it to recover."""
        was_full, is_leased = self.connections[0] >= self._size, False
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS) as limit, self._leased() as connection:
                limit.reschedule(_now() + _PATIENCE_SECONDS)  # however long it was waited for
                is_leased = True
                with _ended_when_cancelled(connection):
                    yield connection
        except TimeoutError as error:
            if is_leased or not was_full:
                raise
            raise ReplicaBusy("all connections to the replica are in use") from error

    def _remembered(self, connection: Connection, line: Line) -> Standing | None:
        known = self._known.get(connection)
        if known is None or known.standing.line != line or _now() - known.at > _FRESH_SECONDS:
            return None
        return known.standing

    async def _asked(self, connection: Connection, line: Line) -> Standing:
        at = _now()
        with translated():
            standing = standing_of(await connection.fetchrow(self.queries["replica_standing"].sql))
        check_line(standing, line)
        if len(self._known) >= 2 * self._size:
            self._known.clear()
        self._known[connection] = _Known(standing, at)
        return standing


@contextmanager
def _ended_when_cancelled(connection: Connection) -> Iterator[None]:
    try:
        yield
    except asyncio.CancelledError:
        connection.terminate()
        raise


def _now() -> float:
    return asyncio.get_running_loop().time()


def _for_reads(dsn: str) -> str:
    """Several hosts are tried for one that can be written to, where nothing else is said."""
    parts = urlsplit(dsn)
    if "target_session_attrs" in parse_qs(parts.query):
        return dsn
    query = "&".join(filter(None, (parts.query, "target_session_attrs=prefer-standby")))
    return parts._replace(query=query).geturl()
