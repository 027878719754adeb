"""Work that many ask for at once is done once."""

import asyncio

import pytest

from app.service.flight import SingleFlight


class Work:
    """Says how often it was begun, and ends when it is told to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.begun = 0
        self.may_end = asyncio.Event()
        self._error = error

    async def __call__(self) -> int:
        self.begun += 1
        await self.may_end.wait()
        if self._error:
            raise self._error
        return self.begun


async def ask(flights: SingleFlight[str, int], work: Work, times: int) -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(flights.run_here("a", work)) for _ in range(times)]
    await asyncio.sleep(0)
    return tasks


async def test_those_who_ask_meanwhile_get_the_first_ones_result() -> None:
    """One run serves all who asked before its end; who asks later begins anew."""
    flights: SingleFlight[str, int] = SingleFlight()
    work = Work()
    tasks = await ask(flights, work, 3)
    work.may_end.set()

    assert await asyncio.gather(*tasks) == [1, 1, 1]
    assert await flights.run_here("a", work) == 2


async def test_an_error_is_everybodys() -> None:
    """What the work raises is raised for each of those who wait."""
    flights: SingleFlight[str, int] = SingleFlight()
    work = Work(ValueError("told"))
    tasks = await ask(flights, work, 2)
    work.may_end.set()

    for task in tasks:
        with pytest.raises(ValueError, match="told"):
            await task


async def test_those_who_wait_for_one_who_is_cancelled_begin_anew() -> None:
    """The work is in the hands of the first; the next takes over."""
    flights: SingleFlight[str, int] = SingleFlight()
    work = Work()
    first, second, third = await ask(flights, work, 3)
    first.cancel()
    await asyncio.wait([first])
    work.may_end.set()

    assert first.cancelled()
    assert await asyncio.gather(second, third) == [2, 2]


async def test_one_who_waits_may_be_cancelled() -> None:
    """It is nobody else's loss."""
    flights: SingleFlight[str, int] = SingleFlight()
    work = Work()
    first, second = await ask(flights, work, 2)
    second.cancel()
    await asyncio.wait([second])
    work.may_end.set()

    assert second.cancelled()
    assert await first == 1


async def test_nobody_joins_what_was_detached() -> None:
    """Who asks after a change does not get what was begun before it."""
    flights: SingleFlight[str, int] = SingleFlight()
    work = Work()
    first = await ask(flights, work, 1)
    flights.detach()
    second = await ask(flights, work, 1)
    work.may_end.set()

    assert await asyncio.gather(*first, *second) == [2, 2]
    assert work.begun == 2
