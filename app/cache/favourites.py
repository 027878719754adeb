"""Under which names the service is asked for most, as far as anybody needs to know."""

import time
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)

_MOST_WAITING: Final = 16
"""Times as many keys as are favourites are counted beside them."""


class Use:
    """How often a favourite was asked for, of late. `number` is never another's; 0 stands for nobody."""

    __slots__ = ("count", "number")

    def __init__(self, number: int, count: int) -> None:
        self.number = number
        self.count = count


NO_USE: Final = Use(0, 0)


class Favourites(Generic[K]):
    """At most so many keys, those asked for most: what is made up, and asked for once or twice, comes in only as long
    as there is room, and gives way to what is asked for again and again. Counts are halved every so many seconds.

    Others are counted as by Misra and Gries: however many there are, one that makes up a share of the questions stays
    in the count.
    """

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._uses: dict[K, Use] = {}
        self._by_number: dict[int, Use] = {}
        self._waiting: dict[K, int] = {}
        self._last = 0
        self._aged = clock()

    def asked(self, key: K) -> Use | None:
        """Counts a question; None where the key is no favourite."""
        self._age()
        use = self._uses.get(key)
        if use is not None:
            use.count += 1
            return use
        if len(self._uses) < self._most:
            return self._take_in(key, 1)
        return self._compare(key)

    def of(self, number: int) -> Use:
        """What has this number; `NO_USE` where it is no favourite any more."""
        return self._by_number.get(number, NO_USE)

    def _compare(self, key: K) -> Use | None:
        count = self._waiting.get(key, 0) + 1
        least = min(self._uses, key=lambda kept: self._uses[kept].count)
        if count > self._uses[least].count:
            del self._by_number[self._uses.pop(least).number]
            self._waiting.pop(key, None)
            return self._take_in(key, count)
        if count > 1 or len(self._waiting) < self._most * _MOST_WAITING:
            self._waiting[key] = count
        else:
            self._waiting = {other: left - 1 for other, left in self._waiting.items() if left > 1}
        return None

    def _take_in(self, key: K, count: int) -> Use:
        self._last = self._last % 0xFFFF + 1
        use = self._uses[key] = self._by_number[self._last] = Use(self._last, count)
        return use

    def _age(self) -> None:
        now = self._clock()
        if self._aged + self._seconds <= now:
            self._aged = now
            for use in self._uses.values():
                use.count //= 2
            self._waiting.clear()
