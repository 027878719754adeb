"""Questions that come while others are being answered are put together, and cost little more than one."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from app.errors import DatabaseUnavailable

Q = TypeVar("Q")
A = TypeVar("A")

_MOST: Final = 64
"""Questions put together, so that none waits for an answer of any length."""


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Q, A]):
    question: Q
    turn: asyncio.Future[A]


class Batches(Generic[Q, A]):
    """At most `lanes` runs of `ask` at a time, which answers each of the questions that it is given, in order.

    Who finds a lane free asks at once and alone, so nobody waits for company; all others are taken along by the
    next run that begins. A question that `ask` fails at fails alone.
    """

    def __init__(self, ask: Callable[[Sequence[Q]], Awaitable[Sequence[A]]], lanes: int) -> None:
        self._ask = ask
        self._free = lanes
        self._waiting: deque[_Waiting[Q, A]] = deque()
        self._drains: set[asyncio.Task[None]] = set()

    async def answer(self, question: Q) -> A:
        """Raises what `ask` raises."""
        if not self._free:
            turn: asyncio.Future[A] = asyncio.get_running_loop().create_future()
            self._waiting.append(_Waiting(question, turn))
            return await turn
        self._free -= 1
        try:
            return (await self._ask((question,)))[0]
        finally:
            self._leave_lane()

    def _leave_lane(self) -> None:
        """To those who wait, in a task of nobody's request: it goes on when who began it is cancelled."""
        if not self._waiting:
            self._free += 1
            return
        drain = asyncio.create_task(self._drain(), context=Context())
        self._drains.add(drain)
        drain.add_done_callback(self._drains.discard)

    async def _drain(self) -> None:
        try:
            while batch := self._next():
                await self._settle(batch)
        finally:
            self._free += 1

    def _next(self) -> list[_Waiting[Q, A]]:
        batch: list[_Waiting[Q, A]] = []
        while self._waiting and len(batch) < _MOST:
            one = self._waiting.popleft()
            if not one.turn.done():  # who asked may have gone
                batch.append(one)
        return batch

    async def _settle(self, batch: Sequence[_Waiting[Q, A]]) -> None:
        try:
            answers = await self._ask([one.question for one in batch])
        except Exception as error:  # whatever it is, it is for those who asked
            await self._refuse(batch, error)
            return
        for one, answer in zip(batch, answers, strict=True):
            if not one.turn.done():
                one.turn.set_result(answer)

    async def _refuse(self, batch: Sequence[_Waiting[Q, A]], error: Exception) -> None:
        if len(batch) > 1 and not isinstance(error, DatabaseUnavailable):
            for one in batch:
                await self._settle((one,))
            return
        for one in batch:
            if not one.turn.done():
                one.turn.set_exception(error)
