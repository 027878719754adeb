"""A web server that takes its leave before it goes."""

import asyncio
from typing import Final

from aiohttp import web

from app.http.appkeys import OBSERVER, SETTINGS
from app.http.drain import DRAIN
from app.server.connection import versions_refused
from app.server.connections import Connections
from app.server.fast_path import fast_path
from app.server.hot_files import hot_files
from app.server.middleware import SERVER_OPTIONS, refusals_by_api
from app.server.plain_reads import PlainReads

IN_FLIGHT_SECONDS: Final = 20.0
"""Longest time that requests in flight may take once nothing new is accepted."""


class Runner(web.AppRunner):
    """`cleanup` first tells balancers and clients to go elsewhere, and serves on for as long as these need to
    notice; then it accepts nothing new, and answers what is in flight."""

    def __init__(self, app: web.Application) -> None:
        super().__init__(app, shutdown_timeout=IN_FLIGHT_SECONDS)
        self.drain_seconds = app[SETTINGS].drain_seconds

    async def setup(self) -> None:
        await super().setup()
        assert self.server is not None
        behind = versions_refused(refusals_by_api(self.server.request_handler), self.app[OBSERVER])
        self.server.request_handler = hot_files(self.app, fast_path(self.app, behind))
        if isinstance(self.server, Connections) and self.app[SETTINGS].fast_path:
            self.server.reads = PlainReads(self.app)

    async def _make_server(self) -> web.Server:
        return Connections(await super()._make_server(), self.app[OBSERVER], self.app[SETTINGS], SERVER_OPTIONS)

    async def cleanup(self) -> None:
        self.app[DRAIN].begin()
        if self.sites:
            await asyncio.sleep(self.drain_seconds)
        await super().cleanup()
