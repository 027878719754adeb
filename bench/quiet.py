"""Turns that nobody disturbed: what else runs on a machine takes its part of the processors, and of any figure."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from typing import Final, Generic, TypeVar

import psutil

K = TypeVar("K")
T = TypeVar("T")

_QUIET: Final = 0.15
_LOOK_SECONDS: Final = 0.25
_WAIT_SECONDS: Final = 4.0


@dataclass(frozen=True, slots=True)
class Turns(Generic[T]):
    """What was measured; `quiet` only the turns in which other programs used little of the processors."""

    all: list[T]
    quiet: list[T]

    def usual(self, figure: Callable[[T], float], best: Callable[[Iterable[float]], float]) -> float:
        """The median of the quiet turns; where there were none, the `best`, which was disturbed least."""
        return median(map(figure, self.quiet)) if self.quiet else best(map(figure, self.all))


async def in_turns(
    measures: Mapping[K, Callable[[], Awaitable[T]]], *, enough: int, patience: float
) -> dict[K, Turns[T]]:
    """Each of `measures` in turns until each had `enough` quiet ones; with other programs at work, for `patience`
    seconds and at least as often."""
    found: dict[K, Turns[T]] = {name: Turns([], []) for name in measures}
    until = time.monotonic() + patience
    while any(len(one.quiet) < enough for one in found.values()):
        if time.monotonic() > until and all(len(one.all) >= enough for one in found.values()):
            break
        for name, measure in measures.items():
            await _calm()
            others, began = _others(), time.perf_counter()
            figure = await measure()
            disturbed = (_others() - others) / (time.perf_counter() - began) >= _QUIET
            found[name].all.append(figure)
            if not disturbed:
                found[name].quiet.append(figure)
    return found


def reported(turns: Collection[Turns[T]]) -> str:
    """How many turns each figure rests on."""
    quiet = min(len(one.quiet) for one in turns)
    return f"{quiet} undisturbed" if quiet else f"best of {min(len(one.all) for one in turns)}, all disturbed"


async def _calm() -> None:
    """Until nobody else works, but not for ever."""
    until = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < until:
        before = _others()
        await asyncio.sleep(_LOOK_SECONDS)
        if (_others() - before) / _LOOK_SECONDS < _QUIET:
            return


def _others() -> float:
    """Processor seconds that all programs but this one and its descendants have used so far."""
    times = psutil.cpu_times()
    here = psutil.Process()
    used = sum(_used(process) for process in (here, *here.children(recursive=True)))
    return float(times.user + times.nice + times.system + times.steal - used)


def _used(process: psutil.Process) -> float:
    """With all its children that have ended; nothing of one that has ended meanwhile."""
    with suppress(psutil.NoSuchProcess):
        one = process.cpu_times()
        return float(one.user + one.system + one.children_user + one.children_system)
    return 0.0
