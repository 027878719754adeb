"""A request whose change is committed together with its answer: all transactions of its task are one.

Handlers and what they call know nothing of it. They open transactions as ever; the commit is left to whoever keeps the
answer.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from app.db.pool import Transaction


class Unit:
    """For the task that makes it; tasks that it begins are not part of it. `opened` is called when the transaction has
    begun, before anything is done in it, and may refuse. `touched` are ids of images that were changed in it."""

    def __init__(self, opened: Callable[["Transaction"], Awaitable[None]]) -> None:
        self._opened = opened
        self._task = asyncio.current_task()
        self._open = AsyncExitStack()
        self._later: list[Callable[[], None]] = []
        self.transaction: Transaction | None = None
        self.touched = set[int]()

    @contextmanager
    def bound(self) -> Iterator[None]:
        """For as long as the block lasts the task's transactions are this one."""
        token = _UNIT.set(self)
        try:
            yield
        finally:
            _UNIT.reset(token)

    @property
    def is_here(self) -> bool:
        return asyncio.current_task() is self._task

    @asynccontextmanager
    async def joined(self, begun: AbstractAsyncContextManager["Transaction"]) -> AsyncIterator["Transaction"]:
        """The transaction, which is `begun` where it has not yet; nothing of the block is left when it raises: where it
        is not the first, what came before it is, for whoever goes on after the error."""
        if self.transaction is not None:
            async with self.transaction.savepoint():
                yield self.transaction
            return
        try:
            self.transaction = await self._open.enter_async_context(begun)
            await self._opened(self.transaction)
            yield self.transaction
        except BaseException as error:
            await self.roll_back(error)
            raise

    async def commit(self) -> None:
        """Raises what a commit raises."""
        try:
            await self._parted().aclose()
        finally:
            self._drop()

    async def roll_back(self, error: BaseException | None = None) -> None:
        """Nothing, where all is committed or nothing was done."""
        error = error or _GivenUp()
        try:
            await self._parted().__aexit__(type(error), error, error.__traceback__)
        finally:
            self._drop()

    def once_ended(self, work: Callable[[], None]) -> None:
        self._later.append(work)

    def _parted(self) -> AsyncExitStack:
        opened, self._open, self.transaction = self._open, AsyncExitStack(), None
        self.touched = set()
        return opened

    def _drop(self) -> None:
        later, self._later = self._later, []
        for work in later:
            work()


class _GivenUp(Exception):
    """Rolls a transaction back."""


_UNIT: Final[ContextVar[Unit | None]] = ContextVar("unit", default=None)


def unit_here() -> Unit | None:
    """The unit that this task works for."""
    unit = _UNIT.get()
    return unit if unit is not None and unit.is_here else None


def once_ended(work: Callable[[], None]) -> None:
    """Has `work`, which forgets what a change made out of date, done once the change is committed: now, or when the
    unit ends, however it does."""
    unit = unit_here()
    if unit is not None and unit.transaction is not None:
        unit.once_ended(work)
    else:
        work()
