"""The last seconds of a process: it still serves, and sends everybody elsewhere."""

import asyncio
from typing import Final

from aiohttp import hdrs, web


class Drain:
    """While it has `begun`, `/health/ready` is red and every answer ends its connection, so that clients and
    balancers come back through another process. Nothing is refused."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    @property
    def begun(self) -> bool:
        return self._event.is_set()

    def begin(self) -> None:
        self._event.set()

    async def wait(self) -> None:
        """Until it begins."""
        await self._event.wait()

    def part_with(self, response: web.StreamResponse) -> None:
        """Makes this the connection's last answer; of one that is prepared, only the connection ends."""
        if not self.begun:
            return
        response.force_close()
        if not response.prepared:
            response.headers[hdrs.CONNECTION] = "close"


DRAIN: Final = web.AppKey("drain", Drain)
