"""What goes wrong while clients work: a fault begins at once, lasts for a while, and is over when its function ends."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from tests.tmpfs import filled
from tests.torture.fleet import Fleet, Member
from tests.torture.run import Run
from tests.torture.s3_proxy import TROUBLES, Trouble
from tests.torture.script import Step

_END_SECONDS: Final = 60.0
_LOOKS_FOR_JOB: Final = 60

Fault = Callable[[Run, Step], Awaitable[None]]


def _seconds(step: Step) -> float:
    return float(step.more["seconds"])


def _one_of(members: list[Member], step: Step) -> Member:
    return members[step.via % len(members)]


# --- processes ---


def killing(webs: bool, sign: signal.Signals) -> Fault:
    async def kill(run: Run, step: Step) -> None:
        member = _one_of(run.fleet.webs if webs else run.fleet.workers, step)
        await end(run.fleet, member, sign)
        await asyncio.sleep(_seconds(step) / 2)
        await revive(run.fleet, member)

    return kill


async def end(fleet: Fleet, member: Member, sign: signal.Signals = signal.SIGKILL) -> None:
    async with fleet.starting:
        if member.child is not None and member.is_up:
            member.send(sign)
            if member.child.is_stopped:
                member.send(signal.SIGCONT)
            try:
                async with asyncio.timeout(_END_SECONDS):
                    await member.child.ended.wait()
            except TimeoutError:
                fleet.trouble.append(f"{member.name} did not end within {_END_SECONDS:.0f} seconds of {sign.name}")
                member.send(signal.SIGKILL)
                await member.child.ended.wait()


async def revive(fleet: Fleet, member: Member) -> None:
    """Starts it, unless somebody else has."""
    async with fleet.starting:
        if not member.is_up:
            await fleet.start(member)


async def kill_busy_worker(run: Run, step: Step) -> None:
    """With a job in hand: its codec children stand still until it has one."""
    member = _one_of(run.fleet.workers, step)
    children = children_of(member.child.pid) if member.child is not None and member.is_up else []
    _send_all(children, signal.SIGSTOP)
    for _ in range(_LOOKS_FOR_JOB):
        if await run.fleet.oracle.fetch("select from pgqueuer where status = 'picked'"):
            break
        await asyncio.sleep(0.05)
    await end(run.fleet, member)
    _send_all(children, signal.SIGCONT)
    await asyncio.sleep(_seconds(step) / 2)
    await revive(run.fleet, member)


def _send_all(processes: list[int], sign: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, sign)


def stopping(webs: bool) -> Fault:
    async def stop(run: Run, step: Step) -> None:
        member = _one_of(run.fleet.webs if webs else run.fleet.workers, step)
        child = member.child
        member.send(signal.SIGSTOP)
        await asyncio.sleep(_seconds(step))
        if child is not None:
            child.send(signal.SIGCONT)

    return stop


def children_of(pid: int) -> list[int]:
    """The codec children of a process."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(child) for child in task.read_text().split()]
    return sorted(set(found))


async def kill_child(run: Run, step: Step) -> None:
    _send_all(_codec_children(run, step), signal.SIGKILL)


async def stop_child(run: Run, step: Step) -> None:
    found = _codec_children(run, step)
    _send_all(found, signal.SIGSTOP)
    await asyncio.sleep(_seconds(step))
    _send_all(found, signal.SIGCONT)


def _codec_children(run: Run, step: Step) -> list[int]:
    members = [member for member in (*run.fleet.webs, *run.fleet.workers) if member.is_up]
    found = [child for member in members if member.child for child in children_of(member.child.pid)]
    return found[step.pick % len(found) :][: step.more["count"]] if found else []


async def kill_command(run: Run, step: Step) -> None:
    """Whichever is under way now, or begins soon."""
    for _ in range(20):
        for child in list(run.fleet.commands):
            await asyncio.sleep(_seconds(step) / 10)
            child.send(signal.SIGKILL)
            return
        await asyncio.sleep(0.05)


# --- Postgres, and the way to it ---


async def silence_database(run: Run, step: Step) -> None:
    for member in _some(run, step):
        member.proxy.silence()


async def silence_listener(run: Run, step: Step) -> None:
    for member in _some(run, step):
        member.proxy.silence(lambda sent: b"LISTEN" in sent)


async def cut_database(run: Run, step: Step) -> None:
    for member in _some(run, step):
        member.proxy.cut()


async def delay_database(run: Run, step: Step) -> None:
    with _one_of([*run.fleet.webs, *run.fleet.workers], step).proxy.delayed():
        await asyncio.sleep(min(_seconds(step), 2.0))


async def lose_commit(run: Run, step: Step) -> None:
    for member in _some(run, step):
        member.proxy.loses_commits += step.more["count"]
    await asyncio.sleep(_seconds(step))
    for member in _some(run, step):
        member.proxy.loses_commits = 0


def _some(run: Run, step: Step) -> list[Member]:
    everybody = [*run.fleet.webs, *run.fleet.workers]
    return everybody if step.pick % 3 == 0 else [_one_of(everybody, step)]


async def terminate_backends(run: Run, step: Step) -> None:
    await run.fleet.oracle.fetch(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and application_name <> 'oracle'"
    )


async def kill_backend(run: Run, step: Step) -> None:
    """Postgres ends all others, then, and recovers."""
    rows = await run.fleet.oracle.fetch(
        "select pid from pg_stat_activity where datname = current_database() and application_name <> 'oracle'"
    )
    if rows:
        with suppress(ProcessLookupError):
            os.kill(rows[step.pick % len(rows)][0], signal.SIGKILL)


async def kill_postgres(run: Run, step: Step) -> None:
    async with run.fleet.postgres:
        cluster = run.fleet.shop.cluster
        if cluster.pid is not None:
            os.kill(cluster.pid, signal.SIGKILL)
        while _working_in(cluster.folder):
            await asyncio.sleep(0.05)
        await asyncio.sleep(_seconds(step) / 2)
        await cluster.stop()
        await cluster.start()


async def restart_postgres(run: Run, step: Step) -> None:
    async with run.fleet.postgres:
        await run.fleet.shop.cluster.stop()
        await asyncio.sleep(_seconds(step) / 2)
        await run.fleet.shop.cluster.start()


async def stop_postgres(run: Run, step: Step) -> None:
    async with run.fleet.postgres:
        stopped = _working_in(run.fleet.shop.cluster.folder)
        _send_all(stopped, signal.SIGSTOP)
        await asyncio.sleep(_seconds(step))
        _send_all(stopped, signal.SIGCONT)


def _working_in(folder: Path) -> list[int]:
    """Processes whose working directory is that folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").samefile(folder) and " Z " not in (process / "stat").read_text():
                found.append(int(process.name))
    return found


# --- the disc, and the store ---


async def fill_disc(run: Run, step: Step) -> None:
    with suppress(OSError), filled(run.fleet.disc, leaving=step.pick % 3 * 40_000):
        await asyncio.sleep(_seconds(step))


async def cut_power(run: Run, step: Step) -> None:
    """Of the machine with web processes, workers and files; Postgres stands on another one."""
    fleet = run.fleet
    async with fleet.starting:
        fleet.may_start.clear()
        members = [*fleet.webs, *fleet.workers]
        for member in members:
            member.send(signal.SIGKILL)
        for command in list(fleet.commands):
            command.send(signal.SIGKILL)
        for child in (*(member.child for member in members), *list(fleet.commands)):
            if child is not None:
                await child.ended.wait()
        lost = await asyncio.to_thread(fleet.objects.cut)
        run.figures.faults["files that a power cut took"] += len(lost)
        fleet.may_start.set()
        for member in members:
            await fleet.start(member)


def s3_trouble(trouble: Trouble) -> Fault:
    async def spoil(run: Run, step: Step) -> None:
        if run.fleet.s3 is not None:
            run.fleet.s3.ahead.extend([trouble] * step.more["count"])
            await asyncio.sleep(_seconds(step))

    return spoil


FAULTS: Final[dict[str, Fault]] = {
    "kill web": killing(True, signal.SIGKILL),
    "end web": killing(True, signal.SIGTERM),
    "stop web": stopping(True),
    "kill worker": killing(False, signal.SIGKILL),
    "kill busy worker": kill_busy_worker,
    "stop worker": stopping(False),
    "kill child": kill_child,
    "stop child": stop_child,
    "kill command": kill_command,
    "silence database": silence_database,
    "silence listener": silence_listener,
    "cut database": cut_database,
    "delay database": delay_database,
    "lose commit": lose_commit,
    "terminate backends": terminate_backends,
    "kill backend": kill_backend,
    "kill postgres": kill_postgres,
    "restart postgres": restart_postgres,
    "stop postgres": stop_postgres,
    "fill disc": fill_disc,
    "cut power": cut_power,
    **{f"s3 {trouble}": s3_trouble(trouble) for trouble in TROUBLES},
}


async def heal(run: Run) -> None:
    """Whatever is still wrong is put right; no web process is restarted but those that are dead."""
    fleet = run.fleet
    if fleet.s3 is not None:
        fleet.s3.ahead.clear()
    for member in (*fleet.webs, *fleet.workers):
        member.send(signal.SIGCONT)
        member.proxy.loses_commits = 0
        await revive(fleet, member)
