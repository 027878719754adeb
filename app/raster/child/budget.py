"""Bounds how many pixels are worked on at a time."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Self

from app.model import Facts
from app.raster.child.allowance import held_at_once, pixels_of


class PixelBudget:
    """First come, first served. One image is always let in, however large: it counts for at `most` so many pixels
    (None: all). What is taken of a budget `within` another one is taken of that, too."""

    def __init__(self, pixels: int, *, most: int | None = None, within: Self | None = None) -> None:
        self._free = pixels
        self._most = pixels if most is None else most
        self._within = within
        self._queue: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def take(self, pixels: int) -> AsyncIterator[None]:
        """Holds `pixels` of the budget, waiting until they are free."""
        amount = min(pixels, self._most)
        await self._acquire(amount)
        try:
            async with self._within.take(amount) if self._within else nullcontext():
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
            self._give_back(amount if turn.done() and not turn.cancelled() else 0)  # those behind may fit now
            raise

    def _give_back(self, amount: int) -> None:
        self._free += amount
        while self._queue and (self._queue[0][1].done() or self._queue[0][0] <= self._free):
            wanted, turn = self._queue.popleft()
            if not turn.done():
                self._free -= wanted
                turn.set_result(None)


class Budgets:
    """For `pixels` at a time, a third of which is left to uploads. No picture takes so much of either part that no
    other one can go on beside it, for however long: neither a long animation nor what nobody waits for."""

    def __init__(self, pixels: int) -> None:
        inspected = max(1, pixels // 3)
        built = pixels - inspected
        self._inspected = PixelBudget(inspected, most=2 * inspected // 3)
        self._frames = PixelBudget(2 * inspected // 3)
        self._built = PixelBudget(built, most=built // 2)
        self._of_jobs = PixelBudget(built // 2, within=self._built)

    @asynccontextmanager
    async def to_inspect(self, facts: Facts) -> AsyncIterator[None]:
        """Long animations come one after the other, which takes only them their time."""
        async with (
            self._frames.take(pixels_of(facts)) if facts.frames > 1 else nullcontext(),
            self._inspected.take(held_at_once(facts)),
        ):
            yield

    @asynccontextmanager
    async def to_build(self, facts: Facts, *, waited_for: bool) -> AsyncIterator[None]:
        async with (self._built if waited_for else self._of_jobs).take(pixels_of(facts)):
            yield
