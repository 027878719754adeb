"""Questions that come while others are being answered are put together."""

import asyncio
from collections.abc import Sequence

import pytest

from app.errors import DatabaseUnavailable
from app.service.batches import Batches


class Oracle:
    """Doubles numbers once it may; fails at negative ones, and altogether when it is away."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.may_answer = asyncio.Event()
        self.is_away = False

    async def __call__(self, questions: Sequence[int]) -> list[int]:
        self.asked.append(list(questions))
        await self.may_answer.wait()
        if self.is_away:
            raise DatabaseUnavailable
        if min(questions) < 0:
            raise ValueError("negative")
        return [2 * question for question in questions]


async def ask(batches: Batches[int, int], *questions: int) -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(batches.answer(question)) for question in questions]
    await asyncio.sleep(0)
    return tasks


@pytest.fixture
def oracle() -> Oracle:
    return Oracle()


async def test_who_finds_a_lane_free_asks_at_once(oracle: Oracle) -> None:
    """As many as there are lanes do not wait for one another; the others are put together."""
    batches = Batches(oracle, lanes=2)
    tasks = await ask(batches, 1, 2, 3, 4, 5)
    assert oracle.asked == [[1], [2]]
    oracle.may_answer.set()

    assert await asyncio.gather(*tasks) == [2, 4, 6, 8, 10]
    assert oracle.asked == [[1], [2], [3, 4, 5]]


async def test_a_lane_is_free_again_after_a_batch(oracle: Oracle) -> None:
    """Once nobody waits, the next question goes alone and at once."""
    batches = Batches(oracle, lanes=1)
    tasks = await ask(batches, 1, 2)
    oracle.may_answer.set()
    await asyncio.gather(*tasks)
    oracle.may_answer.clear()

    task, *_ = await ask(batches, 3, 4)
    assert oracle.asked == [[1], [2], [3]]
    oracle.may_answer.set()
    assert await task == 6


async def test_a_batch_has_a_bound(oracle: Oracle) -> None:
    """However many wait, no statement is of any length; all are answered."""
    batches = Batches(oracle, lanes=1)
    tasks = await ask(batches, *range(200))
    oracle.may_answer.set()

    assert await asyncio.gather(*tasks) == [2 * number for number in range(200)]
    assert [len(asked) for asked in oracle.asked] == [1, 64, 64, 64, 7]


async def test_a_question_that_cannot_be_answered_fails_alone(oracle: Oracle) -> None:
    """The others of its batch get their answers."""
    batches = Batches(oracle, lanes=1)
    tasks = await ask(batches, 1, 2, -3, 4)
    oracle.may_answer.set()
    one, two, three, four = await asyncio.gather(*tasks, return_exceptions=True)

    assert (one, two, four) == (2, 4, 8)
    assert isinstance(three, ValueError)


async def test_a_database_that_is_away_is_asked_once(oracle: Oracle) -> None:
    """All who wait hear of it together, rather than one after the other."""
    oracle.is_away = True
    batches = Batches(oracle, lanes=1)
    tasks = await ask(batches, 1, 2, 3)
    oracle.may_answer.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(answer) for answer in answers] == [DatabaseUnavailable] * 3
    assert oracle.asked == [[1], [2, 3]]


async def test_who_leaves_takes_nobody_along(oracle: Oracle) -> None:
    """A lane goes on when the one who took it is cancelled, and those who left are not asked for."""
    batches = Batches(oracle, lanes=1)
    first, second, third = await ask(batches, 1, 2, 3)
    first.cancel()
    second.cancel()
    await asyncio.sleep(0)
    oracle.may_answer.set()

    assert await third == 6
    assert oracle.asked == [[1], [3]]
