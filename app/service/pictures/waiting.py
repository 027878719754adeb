"""Requests that wait until it is decided what became of a picture. Source: native.md 3, "Waiting".

A waiter holds no slot of others and no connection: it is woken by the notification of the transaction that decides.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from app.db.pool import Database
from app.errors import DatabaseUnavailable
from app.model import Segment, parted
from app.service.batches import Batches
from app.service.flight import Slots

PICTURE_STATE: Final = "picture_state"
"""The channel that tells each picture that was decided by its hash, an edited one with its key behind that; or `*`."""

_LANES: Final = 2


class Waiting:
    """At most `limit` wait at a time."""

    def __init__(self, database: Database, limit: int) -> None:
        self._db = database
        self.slots = Slots(limit)
        self._waiters: defaultdict[Segment, set[asyncio.Future[None]]] = defaultdict(set)
        self._missed = asyncio.Event()
        self._is_over = False
        self._undecided = Batches(self._are_undecided, _LANES)

    async def until_decided(self, picture: Segment, seconds: float) -> bool:
        """Returns when the picture is decided, the time is over or the process drains; False, at once, where nobody
        may wait: too many do, or the process drains already."""
        if self._is_over or self.slots.taken >= self.slots.limit:
            return False
        with self.slots.take(), suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._decided(picture)
        return True

    def hear(self, payload: str) -> None:
        """Of a picture that was decided."""
        if payload == "*":
            self.look_again()
        else:
            self._wake(Segment(payload))

    def look_again(self) -> None:
        """Notifications may have been missed."""
        self._missed.set()

    def release(self) -> None:
        """Everybody is answered now, and nobody waits any more."""
        self._is_over = True
        for picture in list(self._waiters):
            self._wake(picture)

    async def run(self) -> None:
        """Looks all waiters up, in one statement, whenever something may have been missed, until it is cancelled."""
        while True:
            await self._missed.wait()
            self._missed.clear()
            try:
                await self._look()
            except BaseException:
                self._missed.set()
                raise

    async def _look(self) -> None:
        waited_for = list(self._waiters)
        if not waited_for:
            return
        for picture, is_undecided in zip(waited_for, await self._are_undecided(waited_for), strict=True):
            if not is_undecided:
                self._wake(picture)

    async def _decided(self, picture: Segment) -> None:
        with self._registered(picture) as decided:  # before it is read: nothing falls in between
            if await self._is_undecided(picture):
                await decided

    async def _is_undecided(self, picture: Segment) -> bool:
        """Also where nobody can tell: all are looked up when the database is back."""
        try:
            return await self._undecided.answer(picture)
        except DatabaseUnavailable:
            return True

    @contextmanager
    def _registered(self, picture: Segment) -> Iterator[asyncio.Future[None]]:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters[picture].add(waiter)
        try:
            yield waiter
        finally:
            waiters = self._waiters[picture]
            waiters.discard(waiter)
            if not waiters:
                del self._waiters[picture]

    def _wake(self, picture: Segment) -> None:
        for waiter in self._waiters.get(picture, ()):
            if not waiter.done():
                waiter.set_result(None)

    async def _are_undecided(self, pictures: Sequence[Segment]) -> list[bool]:
        asked = [(bytes.fromhex(blob), key) for blob, key in map(parted, pictures)]
        rows = await self._db.fetch("undecided_of", *map(list, zip(*asked, strict=True)))
        undecided = {(row["hash"], row["key"]) for row in rows}
        return [one in undecided for one in asked]
