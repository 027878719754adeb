"""Tasks in the background: one way to begin, watch and end them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, TypeAlias

from app.events import CheckFailed, Observe

Work: TypeAlias = Callable[[], Awaitable[None]]

_LONGEST_PAUSE_SECONDS: Final = 5.0
_FIRST_PAUSE_SECONDS: Final = 0.1
_WELL_SECONDS: Final = 10.0
"""Work that went on for so long has recovered: the next mistake is followed by the first pause again."""


async def supervised(
    name: str, work: Work, observe: Observe, every: float | None = None, until: asyncio.Event | None = None
) -> None:
    """`work` until it returns or is cancelled, or again and again with a pause of `every` seconds. An error is told and
    counted under its name (`CheckFailed`), and the work begun again after a pause that grows. So is the cancellation of
    something that the work waits for: it is no wish that the work should end. Once `until` is set nothing begins
    again."""
    until = until or asyncio.Event()
    clock = asyncio.get_running_loop().time
    longest = _LONGEST_PAUSE_SECONDS if every is None else every
    pause = _FIRST_PAUSE_SECONDS
    while not until.is_set():
        began = clock()
        try:
            await work()
        except (Exception, asyncio.CancelledError) as error:  # whatever it was, the work must go on being done
            if is_cancelled() and isinstance(error, asyncio.CancelledError):
                raise
            with suppress(Exception):  # telling it decides nothing
                observe(CheckFailed(name, f"{type(error).__name__}: {error}"))
            if is_cancelled():
                raise asyncio.CancelledError from error
            pause = _FIRST_PAUSE_SECONDS if clock() - began > _WELL_SECONDS else min(2 * pause, longest)
            await is_set_within(until, pause)
            continue
        if every is None:
            return
        pause = _FIRST_PAUSE_SECONDS
        await is_set_within(until, every)


async def is_set_within(event: asyncio.Event, seconds: float) -> bool:
    """Whether `event` was set within that time."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


@asynccontextmanager
async def in_background(name: str, work: Work, observe: Observe, *, every: float | None = None) -> AsyncIterator[None]:
    """`supervised` work for as long as the block lasts. Whatever the work does, the block's end is clean."""
    task = asyncio.create_task(supervised(name, work, observe, every))
    try:
        yield
    finally:
        await ended(task)


async def ended(task: asyncio.Task[Any]) -> None:
    """Cancels `task` and waits for its end; the cancellation of whoever calls this is not swallowed."""
    task.cancel()
    await asyncio.wait({task})
    with suppress(asyncio.CancelledError):
        task.exception()


def is_cancelled() -> bool:
    """Whether this task was told to end, whatever its work made of that."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
