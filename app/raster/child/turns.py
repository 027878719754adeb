"""Who works next: pictures on their way in before pictures on their way out."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Literal

Turn = Literal["inspect", "build", "long", "further"]
"""An upload that its owner waits for; a rendition; one that nobody waits for and that may take minutes; a rendition in
a further format, which could be done without."""

_ORDER: Final[tuple[Turn, ...]] = ("inspect", "build", "long", "further")


class Turns:
    """Lets so many `builders` work at a time, and one more that only inspects. What takes long and further formats
    leave a builder, where there are several, to everything else. Each kind is served in the order in which it came."""

    def __init__(self, builders: int) -> None:
        self._room: dict[Turn, int] = {
            "inspect": builders + 1,
            "build": builders,
            "long": max(1, builders - 1),
            "further": max(1, builders - 1),
        }
        self._taken: dict[Turn, int] = dict.fromkeys(_ORDER, 0)
        """With those of the kinds behind it, which all count against its room."""
        self._waiting: dict[Turn, deque[asyncio.Future[None]]] = {turn: deque() for turn in _ORDER}

    @property
    def taken(self) -> int:
        """How many are at work."""
        return self._taken["inspect"]

    @property
    def limit(self) -> int:
        """How many may be at work."""
        return self._room["inspect"]

    @asynccontextmanager
    async def take(self, turn: Turn) -> AsyncIterator[None]:
        """A turn, once it has come, for as long as the block lasts."""
        await self._come(turn)
        try:
            yield
        finally:
            self._count(turn, -1)
            self._call()

    async def _come(self, turn: Turn) -> None:
        if not self._waiting[turn] and self._has_room(turn):
            self._count(turn, 1)
            return
        called = asyncio.get_running_loop().create_future()
        self._waiting[turn].append(called)
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():
                self._count(turn, -1)
                self._call()
            raise

    def _call(self) -> None:
        for turn in _ORDER:
            waiting = self._waiting[turn]
            while waiting and (waiting[0].done() or self._has_room(turn)):
                called = waiting.popleft()
                if not called.done():
                    self._count(turn, 1)
                    called.set_result(None)

    def _has_room(self, turn: Turn) -> bool:
        return all(self._taken[level] < self._room[level] for level in _up_to(turn))

    def _count(self, turn: Turn, change: int) -> None:
        for level in _up_to(turn):
            self._taken[level] += change


def _up_to(turn: Turn) -> tuple[Turn, ...]:
    return _ORDER[: _ORDER.index(turn) + 1]
