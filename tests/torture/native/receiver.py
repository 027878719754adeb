"""A receiver of webhooks, as bad as they are: it refuses, hangs up and dawdles, but never twice with one event."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

_DAWDLING_SECONDS: Final = 1.0
_BAD: Final = ("refuses", "hangs up", "dawdles", *["takes"] * 17)


class Receiver:
    """`taken` are the ids of what it has answered with success, `other_bytes` those that came a second time with
    another body. `arrived` and `answered` move with every delivery."""

    def __init__(self) -> None:
        self.url = ""
        self.webhook = 0
        self.behind = 0
        """The row of the log that tells of the webhook: it is told of what comes behind."""
        self.came: Counter[str] = Counter()
        self.taken: set[str] = set()
        self.other_bytes: set[str] = set()
        self.is_good = False
        self.arrived = asyncio.Event()
        self.held = asyncio.Event()
        """Answers wait for this."""
        self.held.set()
        self._bodies: dict[str, bytes] = {}

    async def handle(self, request: web.Request) -> web.Response:
        name, body = request.headers["webhook-id"], await request.read()
        self.came[name] += 1
        if self._bodies.setdefault(name, body) != body:
            self.other_bytes.add(name)
        self.arrived.set()
        await self.held.wait()
        return await self._answer(request, name)

    async def _answer(self, request: web.Request, name: str) -> web.Response:
        how = "takes" if self.is_good or self.came[name] > 1 else random.Random(name).choice(_BAD)
        if how == "refuses":
            return web.Response(status=503)
        if how == "hangs up" and request.transport is not None:
            request.transport.abort()
        elif how == "dawdles":
            await asyncio.sleep(_DAWDLING_SECONDS)
        self.taken.add(name)
        return web.Response(status=204)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_post("/", self.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        try:
            yield
        finally:
            await runner.cleanup()
