"""Renditions that somebody asks for before they are there: who may have how many built, and when once more."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Final

from app.errors import CodecFailed, CodecsUnavailable, RenditionDelayed
from app.service.flight import Slots

PER_ADDRESS: Final = 2
"""Builds in further formats for one address at a time."""

_FIRST_PAUSE: Final = 60.0
_LONGEST_PAUSE: Final = 3600.0
_MOST_REMEMBERED: Final = 10_000


class Guests:
    """Places for what could be done without: `limit` altogether, two for one address."""

    def __init__(self, limit: int) -> None:
        self._slots = Slots(limit)
        self._of: dict[str, Slots] = {}

    @contextmanager
    def place(self, address: str) -> Iterator[None]:
        """Busy where none is left. Those whose address nobody tells have two together."""
        theirs = self._of.setdefault(address, Slots(PER_ADDRESS))
        try:
            with self._slots.take(), theirs.take():
                yield
        finally:
            if not theirs.taken:
                self._of.pop(address, None)


class Delays:
    """What the codecs did not manage is not tried again at once: after a minute, then after two, up to an hour."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()
        """Key → when it may be tried again, and the pause that led there."""

    def require_due(self, key: Hashable) -> None:
        """RenditionDelayed while it is too early for another try."""
        until, _ = self._known.get(key, (0.0, 0.0))
        left = until - self._clock()
        if left > 0:
            raise RenditionDelayed("it took too long a while ago", round(left) + 1)

    @contextmanager
    def one_try(self, key: Hashable) -> Iterator[None]:
        """Remembers how the block ends; RenditionDelayed takes the place of what the codecs say."""
        self.require_due(key)
        try:
            yield
        except (CodecFailed, CodecsUnavailable) as error:
            raise RenditionDelayed(str(error), round(self._put_off(key))) from error
        self._known.pop(key, None)

    def _put_off(self, key: Hashable) -> float:
        _, before = self._known.pop(key, (0.0, 0.0))
        pause = min(max(_FIRST_PAUSE, 2 * before), _LONGEST_PAUSE)
        self._known[key] = self._clock() + pause, pause
        if len(self._known) > _MOST_REMEMBERED:
            self._known.popitem(last=False)
        return pause
