"""How one process fared in each minute of the last hour."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from app.events import RequestServed, RequestsServed

_MOST: Final = 60
_MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class Sample:
    """The minute that began `at`: how many requests were answered, how many of them with 500 or more, and how long all
    of them took together; the most jobs that waited, and how long the oldest had; None where nobody looked."""

    at: datetime
    requests: int
    failed: int
    seconds: float
    waiting: int | None = None
    oldest_seconds: float | None = None


class Minutes:
    """Hears of every request, and of the queue; minutes without either have no sample."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._past: deque[Sample] = deque(maxlen=_MOST)
        self._minute = 0
        self._requests, self._failed, self._seconds = 0, 0, 0.0
        self._queue: tuple[int, float] | None = None

    def queued(self, waiting: int, oldest: float) -> None:
        """So many jobs wait, the oldest for so many seconds."""
        self._turn()
        most = self._queue or (0, 0.0)
        self._queue = max(waiting, most[0]), max(round(oldest, 3), most[1])

    def served(self, event: RequestServed) -> None:
        self._turn()
        self._requests += 1
        self._failed += event.status >= 500
        self._seconds += event.seconds

    def served_several(self, event: RequestsServed) -> None:
        self._turn()
        self._requests += len(event.seconds)
        self._failed += len(event.seconds) if event.status >= 500 else 0
        self._seconds += sum(event.seconds)

    def samples(self) -> list[Sample]:
        """Those that have ended, the oldest first."""
        self._turn()
        oldest = (self._minute - _MOST) * _MINUTE
        return [sample for sample in self._past if sample.at.timestamp() >= oldest]

    def _turn(self) -> None:
        minute = int(self._clock()) // _MINUTE
        if minute == self._minute:
            return
        if self._requests or self._queue:
            at = datetime.fromtimestamp(self._minute * _MINUTE, UTC)
            self._past.append(Sample(at, self._requests, self._failed, round(self._seconds, 3), *(self._queue or ())))
        self._minute, self._requests, self._failed, self._seconds = minute, 0, 0, 0.0
        self._queue = None
