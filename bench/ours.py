"""Our server as a process of its own, as `serve` runs it; settings come from the environment. Prints its port;
its log goes where nobody reads it.

With `LAGS`, a file, it leaves there how late its event loop came round, again and again: two numbers a line, the
system's monotonic clock and the lag, in seconds.
"""

import asyncio
import os
import time
from pathlib import Path

import uvloop

from app.environment import read_settings
from app.process import serve
from app.telemetry.logs import configure_logging

_EVERY = 0.002  # seconds


async def watch(lags: list[tuple[float, float]]) -> None:
    while True:
        due = time.monotonic() + _EVERY
        await asyncio.sleep(_EVERY)
        now = time.monotonic()
        lags.append((now, max(0.0, now - due)))


async def run() -> list[tuple[float, float]]:
    settings = read_settings()
    lags: list[tuple[float, float]] = []
    watching = asyncio.create_task(watch(lags)) if "LAGS" in os.environ else None
    await serve(settings, settings.database_url, lambda port: print(port, flush=True))
    if watching:
        watching.cancel()
    return lags


def main() -> None:
    configure_logging("json")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        lags = runner.run(run())
    if lags:
        Path(os.environ["LAGS"]).write_text("\n".join(f"{at} {lag}" for at, lag in lags))


if __name__ == "__main__":
    main()
