"""How far a replica must have come before it may show a family of products again."""

import asyncio
import time
from collections.abc import Iterable
from typing import Final

from app.background import is_set_within
from app.db.pool import Database
from app.db.replica.standing import Line, Standing, standing_of

Family = int | None
"""A root product's id; None: that something is unknown."""

MOST: Final = 10_000
"""Families with a position of their own; beyond it all need what the last of them needs."""
_PAUSE_SECONDS: Final = 0.02
"""Between two questions to the primary, so that a rush of changes asks few; meanwhile the primary is read."""
_AGE_SECONDS: Final = 10.0
"""How old a replica may show what changed without anybody being told, as where triggers were switched off."""


class Positions:
    """`dropped` tells what was heard of, or written here. `run` asks the primary, and never ends."""

    def __init__(self, primary: Database) -> None:
        self._primary = primary
        self._clock = 0
        self._asking = -1
        """When the question was sent whose answer is on its way."""
        self._open: dict[Family, int] = {}
        """What was dropped since the primary was asked, and when."""
        self._all_open: int | None = 0
        self._all_dropped_at = time.monotonic()
        self._needed: dict[Family, int] = {}
        self._floor = 0
        self.last = 0
        """What the primary said last: nothing needs more."""
        self._wanted = asyncio.Event()
        self._wanted.set()
        self.line: Line | None = None
        """That of the primary."""

    def dropped(self, families: Iterable[Family]) -> None:
        self._clock += 1
        self._open.update(dict.fromkeys(families, self._clock))
        if len(self._open) > MOST:
            self._all_open = self._clock
            self._open.clear()
        self._wanted.set()

    def shown(self, families: Iterable[Family]) -> None:
        """By the primary: that is not taken back, though nobody has told yet that they changed. What waits for the next
        question goes on waiting, so that who is asked for all the time is not the primary's for ever."""
        if unsaid := [family for family in families if self._open.get(family, -1) <= self._asking]:
            self.dropped(unsaid)

    def dropped_all(self) -> None:
        """Also whenever changes may have been missed."""
        self._clock += 1
        self._all_open = self._clock
        self._all_dropped_at = time.monotonic()
        self._open.clear()
        self._wanted.set()

    @property
    def floor(self) -> int | None:
        """What every family needs; None: nobody knows yet."""
        return self._floor if self._all_open is None else None

    def needed(self, families: Iterable[Family]) -> int | None:
        """What all of these need; None: nobody knows yet."""
        families = tuple(families)
        if self._all_open is not None or not self._open.keys().isdisjoint(families):
            return None
        return max([self._floor, *(self._needed.get(family, 0) for family in families)])

    def needed_by_any(self) -> int | None:
        """What shows all that was ever heard of needs; None: nobody knows yet."""
        return None if self._open or self._all_open is not None else self.last

    async def run(self) -> None:
        while True:
            await is_set_within(self._wanted, max(0, self._all_dropped_at + _AGE_SECONDS - time.monotonic()))
            if time.monotonic() - self._all_dropped_at >= _AGE_SECONDS:
                self.dropped_all()
            self._wanted.clear()
            try:
                await self.ask()
            except BaseException:
                self._wanted.set()
                raise
            await asyncio.sleep(_PAUSE_SECONDS)

    async def ask(self) -> None:
        """Raises DatabaseUnavailable."""
        asked_at = self._asking = self._clock
        try:
            row = await self._primary.fetchrow("primary_standing")
        finally:
            self._asking = -1
        assert row is not None
        self._learn(standing_of(row), asked_at)

    def _learn(self, standing: Standing, asked_at: int) -> None:
        """What was dropped before the primary was asked needs what it said."""
        is_another_line = standing.line != self.line
        self.line, self.last = standing.line, standing.position
        covered = [family for family, dropped_at in self._open.items() if dropped_at <= asked_at]
        for family in covered:
            del self._open[family]
        are_all_covered = self._all_open is not None and self._all_open <= asked_at
        if are_all_covered:
            self._all_open = None
        if are_all_covered or is_another_line:
            self._rise(standing.position)
            return
        self._needed.update(dict.fromkeys(covered, standing.position))
        if len(self._needed) > MOST:
            self._rise(standing.position)

    def _rise(self, position: int) -> None:
        self._floor = position
        self._needed.clear()
