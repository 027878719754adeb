"""The last seconds of a process: it still serves, and sends everybody elsewhere."""

import asyncio
from typing import Final

from aiohttp import hdrs, web


class Drain:
    """While it has `begun`, `/health/ready` is red and every answer ends its connection, so that clients and
    balancers come back through another process. Nothing is refused."""

    def __init__(self) -> None:
        self.begun = False
        self._event = asyncio.Event()

    def begin(self) -> None:
        self.begun = True
        self._event.set()

    async def wait(self) -> None:
        """Until it begins."""
        await self._event.wait()

    def part_with(self, response: web.StreamResponse) -> None:
        """Makes this the connection's last answer; one whose headers are out does not say so."""
        response.force_close()
        if not response.prepared:
            response.headers[hdrs.CONNECTION] = "close"


DRAIN: Final = web.AppKey("drain", Drain)
