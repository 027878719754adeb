"""Hearing what other processes changed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

from app.background import ended, in_background, is_set_within
from app.db.connections.connect import CONNECT_SECONDS, Connection, connected
from app.db.connections.pooled import Pooled, direct
from app.db.connections.same_server import Way, who_answers
from app.db.errors import translated
from app.errors import DatabaseUnavailable
from app.events import CheckFailed, ConnectionGivenUp, Observe, nobody

CATALOGUE_CHANGE: Final = "catalogue_change"
"""The channel that tells which part of the catalogue was changed; `sql/migrations` says in which words."""

LISTENER: Final = "product-images listener"
"""What the server calls a listening connection, so that an operator can tell it from the others."""

_PROBE_SECONDS: Final = 0.5
_OVERDUE_SECONDS: Final = 1.0
"""With the pause between probes, so old is what is still used on a connection that has just fallen silent."""
_LOST_SECONDS: Final = 5.0
_HEARD_SECONDS: Final = 2.0
_ELSEWHERE_SECONDS: Final = 5.0
"""How often it is looked whether a pooler still leads to the server that is listened to."""
_TURNS: Final = 3
"""Rounds of the event loop in which an answer that has arrived is taken note of."""


@dataclass(slots=True)
class Hearing:
    """Whether changes of other processes are heard of. What is read of it at every request is an attribute."""

    listening: bool = False
    """Whoever remembers something will be told when it changes, or that it may have."""
    current: bool = False
    """All has been heard that was changed until a second or two ago. What is remembered may be used."""
    begun: asyncio.Event = field(default_factory=asyncio.Event, compare=False)
    """Set once it is listened for the first time."""


class Listener:
    """Calls what stands behind a channel for each notification on it, with the payload; one connection hears them all.

    `on_gap` is called whenever notifications may have been missed: when the connection is lost,
    and when one stands again. Whoever remembers anything then forgets it. `hearing` says
    whether it is worthwhile to remember anything, and whether what is remembered may be used:
    not while an answer to a probe is overdue (core.md 5). `on_silence` is called when one becomes so.
    Behind a pooler that keeps no sessions it listens to Postgres itself, and proves that what others say comes round.
    """

    def __init__(
        self,
        dsn: str,
        channels: Mapping[str, Callable[[str], None]],
        on_gap: Callable[[], None],
        hearing: Hearing,
        *,
        on_silence: Callable[[], None] = lambda: None,
        observe: Observe = nobody,
    ) -> None:
        self._dsn = dsn
        self._channels = channels
        self._on_gap = on_gap
        self._on_silence = on_silence
        self._observe = observe
        self.hearing = hearing

    async def run(self) -> None:
        """Listens until the connection is lost, which is `DatabaseUnavailable`; whoever calls this begins again."""
        lost = asyncio.Event()
        async with connected(direct(self._dsn), LISTENER) as connection, self._together(connection, lost):
            try:
                await self._listen(connection, lost)
            finally:  # not once the connections are parted with, which may take seconds
                self._forget()

    def _forget(self) -> None:
        self.hearing.current = False
        if self.hearing.listening:
            self.hearing.listening = False
            self._on_gap()

    async def _listen(self, connection: Connection, lost: asyncio.Event) -> None:
        """Until the connection is lost, which is `DatabaseUnavailable`."""
        connection.add_termination_listener(lambda _: lost.set())
        with translated():
            async with asyncio.timeout(CONNECT_SECONDS):
                for channel in self._channels:
                    await connection.add_listener(channel, self._hear)
                await self._heard_from_elsewhere(connection)
        self.hearing.listening = self.hearing.current = True
        self._on_gap()
        self.hearing.begun.set()
        while True:
            self.hearing.current = await self._answers_in_time(connection)
            if self.hearing.current and await is_set_within(lost, _PROBE_SECONDS):
                raise DatabaseUnavailable("the listening connection was lost")

    @asynccontextmanager
    async def _together(self, connection: Connection, lost: asyncio.Event) -> AsyncIterator[None]:
        """Sets `lost` once the pooler leads to another server than this connection, or does not say for long; while it
        is away nothing is."""
        dsn = self._dsn
        if not isinstance(dsn, Pooled):
            yield
            return
        way = Way(dsn, await who_answers(connection))

        async def look() -> None:
            if trouble := await way.trouble():
                self._observe(CheckFailed("listener", trouble))
                lost.set()

        async with in_background("pooler", look, self._observe, every=_ELSEWHERE_SECONDS):
            yield

    async def _heard_from_elsewhere(self, connection: Connection) -> None:
        """Returns once a word from another connection came through: a pooler may take LISTEN and pass nothing on."""
        heard, channel = asyncio.Event(), f"{CATALOGUE_CHANGE}_{uuid4().hex}"
        await connection.add_listener(channel, lambda *_: heard.set())
        async with connected(self._dsn) as other:
            await other.execute(f"notify {channel}")
        if not await is_set_within(heard, _HEARD_SECONDS):
            raise DatabaseUnavailable("notifications do not come through: is there a pooler in between?")
        await connection.execute(f"unlisten {channel}")

    async def _answers_in_time(self, connection: Connection) -> bool:
        """Whether a probe was answered soon. All changes before it was sent are heard of before its answer, so one that
        was overdue says nothing of now. Raises `DatabaseUnavailable` where none comes at all."""
        # Never a prepared statement: after one, asyncpg's connection hears nothing until it speaks again.
        probe = asyncio.create_task(_probe(connection))
        try:
            if await _is_done(probe, _OVERDUE_SECONDS):
                await probe
                return True
            self._fall_silent()
            if not await _is_done(probe, _LOST_SECONDS - _OVERDUE_SECONDS):
                self._observe(ConnectionGivenUp("listener", _LOST_SECONDS))
                raise DatabaseUnavailable("the listening connection fell silent")
            await probe
            return False
        finally:
            if not probe.done():
                connection.terminate()  # so that nobody waits for the answer
            await ended(probe)

    def _fall_silent(self) -> None:
        if self.hearing.current:
            self.hearing.current = False
            self._on_silence()
            self._observe(CheckFailed("listener", "no answer to a probe: what is remembered is not used meanwhile"))

    def _hear(self, _connection: object, _pid: int, channel: str, payload: object) -> None:
        self._channels[channel](str(payload))


async def _probe(connection: Connection) -> None:
    with translated():
        await connection.execute("select 1")


async def _is_done(probe: asyncio.Task[None], seconds: float) -> bool:
    """Whether it ended within that time; what has arrived while the loop was busy counts."""
    await asyncio.wait({probe}, timeout=seconds)
    for _ in range(_TURNS):
        if probe.done():
            break
        await asyncio.sleep(0)
    return probe.done()
