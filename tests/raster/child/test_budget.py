"""No picture keeps others from being looked at or built for as long as it takes."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from app.model import Facts
from app.raster.child.budget import Budgets, PixelBudget

LONGEST = Facts("gif", 400, 250, frames=1000)
WIDE = Facts("gif", 8000, 6000, frames=2)
LARGEST = Facts("jpeg", 12_000, 10_000)
PHOTO = Facts("jpeg", 6000, 4000)
Take = Callable[[Budgets, Facts], AbstractAsyncContextManager[None]]


def _to_inspect(budgets: Budgets, facts: Facts) -> AbstractAsyncContextManager[None]:
    return budgets.to_inspect(facts)


def _by_a_job(budgets: Budgets, facts: Facts) -> AbstractAsyncContextManager[None]:
    return budgets.to_build(facts, waited_for=False)


def _for_a_reader(budgets: Budgets, facts: Facts) -> AbstractAsyncContextManager[None]:
    return budgets.to_build(facts, waited_for=True)


async def _holding(took: AbstractAsyncContextManager[None], entered: asyncio.Event) -> None:
    async with took:
        entered.set()
        await asyncio.Event().wait()


async def _settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def _ended(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _begun(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.create_task(work)


@pytest.mark.parametrize(
    ("before", "after", "others"),
    [
        (_to_inspect, _to_inspect, [LONGEST] * 3),
        (_by_a_job, _for_a_reader, [LONGEST] * 3),
        (_by_a_job, _for_a_reader, [LARGEST] * 3),
        (_by_a_job, _for_a_reader, [WIDE, PHOTO, LONGEST]),
        (_for_a_reader, _for_a_reader, [LONGEST]),
        (_for_a_reader, _for_a_reader, [LARGEST]),
    ],
)
async def test_a_photograph_goes_beside_the_largest(before: Take, after: Take, others: list[Facts]) -> None:
    """However many large pictures are at work or wait, an ordinary one is let in at once."""
    budgets, entered = Budgets(150_000_000), asyncio.Event()
    tasks = [_begun(_holding(before(budgets, facts), asyncio.Event())) for facts in others]
    await _settled()
    tasks.append(_begun(_holding(after(budgets, PHOTO), entered)))
    await _settled()
    assert entered.is_set()
    await _ended(*tasks)


@pytest.mark.parametrize("facts", [LONGEST, WIDE, LARGEST])
async def test_a_small_upload_goes_beside_any_other(facts: Facts) -> None:
    """One picture alone takes two thirds of what there is for uploads at most."""
    budgets, entered = Budgets(150_000_000), asyncio.Event()
    first = _begun(_holding(budgets.to_inspect(facts), asyncio.Event()))
    await _settled()
    second = _begun(_holding(budgets.to_inspect(Facts("jpeg", 4000, 3000)), entered))
    await _settled()
    assert entered.is_set()
    await _ended(first, second)


async def test_who_leaves_the_line_lets_those_behind_in() -> None:
    """What fits goes in as soon as the one before it, which does not, waits no more."""
    budget, entered = PixelBudget(10), asyncio.Event()
    async with budget.take(5):
        waiting = _begun(_holding(budget.take(10), asyncio.Event()))
        await _settled()
        behind = _begun(_holding(budget.take(5), entered))
        await _settled()
        assert not entered.is_set()
        await _ended(waiting)
        assert entered.is_set()
        await _ended(behind)
    async with asyncio.timeout(1), budget.take(10):
        pass
