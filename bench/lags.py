"""What a server's event loop does: how late it comes round, and how long each of its steps takes. The server leaves it
in files, and whoever measures reads it there. All times are in seconds, moments are the system's monotonic clock's."""

import asyncio
import time
from asyncio import events
from collections.abc import Iterable
from pathlib import Path
from typing import Final

Noted = list[tuple[float, float]]
"""When, and how long."""
_EVERY: Final = 0.002
_WORTH_NOTING: Final = 0.0005


async def watch(lags: Noted) -> None:
    """How late the loop comes round, until it is cancelled."""
    while True:
        due = time.monotonic() + _EVERY
        await asyncio.sleep(_EVERY)
        now = time.monotonic()
        lags.append((now, max(0.0, now - due)))


def time_steps(steps: Noted) -> None:
    """Of every loop of asyncio's own: how long a processor works on each step, without what it waits for one while
    others have them. Short ones are left out."""
    run = events.Handle._run

    def timed(handle: events.Handle) -> None:
        began = time.thread_time()
        run(handle)
        if (took := time.thread_time() - began) >= _WORTH_NOTING:
            steps.append((time.monotonic(), took))

    events.Handle._run = timed  # type: ignore[assignment,method-assign]


def write(file: Path, noted: Iterable[tuple[float, float]]) -> None:
    file.write_text("\n".join(f"{at} {seconds}" for at, seconds in noted))


def read(file: Path, begun: float, ended: float) -> list[float]:
    """Those between two moments, the shortest first."""
    noted = (tuple(map(float, line.split())) for line in file.read_text().splitlines())
    return sorted(seconds for at, seconds in noted if begun <= at <= ended)
