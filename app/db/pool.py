"""The way to the database: a pool of connections, statements by name, transactions."""

import asyncio
import math
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext, suppress
from typing import Any, Final, Protocol, Self, TypeAlias, cast

import asyncpg
from asyncpg.transaction import Transaction as _AsyncpgTransaction

from app.db.connections.connect import Connection, connect
from app.db.connections.leases import Lease, Leases, Pool
from app.db.connections.pulse import watched_pool
from app.db.errors import DRIVER_ERRORS, TransactionConflict, translated, translation
from app.db.queries import Statement, load_queries
from app.db.unit import unit_here
from app.errors import DatabaseUnavailable
from app.events import Observe, StatementDone, nobody
from app.traces import TRACE

Record: TypeAlias = asyncpg.Record

_ACQUIRE_SECONDS: Final = 10.0
_STATEMENT_SECONDS: Final = 60.0
_CLOSE_SECONDS: Final = 5.0
REQUEST_LOCK_SECONDS: Final = 2.0
"""How long a request's change waits for those before it: many of the usual ones fit into it, and who meets an
import that holds a gallery for its whole run is told to come back rather than kept until his proxy gives up."""

_SHARE_OF_STATEMENTS: Final = 5
_HOLDING: Final = "hold_lock"
"""Under which waits for a lock that a transaction begins with are counted."""


class Timed:
    """Around one statement: tells how long it took, and puts what goes wrong into our own terms."""

    __slots__ = ("_observe", "_query", "_started")

    def __init__(self, observe: Observe, query: str) -> None:
        self._observe = observe
        self._query = query

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        seconds = time.perf_counter() - self._started
        if error is None:
            self._observe(StatementDone(self._query, seconds, ""))
            return
        failure = translation(error)
        self._observe(StatementDone(self._query, seconds, type(failure or error).__name__))
        if failure is not None:
            raise failure from error


class Readable(Protocol):
    """What statements are asked of whose answers may come from a replica. As `Statements` has them."""

    async def fetch(self, query: str, *args: Any) -> list[Record]: ...

    async def fetchrow(self, query: str, *args: Any) -> Record | None: ...


class Statements(ABC):
    """What a pool and a transaction have in common: statements of `sql/queries` by name.

    All raise `DatabaseUnavailable`, `ConstraintViolated` or `TransactionConflict`; a name that does
    not exist is a `KeyError`.
    """

    def __init__(self, queries: Mapping[str, Statement], observe: Observe = nobody) -> None:
        self._queries = queries
        self._observe = observe

    @property
    def observe(self) -> Observe:
        """Who is told of statements."""
        return self._observe

    @property
    def queries(self) -> Mapping[str, Statement]:
        """The statements that can be called, by name."""
        return self._queries

    async def fetch(self, query: str, *args: Any) -> list[Record]:
        sql = self._queries[query].sql
        async with self._connected() as connection:
            with Timed(self._observe, query):
                return await connection.fetch(sql, *args)

    async def fetchrow(self, query: str, *args: Any) -> Record | None:
        sql = self._queries[query].sql
        async with self._connected() as connection:
            with Timed(self._observe, query):
                row: Record | None = await connection.fetchrow(sql, *args)
                return row

    async def fetchval(self, query: str, *args: Any) -> Any:
        """The first column of the first row, or None."""
        sql = self._queries[query].sql
        async with self._connected() as connection:
            with Timed(self._observe, query):
                return await connection.fetchval(sql, *args)

    async def execute(self, query: str, *args: Any) -> int:
        """How many rows were touched."""
        sql = self._queries[query].sql
        async with self._connected() as connection:
            with Timed(self._observe, query):
                return _count(await connection.execute(sql, *args))

    async def executemany(self, query: str, args: Iterable[Sequence[Any]]) -> None:
        """All of `args` or, where one fails, none."""
        sql = self._queries[query].sql
        async with self._connected() as connection:
            with Timed(self._observe, query):
                await connection.executemany(sql, args)

    @abstractmethod
    def _connected(self) -> AbstractAsyncContextManager[Connection]: ...


class Transaction(Statements):
    """A transaction that has begun; `Database.transaction` ends it."""

    def __init__(self, connection: Connection, queries: Mapping[str, Statement], observe: Observe = nobody) -> None:
        super().__init__(queries, observe)
        self.connection = connection

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What the block did is undone when it raises, and the transaction can go on."""
        async with _transaction(self.connection):
            yield

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Connection]:
        yield self.connection


class Database(Statements):
    """A pool of at most `size` connections to `dsn`, made when they are needed: the database may be
    away when the service starts, and come back whenever it likes.

    Nothing may be left in a session (no SET, no LISTEN, no session locks): connections go back to
    the pool without the round trip that would reset them, and `dsn` may be a `Pooled` one.
    """

    def __init__(
        self, dsn: str, *, size: int = 10, queries: Mapping[str, Statement] | None = None, observe: Observe = nobody
    ) -> None:
        super().__init__(load_queries() if queries is None else queries, observe)
        self.dsn = dsn
        self._size = size
        self._turns = asyncio.Semaphore(max(1, size - math.ceil(size / _SHARE_OF_STATEMENTS)))
        self._pool: Pool | None = None
        self._leases: Leases | None = None
        self._watching = AsyncExitStack()

    @property
    def connections(self) -> tuple[int, int]:
        """How many are in use, and how many are open at all."""
        if self._leases is None:
            return 0, 0
        return self._leases.in_use, self._leases.taken

    @property
    def waiting(self) -> int:
        """How many wait for a connection."""
        return 0 if self._leases is None else self._leases.waiting

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Until then, and after `close`, whatever is asked is `DatabaseUnavailable`."""
        with translated():
            self._pool = await asyncpg.create_pool(
                self.dsn,
                min_size=0,
                max_size=self._size,
                connect=cast("Any", connect),  # the stubs know of no connection class but the driver's
                connection_class=Connection,
                reset=_leave_as_it_is,
                command_timeout=_STATEMENT_SECONDS,
            )
        leases = self._leases = Leases(self._pool, self._size)
        await self._watching.enter_async_context(watched_pool(leases, self.dsn, self._observe))

    async def close(self) -> None:
        pool, leases = self._pool, self._leases
        self._pool = self._leases = None
        if pool is None or leases is None:
            return
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await leases.close()
                await pool.close()
        except DRIVER_ERRORS:
            pool.terminate()
        await self._watching.aclose()

    @asynccontextmanager
    async def transaction(
        self, *, lock_seconds: float | None = None, apart: bool = False, holding: int | None = None
    ) -> AsyncIterator[Transaction]:
        """Committed when the block ends, rolled back when it raises; who waits longer than `lock_seconds`
        for a lock gets `TransactionConflict`. In a unit it is committed with that, unless it stands `apart`. The
        advisory lock `holding` is taken before all else, and costs no way of its own there and back.

        Transactions wait for one another, so a fifth of the connections is kept for single statements.
        """
        unit = None if apart else unit_here()
        if unit is None:
            async with self._begun(lock_seconds, holding) as transaction:
                yield transaction
            return
        async with unit.joined(self._begun(lock_seconds)) as transaction:
            await self._hold(transaction.connection, "", holding)
            yield transaction

    @asynccontextmanager
    async def _begun(self, lock_seconds: float | None, holding: int | None = None) -> AsyncIterator[Transaction]:
        async with self._turn(), self._leased() as connection, _transaction(connection):
            await self._hold(connection, _chosen(lock_seconds), holding)
            yield Transaction(connection, self._queries, self._observe)

    async def _hold(self, connection: Connection, first: str, lock: int | None) -> None:
        """Waits for the lock are told of: an operator looks for them."""
        if lock is None:
            await _execute(connection, first)
            return
        with Timed(self._observe, _HOLDING):
            await connection.execute(f"{first} select pg_advisory_xact_lock({lock});")

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(_ACQUIRE_SECONDS):
                await self._turns.acquire()
        except TimeoutError as error:
            raise TransactionConflict("too many changes are under way") from error
        try:
            yield
        finally:
            self._turns.release()

    def _connected(self) -> AbstractAsyncContextManager[Connection]:
        """In a unit, what sees its change."""
        unit = unit_here()
        return self._leased() if unit is None or unit.transaction is None else nullcontext(unit.transaction.connection)

    def _leased(self) -> AbstractAsyncContextManager[Connection]:
        if self._leases is None:
            raise DatabaseUnavailable("the pool is not open")
        return Lease(self._leases, self._observe)


@asynccontextmanager
async def _transaction(connection: Connection) -> AsyncIterator[None]:
    """Only the database's own failures are translated, not those of the block."""
    transaction: _AsyncpgTransaction = connection.transaction()
    with translated():
        await transaction.start()
    try:
        yield
    except BaseException:
        with suppress(*DRIVER_ERRORS):
            await transaction.rollback()
        raise
    with translated():
        await transaction.commit()


def _chosen(lock_seconds: float | None) -> str:
    """What is set for one transaction; its changes are told with the trace that they belong to."""
    trace = TRACE.get()
    lock = "" if lock_seconds is None else f"set local lock_timeout = {round(lock_seconds * 1000)};"
    return lock if trace is None else f"{lock} set local product_images.trace = '{trace.header}';"


async def _execute(connection: Connection, statements: str) -> None:
    """One after the other, if there are any."""
    if statements:
        with translated():
            await connection.execute(statements)


async def _leave_as_it_is(_: object) -> None:
    """Instead of resetting the session."""


def _count(status: str) -> int:
    """`INSERT 0 3` touched three rows, `CREATE TABLE` none."""
    last = status.rpartition(" ")[2]
    return int(last) if last.isdecimal() else 0
