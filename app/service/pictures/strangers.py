"""Api for files of callers who are not known yet: little of it, and out of the way of everybody who is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from app.errors import Busy
from app.service.flight import Slots

PLACES: Final = 2
"""Files of strangers on their way in at a time."""
LONGEST_LINE: Final = 8
"""Who may wait, of one address, for the file before."""
MOST_WAITING: Final = 32
"""Who may wait altogether."""
_PATIENCE: Final = 30.0
"""Seconds of waiting."""


@dataclass(slots=True)
class _Line:
    """Those of one address: the first has his turn, the others wait."""

    length: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Strangers:
    """A place for one file at a time of each address, and two files altogether. Who waits holds nothing."""

    def __init__(self) -> None:
        self.slots = Slots(PLACES)
        self._lines: dict[str, _Line] = {}

    @property
    def waiting(self) -> int:
        return sum(line.length - 1 for line in self._lines.values())

    @asynccontextmanager
    async def place(self, address: str) -> AsyncIterator[None]:
        """A place for as long as the block lasts, once the file before from `address` is through; Busy where others
        have all places, or too many wait, or for too long."""
        async with self._turn(address):
            with self.slots.take():
                yield

    @asynccontextmanager
    async def _turn(self, address: str) -> AsyncIterator[None]:
        line = self._lines.get(address) or _Line()
        if line.length > LONGEST_LINE or (line.length and self.waiting >= MOST_WAITING):
            raise Busy("too many files wait for the one before")
        self._lines[address] = line
        line.length += 1
        try:
            await _acquire(line.turn)
            try:
                yield
            finally:
                line.turn.release()
        finally:
            line.length -= 1
            if not line.length:
                del self._lines[address]


async def _acquire(turn: asyncio.Lock) -> None:
    try:
        async with asyncio.timeout(_PATIENCE):
            await turn.acquire()
    except TimeoutError as error:
        raise Busy("the file before takes its time") from error
