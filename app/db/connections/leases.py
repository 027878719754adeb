"""Connections taken out of the driver's pool and kept at hand.

The pool makes connections and ends them; handing them out is done here, since the pool starts a task
and a timer for every statement, which costs as much as the statement.
"""

import asyncio
import time
from collections import deque
from contextlib import AbstractAsyncContextManager, suppress
from typing import Final, TypeAlias, cast

import asyncpg

from app.db.connections.connect import Connection
from app.db.errors import DRIVER_ERRORS, translated
from app.errors import DatabaseUnavailable
from app.events import ConnectionAwaited, Observe, StatementDone

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

_PATIENCE: Final = 10.0
_PARTING_SECONDS: Final = 5.0
_BEAT_SECONDS: Final = 5.0
"""An idle connection that answered so long ago is asked for a sign of life."""
_NO_WAIT: Final = 0.001
"""Seconds that it may take to get an idle connection out of the pool."""


class Leases:
    """At most `size` connections at a time; who finds none waits for his turn, in order."""

    def __init__(self, pool: Pool, size: int) -> None:
        self._pool = pool
        self._size = size
        self._idle: list[Connection] = []
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self.connections: set[Connection] = set()
        self.taken = 0
        """Connections at hand, in use or being made."""

    @property
    def in_use(self) -> int:
        return self.taken - len(self._idle)

    @property
    def waiting(self) -> int:
        """How many wait for one."""
        return sum(not turn.done() for turn in self._waiting)

    def at_hand(self) -> "Connection | None":
        """An idle connection, without any waiting."""
        while self._idle:
            connection = self._idle.pop()
            if _is_open(connection):
                return connection
            self._forget(connection)
        return None

    async def take(self) -> "Connection":
        """A connection: idle, new, or another's once he is done with it. Raises what the driver raises, and
        TimeoutError."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                connection = self.at_hand() or await self._new_or_next()
                if connection is not None:
                    return connection

    def give_back(self, connection: "Connection") -> None:
        """For one that can be used again at once."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return
        self._idle.append(connection)

    async def part_with(self, connection: "Connection") -> None:
        """For one in an unknown state: the pool has it finish or ends it."""
        self._forget(connection)
        with suppress(*DRIVER_ERRORS):
            proxy = cast("asyncpg.pool.PoolConnectionProxy[asyncpg.Record]", connection)
            await self._pool.release(proxy, timeout=_PARTING_SECONDS)

    def quiet(self, *, all_of_them: bool) -> "list[Connection]":
        """The idle connection that is used least, where it has not answered lately; or all that are idle. They are
        taken, and in use."""
        if all_of_them:
            taken, self._idle = self._idle, []
            return taken
        since = asyncio.get_running_loop().time() - _BEAT_SECONDS
        return [self._idle.pop(0)] if self._idle and _answered(self._idle[0]) < since else []

    async def close(self) -> None:
        """Hands the idle ones to the pool, so that it can be closed."""
        while self._idle:
            await self.part_with(self._idle.pop())

    async def _new_or_next(self) -> "Connection | None":
        if self.taken < self._size:
            return await self._new()
        turn: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on(turn.result())
            raise

    async def _new(self) -> "Connection":
        self.taken += 1
        try:
            connection = cast("Connection", await self._pool.acquire())
        except BaseException:
            self._forget(None)
            raise
        self.connections.add(connection)
        return connection

    def _pass_on(self, connection: "Connection | None") -> None:
        if connection is None:
            self._wake()
        else:
            self.give_back(connection)

    def _forget(self, connection: "Connection | None") -> None:
        if connection is not None:
            self.connections.discard(connection)
        self.taken -= 1
        self._wake()

    def _wake(self) -> None:
        """One of those who wait may make a connection of his own."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return


class Lease(AbstractAsyncContextManager["Connection"]):
    """A connection for as long as the block lasts; one whose block raised is not used again as it is.

    Raises `DatabaseUnavailable`. A class, since a generator would cost more than the rest of it.
    """

    __slots__ = ("_connection", "_leases", "_observe")

    def __init__(self, leases: Leases, observe: Observe) -> None:
        self._leases = leases
        self._observe = observe

    async def __aenter__(self) -> "Connection":
        self._connection = self._leases.at_hand() or await self._awaited()
        return self._connection

    async def __aexit__(self, _: object, error: BaseException | None, __: object) -> None:
        if error is None:
            self._leases.give_back(self._connection)
        else:
            await self._leases.part_with(self._connection)

    async def _awaited(self) -> "Connection":
        started = time.perf_counter()
        try:
            with translated():
                connection = await self._leases.take()
        except DatabaseUnavailable as error:
            self._observe(StatementDone("connect", time.perf_counter() - started, type(error).__name__))
            raise
        if (waited := time.perf_counter() - started) > _NO_WAIT:
            self._observe(ConnectionAwaited(waited))
        return connection


def _is_open(connection: "Connection") -> bool:
    """One that has closed is cleaned up, if the pool has not done so already."""
    try:
        if not connection.is_closed():
            return True
        connection.terminate()
    except asyncpg.InterfaceError:  # what the pool has taken back cannot even be asked
        pass
    return False


def _answered(connection: "Connection") -> float:
    """When it did last, on the loop's clock; never, where the pool has taken back one that was closed."""
    answered: float = getattr(connection, "answered_at", 0.0)
    return answered
