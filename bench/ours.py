"""Our server as a process of its own, as `serve` runs it; settings come from the environment. Prints its port;
its log goes where nobody reads it.

With `LAGS`, a file, it leaves there how late its event loop came round, again and again; with `STEPS`, another one, it
runs on asyncio's own loop, which can be looked into, and leaves there how long its steps took.
"""

import asyncio
import os
from pathlib import Path

import uvloop

from app.environment import read_settings
from app.process import serve
from app.telemetry.logs import configure_logging
from bench.lags import Noted, time_steps, watch, write


async def run() -> Noted:
    settings = read_settings()
    lags: Noted = []
    watching = asyncio.create_task(watch(lags)) if "LAGS" in os.environ else None
    await serve(settings, settings.database_url, lambda port: print(port, flush=True))
    if watching:
        watching.cancel()
    return lags


def main() -> None:
    configure_logging("json")
    steps: Noted = []
    if "STEPS" in os.environ:
        time_steps(steps)
    with asyncio.Runner(loop_factory=None if "STEPS" in os.environ else uvloop.new_event_loop) as runner:
        lags = runner.run(run())
    for name, noted in (("LAGS", lags), ("STEPS", steps)):
        if name in os.environ:
            write(Path(os.environ[name]), noted)


if __name__ == "__main__":
    main()
