"""Tasks in the background go on whatever happens, and end when they are told to."""

import asyncio

import pytest

from app.background import in_background
from app.events import CheckFailed, Event, nobody
from tests.e2e.conftest import eventually


async def test_work_that_fails_is_told_and_begun_again() -> None:
    """An error of any kind is reported under the work's name, and the work begun again."""
    reported: list[Event] = []
    mistakes: list[Exception] = [ZeroDivisionError("a mistake"), OSError("the disc"), TimeoutError()]
    done = asyncio.Event()

    async def work() -> None:
        for mistake in mistakes:
            mistakes.remove(mistake)
            raise mistake
        done.set()
        await asyncio.Event().wait()

    async with in_background("work", work, reported.append), asyncio.timeout(10):
        await done.wait()
    assert reported == [
        CheckFailed("work", "ZeroDivisionError: a mistake"),
        CheckFailed("work", "OSError: the disc"),
        CheckFailed("work", "TimeoutError: "),
    ]


async def test_what_others_cancel_does_not_end_the_work() -> None:
    """A task that the work waits for is cancelled by somebody else: that is reported, and the work begun again."""
    reported: list[Event] = []
    done = asyncio.Event()

    async def work() -> None:
        if reported:
            done.set()
            await asyncio.Event().wait()
        awaited = asyncio.create_task(asyncio.sleep(60))
        awaited.cancel()
        await awaited

    async with in_background("work", work, reported.append), asyncio.timeout(10):
        await done.wait()
    assert reported == [CheckFailed("work", "CancelledError: ")]


async def test_what_cannot_be_told_ends_nothing_either() -> None:
    """Work whose error cannot even be told is begun again."""
    begun: list[None] = []

    def mute(_: Event) -> None:
        raise OSError("no log")

    async def work() -> None:
        begun.append(None)
        raise ValueError

    async def twice() -> bool:
        return len(begun) > 1

    async with in_background("work", work, mute):
        await eventually(twice)


async def test_work_that_has_ended_is_over_unless_it_is_to_be_done_every_while() -> None:
    """Work that returns is not begun again, but for what is to be done again and again."""
    begun: list[str] = []

    async def once() -> None:
        begun.append("once")

    async def often() -> None:
        begun.append("often")

    async def is_often() -> bool:
        return begun.count("often") > 2

    async with in_background("once", once, nobody), in_background("often", often, nobody, every=0.01):
        await eventually(is_often)
    assert begun.count("once") == 1


@pytest.mark.parametrize("error", [ValueError("late"), asyncio.CancelledError()])
async def test_the_end_of_a_block_is_clean(error: BaseException) -> None:
    """Whatever work does as it is ended, the block ends as it would without it."""
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            raise error

    async with asyncio.timeout(10):
        async with in_background("work", work, nobody):
            await begun.wait()


async def test_a_cancelled_block_stays_cancelled() -> None:
    """Who is cancelled while the work ends is cancelled, and the work has ended."""
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def block() -> None:
        async with in_background("work", work, nobody):
            await asyncio.Event().wait()

    task = asyncio.create_task(block())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
