"""Hearing what other processes changed."""

import asyncio
from collections.abc import Callable
from typing import Final

from app.db.connect import connect
from app.db.errors import translated
from app.db.waiting import is_set_within
from app.errors import DatabaseUnavailable
from app.events import CheckFailed, Observe, nobody

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
        self,
        dsn: str,
        on_payload: Callable[[str], None],
        on_gap: Callable[[], None],
        *,
        observe: Observe = nobody,
        channel: str = CATALOGUE_CHANGE,
    ) -> None:
        self._dsn = dsn
        self._channel = channel
        self._on_payload = on_payload
        self._on_gap = on_gap
        self._observe = observe
        self._pause = _FIRST_PAUSE_SECONDS
        self.listening = False

    async def run(self) -> None:
        """Listen, and connect again with growing pauses, until cancelled."""
        while True:
            try:
                await self._listen()
            except Exception as error:  # whatever it was, changes must go on being heard
                self._observe(CheckFailed("listener", f"{type(error).__name__}: {error}"))
            finally:
                self._forget()
            await asyncio.sleep(self._pause)
            self._pause = min(2 * self._pause, _LONGEST_PAUSE_SECONDS)

    def _forget(self) -> None:
        if self.listening:
            self.listening = False
            self._on_gap()

    async def _listen(self) -> None:
        """Until the connection is lost, which is `DatabaseUnavailable`."""
        connection = await connect(self._dsn)
        try:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _: lost.set())
            with translated():
                await connection.add_listener(self._channel, self._hear)
            self._pause = _FIRST_PAUSE_SECONDS
            self.listening = True
            self._on_gap()
            while not await is_set_within(lost, _PROBE_SECONDS):
                # Never a prepared statement: after one, asyncpg's connection hears nothing until it speaks again.
                with translated():
                    await connection.execute("select 1", timeout=_PROBE_SECONDS)
            raise DatabaseUnavailable("the listening connection was lost")
        finally:
            connection.terminate()

    def _hear(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        self._on_payload(str(payload))
