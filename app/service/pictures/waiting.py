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
from app.model import BlobHash
from app.service.batches import Batches
from app.service.flight import Slots

PICTURE_STATE: Final = "picture_state"
"""The channel that tells the hash of each picture that was decided, or `*`."""

_LANES: Final = 2


class Waiting:
    """At most `limit` wait at a time."""

    def __init__(self, database: Database, limit: int) -> None:
        self._db = database
        self.slots = Slots(limit)
        self._waiters: defaultdict[BlobHash, set[asyncio.Future[None]]] = defaultdict(set)
        self._missed = asyncio.Event()
        self._is_over = False
        self._undecided = Batches(self._are_undecided, _LANES)

    async def until_decided(self, blob: BlobHash, seconds: float) -> bool:
        """Returns when the picture is decided, the time is over or the process drains; False, at once, where nobody
        may wait: too many do, or the process drains already."""
        if self._is_over or self.slots.taken >= self.slots.limit:
            return False
        with self.slots.take(), suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._decided(blob)
        return True

    def hear(self, payload: str) -> None:
        """Of a picture that was decided."""
        if payload == "*":
            self.look_again()
        else:
            self._wake(BlobHash(payload))

    def look_again(self) -> None:
        """Notifications may have been missed."""
        self._missed.set()

    def release(self) -> None:
        """Everybody is answered now, and nobody waits any more."""
        self._is_over = True
        for blob in list(self._waiters):
            self._wake(blob)

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
        for blob, is_undecided in zip(waited_for, await self._are_undecided(waited_for), strict=True):
            if not is_undecided:
                self._wake(blob)

    async def _decided(self, blob: BlobHash) -> None:
        with self._registered(blob) as decided:  # before it is read: nothing falls in between
            if await self._is_undecided(blob):
                await decided

    async def _is_undecided(self, blob: BlobHash) -> bool:
        """Also where nobody can tell: all are looked up when the database is back."""
        try:
            return await self._undecided.answer(blob)
        except DatabaseUnavailable:
            return True

    @contextmanager
    def _registered(self, blob: BlobHash) -> Iterator[asyncio.Future[None]]:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters[blob].add(waiter)
        try:
            yield waiter
        finally:
            waiters = self._waiters[blob]
            waiters.discard(waiter)
            if not waiters:
                del self._waiters[blob]

    def _wake(self, blob: BlobHash) -> None:
        for waiter in self._waiters.get(blob, ()):
            if not waiter.done():
                waiter.set_result(None)

    async def _are_undecided(self, blobs: Sequence[BlobHash]) -> list[bool]:
        rows = await self._db.fetch("undecided_of", [bytes.fromhex(blob) for blob in blobs])
        undecided = {row["hash"] for row in rows}
        return [bytes.fromhex(blob) in undecided for blob in blobs]
