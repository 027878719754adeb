"""The head of the feed in one process: read once, by whoever it is followed, since all see the same.

Nothing is put aside for anybody: a follower is a place in the feed. Those at its head share what was read of it last;
who fell behind that reads on by himself, as fast as he takes it, until he has come up.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final, Generic, TypeVar

from app.background import is_set_within
from app.service.feed.cursors import Cursor
from app.service.feed.events import Event
from app.service.feed.kinds import EVERYTHING, Selection
from app.service.feed.reader import EventReader, Page
from app.service.flight import Slots

CATALOGUE_LOG: Final = "catalogue_log"
"""The channel that tells of new rows in the log."""

B = TypeVar("B", bound=Hashable)

_KEPT: Final = 1000
"""Events of the head that are shared."""
_AT_ONCE: Final = 200
"""Events of a page."""
_BEHIND_SECONDS: Final = 0.25
"""Pause before the head is looked at again while transactions are under way: who rolls back tells nobody."""
_SELDOM_SECONDS: Final = 5.0
"""The same while nothing is told."""
_VIEWS: Final = 4
"""Ways to present an event that are remembered: as many hosts as are commonly asked by."""


class Shared(Generic[B]):
    """An event with its bytes, made once for each way to see it."""

    def __init__(self, event: Event, present: Callable[[Event, B], bytes]) -> None:
        self.event = event
        self._present = present
        self._views: dict[B, bytes] = {}

    def as_seen(self, view: B) -> bytes:
        found = self._views.get(view)
        if found is None:
            found = self._present(self.event, view)
            if len(self._views) < _VIEWS:
                self._views[view] = found
        return found


class Follower(Generic[B]):
    """At most `limit` follow at a time. `present` makes the bytes of an event for those who see it alike."""

    def __init__(self, reader: EventReader, present: Callable[[Event, B], bytes], limit: int) -> None:
        self._reader = reader
        self._present = present
        self.slots = Slots(limit)
        self.is_over = False
        self._events: deque[Shared[B]] = deque()
        self._low, self._head = 0, Cursor(0)
        self._reported = asyncio.Event()
        self._moved = asyncio.Event()

    def hear(self, _: str = "") -> None:
        """There is news, or may have been."""
        self._reported.set()

    def release(self) -> None:
        """Nobody waits any more, and who follows is to end."""
        self.is_over = True
        self._moved.set()

    @contextmanager
    def following(self) -> Iterator[None]:
        """The right to wait. Raises Busy."""
        with self.slots.take():
            self._reported.set()
            yield

    async def behind(self, place: Cursor, selection: Selection, seconds: float) -> tuple[Sequence[Shared[B]], Cursor]:
        """What comes behind a place: at once where there is something, else within so many seconds; and where to go on.
        May be nothing, also although there is more. Gone."""
        if place.is_before(self._head) and not self._is_shared(place):
            page = await self._reader.page(place, selection, _AT_ONCE)
            return self._shared(page), page.next
        if not place.is_before(self._head):
            await self._moves(seconds)
        if not place.is_before(self._head) or not self._is_shared(place):
            return (), place
        return [one for one in self._events if _is_for(one.event, place, selection)], self._head

    async def run(self) -> None:
        """Reads on for as long as somebody follows, until it is cancelled."""
        while True:
            self._reported.clear()
            if is_followed := self.slots.taken > 0:
                is_followed = await self._read_on()
            else:
                self._forget()
            await is_set_within(self._reported, _BEHIND_SECONDS if is_followed else _SELDOM_SECONDS)

    async def _read_on(self) -> bool:
        """Whether there are rows that nobody can see yet."""
        horizon = await self._reader.log.horizon()
        if not self._head.id:
            self._low, self._head = horizon.settled, Cursor(horizon.settled)
            self._move()
        while self._head.id < horizon.settled or self._head.part is not None:
            self._take(await self._reader.read(self._head, horizon.settled, EVERYTHING, _AT_ONCE))
            await asyncio.sleep(0)  # who follows takes it before it is displaced
        return horizon.is_behind

    def _take(self, page: Page) -> None:
        self._events.extend(self._shared(page))
        self._head = page.next
        while len(self._events) > _KEPT:
            self._low = self._events.popleft().event.change.id
        self._move()

    def _shared(self, page: Page) -> list[Shared[B]]:
        return [Shared(event, self._present) for event in page.events]

    def _forget(self) -> None:
        self._events.clear()
        self._low, self._head = 0, Cursor(0)

    def _move(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    async def _moves(self, seconds: float) -> None:
        moved = self._moved
        if not self.is_over:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await moved.wait()

    def _is_shared(self, place: Cursor) -> bool:
        """Whether all behind a place is among what was read last, as far as that goes."""
        return place.row >= self._low


def _is_for(event: Event, place: Cursor, selection: Selection) -> bool:
    return place.is_before(event.cursor) and selection.wants(event.type) and selection.wants_of(event.sku)
