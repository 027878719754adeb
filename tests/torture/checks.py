"""After a round: all that was acknowledged, through every API of every process and of one that has just started."""

import asyncio
from typing import Any, Final

from tests.torture.faults import heal
from tests.torture.files_check import check_files
from tests.torture.fleet import Fleet, Member
from tests.torture.galleries_check import check_galleries
from tests.torture.leftovers_check import check_commands, check_leftovers
from tests.torture.native.log_check import check_log
from tests.torture.run import Run

_READY_SECONDS: Final = 40.0
_DRAINED_SECONDS: Final = 90.0
_SHOWN_SECONDS: Final = 3.0
"""A change shows in every process within one second, or two where a connection fell silent; and a busy machine."""


async def check(run: Run) -> None:
    """Complains of all that is not as it should be."""
    fleet = run.fleet
    await _well_again(run)
    run.note("all processes are ready")
    await _drained(run)
    if run.wrong:
        return
    await fleet.start(fleet.cold)
    await _ready(run, fleet.cold)
    await asyncio.sleep(_SHOWN_SECONDS)
    run.note("the queue is empty, and a cold process is there")
    members = [*fleet.webs, fleet.cold]
    await check_galleries(run, members)
    run.note("documents were compared")
    await check_log(run, members)
    run.note("log, feed and deliveries were compared")
    if run.wrong:
        return
    await check_files(run, members)
    run.note("files were compared")
    await check_commands(run)
    await check_leftovers(run)
    run.note("nothing is left over")
    for member in (*members, *fleet.workers):
        await asyncio.to_thread(fleet.read_log, member)


async def _well_again(run: Run) -> None:
    await heal(run)
    for member in (*run.fleet.webs, *run.fleet.workers):
        await _ready(run, member)


async def _ready(run: Run, member: Member) -> None:
    try:
        await run.fleet.until_ready(member, _READY_SECONDS)
    except AssertionError as late:
        run.complain(str(late))


async def _drained(run: Run) -> None:
    """No job waits or is in hand, none has failed that should not have."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _DRAINED_SECONDS
    while (left := await _jobs(run.fleet)) and loop.time() < deadline:
        await asyncio.sleep(0.1)
    if left:
        run.complain(f"jobs are left after {_DRAINED_SECONDS:.0f} seconds: {left}")


async def _jobs(fleet: Fleet) -> list[Any]:
    return [dict(row) for row in await fleet.oracle.fetch("select status, entrypoint, attempts from pgqueuer")]
