"""When a delivery that was not taken is tried again: pure. Source: native.md, section 8."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (0, 5, 60, 10 * 60, 60 * 60, 6 * 60 * 60, 24 * 60 * 60))
"""Before each try, counted from the end of the one before."""
SELDOMEST: Final = timedelta(minutes=10)
"""The longest pause while a receiver takes nothing at all."""
LONGEST_FAILURE: Final = timedelta(days=5)
"""After so long without anything taken a webhook is disabled."""
MANY: Final = 3
"""So many deliveries that were not taken in a row are a receiver's failure, and no longer one of each."""

Jitter = Callable[[], float]
"""A factor from 0.8 to 1.2, so that those who failed together do not come back together."""


def pause_of_one(refused: int, jitter: Jitter) -> timedelta | None:
    """Of a delivery that was refused so often while others passed; None: it is given up."""
    return PAUSES[refused] * jitter() if refused < len(PAUSES) else None


def pause_of_all(tried: int, jitter: Jitter) -> timedelta:
    """Of a delivery that was tried so often by a receiver that takes nothing."""
    return min(PAUSES[min(tried, len(PAUSES) - 1)], SELDOMEST) * jitter()
