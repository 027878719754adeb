"""Connections on which nothing comes back any more, although nobody has closed them.

A host that vanished, a firewall that forgot, a proxy that swallows: the kernel may notice, or may not. Whether a
statement takes long or its answer will never come cannot be told from the connection itself. So the server is asked
over a fresh one whether it works on that statement. What it does not work on is given up; so is a statement whose rest
the server waits for although all of it was sent, as where silence fell between its preparation and its execution.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Literal, TypeAlias

import asyncpg

from app.background import in_background
from app.db.connections.connect import Connection, connected
from app.db.connections.pooled import Pooled
from app.db.errors import translated
from app.db.queries import load_queries
from app.errors import DatabaseUnavailable
from app.events import ConnectionGivenUp, Observe

Beat: TypeAlias = Callable[[bool], Awaitable[None]]
"""Is told whether a connection was given up since the last one."""

LOOK_SECONDS: Final = 1.0
_LOOKS_OF_PATIENCE: Final = 2
"""An answer that has not come after so many looks is asked about."""
_ASK_SECONDS: Final = 5.0
_UNREACHABLE_SECONDS: Final = 10.0
"""How long an answer is waited for while nobody can be asked about it."""

State = Literal["gone", "idle", "at_work"]


class Watch:
    """Gives up those of `connections` that have fallen silent. `beat` is called with every look, for connections on
    which nothing would be asked for long.

    Silence is noticed some five looks after a statement was sent, or within ten seconds where no connection to the
    database can be made at all.
    """

    def __init__(
        self,
        whose: str,
        dsn: str,
        connections: Callable[[], Collection[Connection]],
        observe: Observe,
        *,
        beat: Beat | None = None,
        look: float = LOOK_SECONDS,
    ) -> None:
        self._whose = whose
        self._dsn = dsn
        self._connections = connections
        self._observe = observe
        self._beat = beat
        self._look_seconds = look
        self._sql = load_queries()["backends"].sql
        self._suspects: dict[Connection, float] = {}
        self._clock = asyncio.get_running_loop().time

    def __call__(self) -> AbstractAsyncContextManager[None]:
        """In the background, for as long as the block lasts."""
        return in_background(f"watch over the {self._whose}'s connections", self.run, self._observe)

    async def run(self) -> None:
        """Until cancelled."""
        given_up = 0
        while True:
            await asyncio.sleep(self._look_seconds)
            if self._beat is not None:
                await self._beat(given_up > 0)
            given_up = await self._look()

    async def _look(self) -> int:
        """How many were given up."""
        patience = _LOOKS_OF_PATIENCE * self._look_seconds
        waits = {connection: self._waits(connection) for connection in self._connections()}
        late = {connection: seconds for connection, seconds in waits.items() if seconds > patience}
        if not late:
            self._suspects = {}
            return 0
        try:
            silent = self._silent(await self._ask(late))
        except DatabaseUnavailable as error:
            silent = [connection for connection, seconds in late.items() if seconds > _UNREACHABLE_SECONDS]
            if isinstance(error.__cause__, asyncpg.InsufficientResourcesError):  # a sign of life: it has no room
                silent = []
        for connection in silent:
            self._give_up(connection)
        return len(silent)

    def _waits(self, connection: Connection) -> float:
        asked = _asked_at(connection)
        return 0.0 if asked is None else self._clock() - asked

    async def _ask(self, late: Collection[Connection]) -> dict[Connection, State]:
        """What the server says of each. It knows nothing of connections to something in between, such as a pooler."""
        pids = {other: other.get_server_pid() for other in late}
        sent = [pid for other, pid in pids.items() if other.has_sent_all]
        async with connected(self._dsn) as connection:
            try:
                with translated():
                    rows = await connection.fetch(self._sql, list(pids.values()), sent, timeout=_ASK_SECONDS)
            except DatabaseUnavailable:
                if not isinstance(self._dsn, Pooled):
                    raise
                return dict.fromkeys(late, "at_work")  # the pooler lives, and has no room: this waited, too
            if rows[0]["own"] != connection.get_server_pid():
                return dict.fromkeys(late, "at_work")
        states: dict[int, State] = {row["pid"]: "at_work" if row["is_at_work"] else "idle" for row in rows}
        return {other: states.get(pid, "gone") for other, pid in pids.items()}

    def _silent(self, states: dict[Connection, State]) -> list[Connection]:
        """Those that are gone, and those that were idle the last time, too, while the same answer was waited for: an
        answer may be on its way just now."""
        former = self._suspects
        self._suspects = {
            connection: asked
            for connection, state in states.items()
            if state != "at_work" and (asked := _asked_at(connection)) is not None
        }
        return [
            connection
            for connection, asked in self._suspects.items()
            if states[connection] == "gone" or former.get(connection) == asked
        ]

    def _give_up(self, connection: Connection) -> None:
        self._observe(ConnectionGivenUp(self._whose, round(self._waits(connection), 1)))
        connection.terminate()


@asynccontextmanager
async def watched(whose: str, dsn: str, observe: Observe) -> AsyncIterator[Connection]:
    """A connection for as long as the block lasts, given up when it falls silent; raises `DatabaseUnavailable`."""
    async with connected(dsn) as connection, Watch(whose, dsn, lambda: (connection,), observe)():
        yield connection


def _asked_at(connection: Connection) -> float | None:
    """As the connection says; None where the pool has taken back one that was closed."""
    asked: float | None = getattr(connection, "asked_at", None)
    return asked
