"""Few places, one for each address, and short lines."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from app.errors import Busy
from app.service.pictures.strangers import LONGEST_LINE, MOST_WAITING, PLACES, Strangers


class Callers:
    """Callers who keep their places until they are sent away."""

    def __init__(self) -> None:
        self.strangers = Strangers()
        self.refused = 0
        self.served: list[str] = []
        self._tasks: list[tuple[str, asyncio.Task[None]]] = []
        self._leave: dict[asyncio.Task[None], asyncio.Event] = {}

    async def come(self, address: str, number: int = 1) -> None:
        for _ in range(number):
            leave = asyncio.Event()
            task = asyncio.create_task(self._stay(address, leave))
            self._tasks.append((address, task))
            self._leave[task] = leave
        await asyncio.sleep(0.01)

    async def leave(self) -> None:
        """All, each as soon as he has had his place."""
        for leave in self._leave.values():
            leave.set()
        await asyncio.gather(*self._leave, return_exceptions=True)

    async def _stay(self, address: str, leave: asyncio.Event) -> None:
        try:
            async with self.strangers.place(address):
                self.served.append(address)
                await leave.wait()
        except Busy:
            self.refused += 1


async def test_there_are_few_places_whoever_comes() -> None:
    """Beyond the places callers of further addresses are sent away at once."""
    callers = Callers()
    for number in range(6):
        await callers.come(f"10.0.0.{number}")
    assert (callers.strangers.slots.taken, callers.refused) == (PLACES, 6 - PLACES)
    await callers.leave()
    assert callers.strangers.slots.taken == 0


async def test_one_address_has_one_place_and_its_others_wait() -> None:
    """The next file of an address waits for the one before; another address has a place meanwhile."""
    callers = Callers()
    await callers.come("10.0.0.1", 3)
    await callers.come("10.0.0.2")
    assert (callers.served, callers.refused) == (["10.0.0.1", "10.0.0.2"], 0)
    await callers.leave()
    assert sorted(callers.served) == ["10.0.0.1"] * 3 + ["10.0.0.2"]


async def test_lines_are_short() -> None:
    """So many wait for the one before, and the next one is sent away; altogether not many more."""
    callers = Callers()
    await callers.come("10.0.0.1", 2 * LONGEST_LINE)
    assert callers.strangers.waiting == LONGEST_LINE
    assert callers.refused == LONGEST_LINE - 1
    await callers.leave()
    assert callers.strangers.waiting == 0


async def test_all_lines_together_are_bounded() -> None:
    """However many addresses callers have, the lines of all hold a bounded number."""
    strangers = Strangers()
    async with AsyncExitStack() as stack:
        for number in range(PLACES):
            await stack.enter_async_context(strangers.place(f"10.0.0.{number}"))
        callers = Callers()
        callers.strangers = strangers
        for number in range(PLACES):
            await callers.come(f"10.0.0.{number}", 3 * MOST_WAITING)
        assert strangers.waiting <= MOST_WAITING
    await callers.leave()


async def test_who_leaves_the_line_makes_room() -> None:
    """A caller who gives up while he waits is forgotten."""
    strangers = Strangers()
    async with strangers.place("10.0.0.1"):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05), strangers.place("10.0.0.1"):
                raise AssertionError
        assert strangers.waiting == 0
    async with strangers.place("10.0.0.1"):
        assert strangers.slots.taken == 1
