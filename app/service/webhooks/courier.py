"""The runner of webhooks: none of their deliveries waits for another webhook's, nor any job for one of them."""

import asyncio
import os
import socket
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import uuid4

from app.access.secrets import SecretBox
from app.background import ended, supervised
from app.db.pool import Database
from app.errors import DatabaseUnavailable
from app.events import Observe
from app.service.feed.reader import EventReader
from app.service.webhooks.deliveries import Deliveries, Desk
from app.service.webhooks.keeper import Clock, Present, clock
from app.service.webhooks.queueing import HeldByAnother, Queueing
from app.service.webhooks.sending import Sender
from app.settings import Settings
from app.traces import Spans, Unrecorded

_LEASE: Final = timedelta(seconds=15)
"""After so long without a sign of life a process's webhooks are another one's."""
_HOLD_SECONDS: Final = 2.0
_LOOK_SECONDS: Final = 0.5
"""Pause between looks at the log: also where nobody passes notifications on an event is on its way within a second."""
_IDLE_SECONDS: Final = 5.0


class Courier:
    """One of each process that works; each webhook is one process's at a time, whichever it is."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        box: SecretBox,
        reader: EventReader,
        present: Present,
        observe: Observe,
        now: Clock = clock,
        spans: Spans | None = None,
    ) -> None:
        self._db = database
        self._reader = reader
        self._observe = observe
        self._now = now
        self._holder = f"{socket.gethostname()[:100]}:{os.getpid()}:{uuid4().hex[:8]}"
        self._sender = Sender(settings)
        at_once = settings.webhooks_at_once
        queueing = Queueing(database, reader, at_once)
        recorded = spans or Unrecorded()
        self._desk = Desk(database, box, queueing, self._sender, present, observe, now, self._holder, at_once, recorded)
        self._settled = 0
        self._moved = asyncio.Event()

    async def run(self) -> None:
        """Delivers until it is cancelled; then others may go on at once."""
        tasks: dict[int, asyncio.Task[None]] = {}
        async with self._sender:
            try:
                while True:
                    await self._take_up(tasks, await self._held())
                    await asyncio.sleep(_HOLD_SECONDS) if not tasks else await self._watch_log()
            finally:
                await self._take_up(tasks, ())
                with suppress(DatabaseUnavailable):
                    await self._db.execute("release_webhooks", self._holder)

    async def _held(self) -> list[int]:
        rows = await self._db.fetch("hold_webhooks", self._holder, self._now(), _LEASE)
        return [row["id"] for row in rows]

    async def _take_up(self, tasks: dict[int, asyncio.Task[None]], held: Iterable[int]) -> None:
        ids = set(held)
        for webhook in [webhook for webhook, task in tasks.items() if task.done()]:
            del tasks[webhook]
        for webhook in ids - tasks.keys():
            work = partial(self._deliver_all, webhook)
            tasks[webhook] = asyncio.create_task(supervised(f"webhook {webhook}", work, self._observe))
        await asyncio.gather(*(ended(tasks.pop(webhook)) for webhook in tasks.keys() - ids))

    async def _watch_log(self) -> None:
        """Until it is time to tell again that this process lives."""
        clock = asyncio.get_running_loop().time
        end = clock() + _HOLD_SECONDS
        while clock() < end:
            settled = (await self._reader.log.horizon()).settled
            if settled != self._settled:
                self._settled = settled
                self._moved.set()
                self._moved = asyncio.Event()
            await asyncio.sleep(_LOOK_SECONDS)

    async def _deliver_all(self, webhook: int) -> None:
        """One webhook's deliveries, until another process has taken it."""
        one = Deliveries(self._desk, webhook)
        try:
            while True:
                moved = self._moved
                is_busy = await one.step(self._settled)
                await _any_of(moved, one.progressed, _LOOK_SECONDS if is_busy else _IDLE_SECONDS)
        except HeldByAnother:  # or disabled meanwhile; begun again where it is held still
            return
        finally:
            await one.close()


async def _any_of(first: asyncio.Event, second: asyncio.Event, seconds: float) -> None:
    waits = [asyncio.create_task(one.wait()) for one in (first, second)]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
