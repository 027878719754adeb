"""Hearing what other processes changed."""

import asyncio
from collections.abc import Callable
from typing import Final

from app.db.connect import connect
from app.db.errors import translated
from app.errors import DatabaseUnavailable

CATALOGUE_CHANGE: Final = "catalogue_change"
"""The channel that tells which part of the catalogue was changed; `sql/migrations` says in which words."""

_PROBE_SECONDS: Final = 5.0
_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 5.0


class Listener:
    """Calls `on_payload` for each notification on `channel`.

    `on_gap` is called whenever notifications may have been missed: when the connection is lost,
    and when one stands again. Whoever remembers anything then forgets it. `listening` says
    whether it is worthwhile to remember anything.
    """

    def __init__(
        self, dsn: str, on_payload: Callable[[str], None], on_gap: Callable[[], None], channel: str = CATALOGUE_CHANGE
    ) -> None:
        self._dsn = dsn
        self._channel = channel
        self._on_payload = on_payload
        self._on_gap = on_gap
        self.listening = False

    async def run(self) -> None:
        """Listen, and connect again with growing pauses, until cancelled."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                await self._listen()
            except DatabaseUnavailable:
                pause = _FIRST_PAUSE_SECONDS if self.listening else min(2 * pause, _LONGEST_PAUSE_SECONDS)
            finally:
                if self.listening:
                    self.listening = False
                    self._on_gap()
            await asyncio.sleep(pause)

    async def _listen(self) -> None:
        """Until the connection is lost, which is `DatabaseUnavailable`."""
        connection = await connect(self._dsn)
        try:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _: lost.set())
            with translated():
                await connection.add_listener(self._channel, self._hear)
            self.listening = True
            self._on_gap()
            while not await _happened(lost, _PROBE_SECONDS):
                # Never a prepared statement: after one, asyncpg's connection hears nothing until it speaks again.
                with translated():
                    await connection.execute("select 1", timeout=_PROBE_SECONDS)
            raise DatabaseUnavailable("the listening connection was lost")
        finally:
            connection.terminate()

    def _hear(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        self._on_payload(str(payload))


async def _happened(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
