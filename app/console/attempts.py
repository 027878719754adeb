"""Who fails to log in again and again waits for his answers. A right key always gets in, at once."""

import asyncio
from collections import OrderedDict
from typing import Final

PATIENCE: Final = 10
"""Failures of one address that cost it nothing."""
PAUSE_SECONDS: Final = 1.0
_MOST: Final = 10_000  # addresses remembered; the one that failed longest ago is forgotten first


class Attempts:
    """Counted in memory, for as long as the process lives."""

    def __init__(self, pause: float = PAUSE_SECONDS) -> None:
        self._pause = pause
        self._failures: OrderedDict[str, int] = OrderedDict()

    async def failed(self, address: str) -> None:
        """One more failure; beyond the tenth it is told a second late."""
        count = self._failures.pop(address, 0) + 1
        self._failures[address] = count
        if len(self._failures) > _MOST:
            self._failures.popitem(last=False)
        if count > PATIENCE:
            await asyncio.sleep(self._pause)
