"""Whoever delivers is killed between the commit of a change and the note that it was told: there is an event for every
row, and for nothing else. `make torture KILLS=1000` does the same to web processes and workers as they are."""

import asyncio
import os
import random
import signal
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from app.background import is_set_within
from app.db.connections.connect import Connection
from app.db.pool import Database
from app.service.changes.record import Row, record_rows
from app.service.webhooks.keeper import WebhookOptions
from tests.service.webhooks.conftest import Post, posting
from tests.torture.native.courier import MAIN
from tests.torture.native.leases import pass_time
from tests.torture.native.receiver import Receiver
from tests.torture.nursery import Child, Nursery, nursery

_KILLS: Final = 1000 if os.environ.get("TEST_LENGTH") == "long" else 50
_ARRIVAL_SECONDS: Final = 60.0
_UNTOLD: Final = "select count(*) from webhook_delivery where state <> 'done'"


class _GivenUp(Exception):
    """Rolls a change back."""


class Killing:
    def __init__(self, post: Post, receiver: Receiver, started: Nursery, connection: Connection, log: Path) -> None:
        self._post = post
        self._receiver = receiver
        self._started = started
        self._connection = connection
        self._log = log
        self._dice = random.Random(7)

    async def courier(self) -> Child:
        """The next one, which need not wait until the one before is known to be dead."""
        await pass_time(self._connection.execute, ())
        environment = {
            "PATH": os.environ["PATH"],
            "SECRET_KEY": self._post.settings.secret_key,
            "PUBLIC_URL": self._post.settings.public_url,
            "FETCH_ALLOWED_NETWORKS": "127.0.0.1:*",
        }
        return await self._started.start(self._post.database.dsn, main=MAIN, environment=environment, log=self._log)

    async def change(self) -> None:
        """Some are committed, and one is not."""
        await self._post.happen(self._dice.randint(1, 3))
        with suppress(_GivenUp):
            async with self._post.database.transaction() as tx:
                await record_rows(tx, [Row("product.updated")])
                raise _GivenUp

    async def kill_once(self, number: int) -> None:
        """At some moment, at the arrival of a delivery, or behind its answer."""
        receiver, how = self._receiver, number % 3
        receiver.arrived.clear()
        if how == 1:
            receiver.held.clear()
        child = await self.courier()
        await self.change()
        if how:
            async with asyncio.timeout(_ARRIVAL_SECONDS):
                while not await is_set_within(receiver.arrived, 1.0):
                    await pass_time(self._connection.execute, [child.pid])
        await asyncio.sleep(self._dice.uniform(0, 0.02 if how else 0.3))
        child.send(signal.SIGKILL)
        await child.ended.wait()
        receiver.held.set()


@pytest.mark.timeout(1800 if _KILLS > 50 else 300)
async def test_who_delivers_is_killed_fifty_times(database: Database, connection: Connection, tmp_path: Path) -> None:
    """Each at another moment; the one that comes last tells what is left, and every event came with the same bytes."""
    receiver = Receiver()
    async with posting(database) as post, receiver.opened(), nursery() as started:
        post.now = datetime.now(UTC) + timedelta(hours=1)
        hook, _ = await post.keeper.add(WebhookOptions(receiver.url, ("product.*",)))
        killing = Killing(post, receiver, started, connection, tmp_path / "log")
        for number in range(_KILLS):
            await killing.kill_once(number)
        rows = await database.fetch("changes_behind", 0, 2**40, 10_000)
        wanted = {f"wh{hook.id}_{row['id']}_1" for row in rows if row["kind"] == "product.updated"}
        receiver.is_good = True
        last = await killing.courier()
        async with asyncio.timeout(60):
            while not wanted <= receiver.taken or await connection.fetchval(_UNTOLD):
                await pass_time(connection.execute, [last.pid])
                await asyncio.sleep(0.05)
        last.send(signal.SIGKILL)
    assert set(receiver.came) == wanted
    assert sum(receiver.came.values()) > len(wanted), "nobody was killed in the middle of it"
    assert receiver.other_bytes == set()
    assert len(wanted) > _KILLS
