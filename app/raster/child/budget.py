"""Bounds how many pixels are worked on at a time."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class PixelBudget:
    """First come, first served. One image is always let in, however large."""

    def __init__(self, pixels: int) -> None:
        self._free = pixels
        self._whole = pixels
        self._queue: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def take(self, pixels: int) -> AsyncIterator[None]:
        """Holds `pixels` of the budget, waiting until they are free."""
        amount = min(pixels, self._whole)
        await self._acquire(amount)
        try:
            yield
        finally:
            self._give_back(amount)

    async def _acquire(self, amount: int) -> None:
        if not self._queue and amount <= self._free:
            self._free -= amount
            return
        turn = asyncio.get_running_loop().create_future()
        self._queue.append((amount, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give_back(amount)
            raise

    def _give_back(self, amount: int) -> None:
        self._free += amount
        while self._queue and (self._queue[0][1].done() or self._queue[0][0] <= self._free):
            wanted, turn = self._queue.popleft()
            if not turn.done():
                self._free -= wanted
                turn.set_result(None)
