"""How many lines a log gets of what happens more often than anybody reads."""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

LINES: Final = 20
"""Lines of one kind that are let through in each period."""
PERIOD: Final = 60.0
"""Seconds."""


@dataclass(slots=True)
class _Kind:
    began: float
    lines: int = 0
    left_out: int = 0


class LineSample:
    """Lets the first lines of each kind through, in each period. Kinds are few: none is ever forgotten."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kinds: dict[Hashable, _Kind] = {}

    def admit(self, kind: Hashable) -> int | None:
        """How many lines of this kind were left out since the last one; None where this one is left out, too."""
        now = self._clock()
        of_kind = self._kinds.setdefault(kind, _Kind(now))
        if of_kind.began + PERIOD <= now:
            of_kind.began, of_kind.lines = now, 0
        if of_kind.lines >= LINES:
            of_kind.left_out += 1
            return None
        of_kind.lines += 1
        left_out, of_kind.left_out = of_kind.left_out, 0
        return left_out
