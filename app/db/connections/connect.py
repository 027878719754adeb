"""Connections to the database: all are made here, those of the pool, too."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, cast

import asyncpg

from app.db.connections.hosts import of_each_host
from app.db.connections.pooled import Pooled
from app.db.errors import DRIVER_ERRORS, unavailable
from app.errors import DatabaseUnavailable

if TYPE_CHECKING:
    _Connection = asyncpg.Connection[asyncpg.Record]
else:  # a generic class in its stubs alone
    _Connection = asyncpg.Connection

T = TypeVar("T")

CONNECT_SECONDS = 5.0
_NAME: Final = "product-images"
SESSION_SETTINGS = {"application_name": _NAME}
"""What goes into the startup packet: only what a pooler such as PgBouncer passes on."""
_HEAD_START_SECONDS: Final = 0.5
"""So long a host may take before the next one is tried beside it."""
_END_SECONDS: Final = 5.0
_SOCKET_OPTIONS: Final = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 10_000}
"""A peer that has vanished is noticed by the kernel after some ten seconds, whether something was sent to it or not.
Seconds, but the last, which is milliseconds; a system knows those that it has names for."""


class Connection(_Connection):
    """One of our connections. It tells for how long an answer has been waited for, and lets go of a server that has
    become one to read from: there is another one to write to."""

    _transport: asyncio.WriteTransport  # of the driver, which has no other way to the socket

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.asked_at: float | None = None
        """When the statement was sent whose answer is waited for, on the loop's clock."""
        self.answered_at = self._clock()
        self._sends_many = False

    @property
    def has_sent_all(self) -> bool:
        """Whether nothing of the statement whose answer is waited for is still to be sent."""
        return not self._sends_many and self._transport.get_write_buffer_size() == 0

    def _clock(self) -> float:
        return asyncio.get_running_loop().time()

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:
        return await self._reported(super().execute(query, *args, timeout=timeout))

    async def executemany(self, command: str, args: Iterable[Any], *, timeout: float | None = None) -> None:
        with self._sending_many():
            await self._reported(super().executemany(command, args, timeout=timeout))

    async def fetch(self, query: str, *args: Any, **options: Any) -> list[Any]:
        return await self._reported(super().fetch(query, *args, **options))

    async def fetchrow(self, query: str, *args: Any, **options: Any) -> Any:
        return await self._reported(super().fetchrow(query, *args, **options))

    async def fetchval(self, query: str, *args: Any, **options: Any) -> Any:
        return await self._reported(super().fetchval(query, *args, **options))

    async def copy_records_to_table(self, table_name: str, **options: Any) -> str:
        with self._sending_many():
            return await self._reported(super().copy_records_to_table(table_name, **options))

    @contextmanager
    def _sending_many(self) -> Iterator[None]:
        self._sends_many = True
        try:
            yield
        finally:
            self._sends_many = False

    async def _reported(self, statement: Awaitable[T]) -> T:
        self.asked_at = self._clock()
        try:
            return await statement
        except asyncpg.ReadOnlySQLTransactionError:
            self.terminate()
            raise
        finally:
            self.asked_at = None
            self.answered_at = self._clock()


Attempt: TypeAlias = Callable[[], Coroutine[Any, Any, Connection]]


async def connect(dsn: str, **options: Any) -> Connection:
    """A new connection. Whatever it is that hinders it is `DatabaseUnavailable`: a server may refuse a session by any
    of its codes, as for a database that takes none. Of several hosts the first one that serves; one that does not
    answer soon does not keep the next one waiting. Behind a pooler that keeps no sessions it prepares nothing."""
    hosts = of_each_host(dsn)
    options = {"timeout": CONNECT_SECONDS, "server_settings": SESSION_SETTINGS} | options
    options["connection_class"] = Connection
    keeps_sessions = not isinstance(dsn, Pooled)
    if not keeps_sessions:
        options["statement_cache_size"] = 0
    attempts: list[Attempt] = [partial(_dial, host, options) for host in hosts]
    try:
        connection = await (_first(attempts) if len(attempts) > 1 else _dial(dsn, options))
        _notice_silence(connection)
        if keeps_sessions:
            await _prepare(connection)
    except Exception as error:
        raise unavailable(error) from error
    return connection


async def _prepare(connection: Connection) -> None:
    """What every session starts with. Planning a read anew takes five times as long as the read."""
    try:
        await connection.execute("set plan_cache_mode = force_generic_plan", timeout=CONNECT_SECONDS)
    except BaseException:
        connection.terminate()
        raise


async def end(connection: Connection) -> None:
    """Parts with a connection, whatever state it is in, in bounded time."""
    with suppress(*DRIVER_ERRORS):
        await connection.close(timeout=_END_SECONDS)
    connection.terminate()


@asynccontextmanager
async def connected(dsn: str, name: str = _NAME) -> AsyncIterator[Connection]:
    """A connection for as long as the block lasts, which the server knows by `name`; raises `DatabaseUnavailable`."""
    connection = await connect(dsn, server_settings={**SESSION_SETTINGS, "application_name": name})
    try:
        yield connection
    finally:
        await end(connection)


async def answers(dsn: str) -> bool:
    """Whether the database accepts connections."""
    try:
        async with connected(dsn):
            return True
    except DatabaseUnavailable:
        return False


async def _dial(dsn: str, options: dict[str, Any]) -> Connection:
    return cast("Connection", await asyncpg.connect(dsn, **options))


async def _first(attempts: Sequence[Attempt]) -> Connection:
    """What the first attempt that succeeds makes; where none does, the last error is raised."""
    tasks: list[asyncio.Task[Connection]] = []
    try:
        for attempt in attempts:
            tasks.append(asyncio.create_task(attempt()))
            if winner := await _winner(tasks, _HEAD_START_SECONDS):
                return winner
        if winner := await _winner(tasks):
            return winner
        return await tasks[-1]
    finally:
        for task in tasks:
            task.add_done_callback(_let_go)
            task.cancel()


async def _winner(tasks: list[asyncio.Task[Connection]], seconds: float | None = None) -> Connection | None:
    """The connection of the first that succeeds within that time; it leaves the list. None if none does."""
    clock = asyncio.get_running_loop().time
    deadline = None if seconds is None else clock() + seconds
    waiting = set(tasks)
    while waiting and (deadline is None or clock() < deadline):
        left = None if deadline is None else max(0.0, deadline - clock())
        done, waiting = await asyncio.wait(waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if not task.cancelled() and task.exception() is None:
                tasks.remove(task)
                return task.result()
    return None


def _let_go(task: asyncio.Task[Connection]) -> None:
    """Ends what came too late."""
    if not task.cancelled() and task.exception() is None:
        task.result().terminate()


def _notice_silence(connection: Connection) -> None:
    """Lets the kernel notice a peer that has vanished."""
    peer = connection._transport.get_extra_info("socket")
    if peer is None or peer.family == socket.AF_UNIX:
        return
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _SOCKET_OPTIONS.items():
        if (option := getattr(socket, name, None)) is not None:
            peer.setsockopt(socket.IPPROTO_TCP, option, value)
