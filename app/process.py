"""One process at work, from its first breath to its last: the web server, or the background task alone."""

import asyncio
import errno
import gc
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any

from aiohttp import web

from app.background import ended
from app.errors import Misconfigured
from app.server.runner import Runner
from app.settings import Settings
from app.telemetry.metrics import Metrics
from app.telemetry.observer import Observer
from app.wiring.application import build_app, build_watch_app
from app.wiring.parts import Parts


def observer_of(settings: Settings) -> Observer:
    """Hears all that happens in this process."""
    return Observer(Metrics(), sample=settings.log_sample)


async def serve(settings: Settings, dsn: str, ready: Callable[[int], None], observer: Observer | None = None) -> None:
    """Serves until SIGTERM or SIGINT; `ready` is told the port. Requests in flight are answered and the job in
    hand is finished or given back; SIGTERM leaves balancers time to notice. Misconfigured if the address cannot be
    listened on."""
    runner = Runner(build_app(settings, dsn, observer))
    async with AsyncExitStack() as stack:
        stop = stack.enter_context(_stop_signals())
        stack.push_async_callback(runner.cleanup)
        if not await _unless_stopped(runner.setup(), stop):
            return
        await _listen(runner, settings.host, settings.port)
        keep_for_good()
        ready(runner.addresses[0][1])
        if await stop == signal.SIGINT:
            runner.drain_seconds = 0


async def work(settings: Settings, dsn: str, observer: Observer) -> None:
    """Works off jobs until SIGTERM or SIGINT."""
    parts = Parts(settings, dsn, observer)
    runner = Runner(build_watch_app(parts))
    runner.drain_seconds = 0
    async with AsyncExitStack() as stack:
        stop = stack.enter_context(_stop_signals())
        if not await _unless_stopped(stack.enter_async_context(parts.opened(waits=True)), stop):
            return
        await stack.enter_async_context(parts.telemetry.observed())
        if settings.worker_port:
            stack.push_async_callback(runner.cleanup)
            await runner.setup()
            await _listen(runner, settings.host, settings.worker_port)
        await stack.enter_async_context(parts.working())
        keep_for_good()
        await stop
        parts.drain.begin()


def keep_for_good() -> None:
    """What a start leaves in memory stays there until the end: from now on nobody looks for garbage in it, for which
    everybody else would have to wait a tenth of a second each time."""
    gc.collect()
    gc.freeze()


async def _unless_stopped(beginning: Coroutine[Any, Any, object], stop: asyncio.Future[signal.Signals]) -> bool:
    """Whether it came to its end. Who is told to go while he waits for others (for their migrations) goes at once."""
    task = asyncio.create_task(beginning)
    either: set[asyncio.Future[Any]] = {task, stop}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not task.done():
            await ended(task)
    if task.cancelled():
        return False
    task.result()
    return True


@contextmanager
def _stop_signals() -> Iterator[asyncio.Future[signal.Signals]]:
    """The first SIGTERM or SIGINT; a second one ends the process the hard way."""
    loop = asyncio.get_running_loop()
    stop = loop.create_future()
    ends = (signal.SIGTERM, signal.SIGINT)

    def note(end: signal.Signals) -> None:
        stop.set_result(end)
        for every in ends:
            loop.remove_signal_handler(every)

    for end in ends:
        loop.add_signal_handler(end, note, end)
    try:
        yield stop
    finally:
        for end in ends:
            loop.remove_signal_handler(end)


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        address = f"{host}:{port}"
        if error.errno == errno.EADDRINUSE:
            raise Misconfigured(f"{address} is in use by another program; choose another port.") from None
        raise Misconfigured(f"Cannot listen on {address}: {error.strerror or error}.") from None
