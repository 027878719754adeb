"""Processes are killed between the commit of a change and the moment at which everybody has been told of it: a web
process before it has answered, a worker before it has delivered, before it has heard the answer, and before it has
written that down."""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from app.background import is_set_within
from tests.torture.faults import end, revive
from tests.torture.fleet import Member
from tests.torture.native.log_check import hurry
from tests.torture.native.operations import relabel
from tests.torture.operations import Operation
from tests.torture.run import Run
from tests.torture.script import Script, Step

KILL: Final = "kill between"
_ARRIVAL_SECONDS: Final = 240.0
_COMMIT_SECONDS: Final = 5.0
_LOG_CHANNEL: Final = "catalogue_log"
_FILLING: Final = 6

Moment = Callable[[Run, Step], Awaitable[None]]


async def _at_once(run: Run, step: Step) -> None:
    """The change has just been committed."""


async def _a_little_later(run: Run, step: Step) -> None:
    await asyncio.sleep(random.Random(step.pick).uniform(0, 0.6))


async def _at_arrival(run: Run, step: Step) -> None:
    """The receiver has what was sent, and has not answered."""
    run.receiver.held.clear()
    await _arrived(run)


async def _behind_the_answer(run: Run, step: Step) -> None:
    await _arrived(run)
    await asyncio.sleep(random.Random(step.pick).uniform(0, 0.02))


async def _arrived(run: Run) -> None:
    deadline = asyncio.get_running_loop().time() + _ARRIVAL_SECONDS
    while not await is_set_within(run.receiver.arrived, 1.0):
        await revive(run.fleet, run.fleet.workers[0])  # whose port somebody else may have had for a moment
        await hurry(run)
        if asyncio.get_running_loop().time() > deadline:
            run.complain(f"nothing was delivered within {_ARRIVAL_SECONDS:.0f} seconds")
            return


_MOMENTS: Final[tuple[tuple[str, Moment], ...]] = (
    ("web", _at_once),
    ("worker", _a_little_later),
    ("worker", _at_arrival),
    ("worker", _behind_the_answer),
)


async def kill_between(run: Run, step: Step) -> None:
    """One at a time; the change is repeated with its key until it is answered."""
    who, moment = _MOMENTS[step.pick % len(_MOMENTS)]
    victim = run.member(step.via) if who == "web" else run.fleet.workers[0]
    async with run.alone([step.product]), run.killing:
        if not run.galleries[step.product].images:
            return
        run.receiver.arrived.clear()
        async with run.fleet.oracle.told(_LOG_CHANNEL) as committed:
            asking = asyncio.create_task(relabel(run, step, 0, {}))
            with suppress(TimeoutError):
                async with asyncio.timeout(_COMMIT_SECONDS):
                    await committed.wait()
        await moment(run, step)
        await _killed(run, victim)
        run.figures.faults[f"kill {who} {moment.__name__.strip('_').replace('_', ' ')}"] += 1
        await asking


async def _killed(run: Run, victim: Member) -> None:
    await end(run.fleet, victim, signal.SIGKILL)
    run.receiver.held.set()
    await revive(run.fleet, victim)
    await hurry(run)


def kills(seed: int, number: int, store: str, count: int) -> Script:
    """A script of so many kills, and of nothing else once there are pictures."""
    dice = random.Random(f"{seed}/{number}/kills")
    more = {"picture": 0, "label": None, "position": None, "reads": False, "count": 1}
    products = (8, 9, 10)
    filling = [Step(n, "spree create", products[n % 3], 0, 0, more) for n in range(_FILLING)]
    killing = [
        Step(_FILLING + n, KILL, dice.choice(products), dice.randrange(2), dice.randrange(1000)) for n in range(count)
    ]
    return Script(seed, number, store, 2, 1, (*filling, *killing), readers=0)


KILLS: Final[dict[str, Operation]] = {KILL: kill_between}
