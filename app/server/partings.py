"""Connections that have had their last answer, while their clients may still be sending."""

import asyncio
from typing import Final

MOST: Final = 16
"""At a time; of more the one that has been at it for longest is closed."""
_SECONDS: Final = 2.0


class Partings:
    """Ends connections so that clients see the last answer.

    One that is closed while its client sends on is reset by the system, and a reset may overtake the answer, or make
    the client forget it. So it is closed for writing alone, and what still comes is thrown away by who gets it, until
    the client closes it, too, or for as long as an answer may take to arrive.
    """

    def __init__(self) -> None:
        self._open: dict[asyncio.Transport, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        return len(self._open)

    def begin(self, wire: asyncio.Transport) -> None:
        """Of a connection to which all has been written."""
        if not wire.can_write_eof():
            wire.close()
            return
        if len(self._open) >= MOST:
            self._close(next(iter(self._open)))
        self._open[wire] = asyncio.get_running_loop().call_later(_SECONDS, self._close, wire)
        try:
            wire.write_eof()
        except (OSError, RuntimeError):  # its client has gone already, or it is being closed
            self._close(wire)

    def ended(self, wire: asyncio.Transport) -> None:
        """Of any connection that is gone."""
        if (timer := self._open.pop(wire, None)) is not None:
            timer.cancel()

    def _close(self, wire: asyncio.Transport) -> None:
        self.ended(wire)
        wire.close()
