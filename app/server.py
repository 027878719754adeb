"""One process at work, from its first breath to its last: the web server, or the background task alone."""

import asyncio
import errno
import signal
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Final

from aiohttp import web

from app.errors import Misconfigured
from app.http.edge import SERVER_OPTIONS
from app.main import Parts, build_app
from app.settings import Settings

_DRAIN_SECONDS: Final = 30.0
"""Longest time that requests in flight may take once the service was told to stop."""


async def serve(settings: Settings, dsn: str, ready: Callable[[int], None]) -> None:
    """Serves until SIGTERM or SIGINT; `ready` is told the port. Requests in flight are answered and the job in
    hand is finished or given back. Misconfigured if the address cannot be listened on."""
    runner = web.AppRunner(build_app(settings, dsn), shutdown_timeout=_DRAIN_SECONDS, **SERVER_OPTIONS)
    async with AsyncExitStack() as stack:
        stop = stack.enter_context(_stop_signals())
        stack.push_async_callback(runner.cleanup)
        await runner.setup()
        await _listen(runner, settings)
        ready(runner.addresses[0][1])
        await stop.wait()


async def work(settings: Settings, dsn: str) -> None:
    """Works off jobs until SIGTERM or SIGINT."""
    parts = Parts(settings, dsn)
    async with AsyncExitStack() as stack:
        stop = stack.enter_context(_stop_signals())
        await stack.enter_async_context(parts.opened())
        working = asyncio.create_task(parts.worker.run())
        await stop.wait()
        await parts.worker.stop()
        await working


@contextmanager
def _stop_signals() -> Iterator[asyncio.Event]:
    """Set by the first SIGTERM or SIGINT; a second one ends the process the hard way."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    ends = (signal.SIGTERM, signal.SIGINT)

    def tell() -> None:
        stop.set()
        for end in ends:
            loop.remove_signal_handler(end)

    for end in ends:
        loop.add_signal_handler(end, tell)
    try:
        yield stop
    finally:
        for end in ends:
            loop.remove_signal_handler(end)


async def _listen(runner: web.AppRunner, settings: Settings) -> None:
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
    except OSError as error:
        address = f"{settings.host}:{settings.port}"
        if error.errno == errno.EADDRINUSE:
            raise Misconfigured(f"{address} is in use by another program; choose another PORT.") from None
        raise Misconfigured(f"Cannot listen on {address}: {error.strerror or error}.") from None
