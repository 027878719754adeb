"""`make torture`: rounds of faults over both stores, beside a model; `--planted` instead demands that planted bugs are
found. `docs/reliability.md` says what for."""

import argparse
import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.processes import ROOT
from tests.torture.native.kills import kills
from tests.torture.planted import PLANTED
from tests.torture.planting import Planted
from tests.torture.rounds import Ground, Outcome, ground
from tests.torture.run import Figures
from tests.torture.script import Profile, Script, generate, read_script
from tests.torture.shrink import shrunk

_FOLDER: Final = ROOT / "build" / "torture"
_KILLS_OF_A_ROUND: Final = 100


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="what rounds are drawn from; one is drawn and told")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--steps", type=int, default=60, help="steps of a round")
    parser.add_argument(
        "--kills", type=int, help="so many kills between a commit and what it leads to, and nothing else"
    )
    parser.add_argument("--fault-every", type=int, default=4, help="every so manieth step is a fault")
    parser.add_argument("--store", choices=("files", "s3", "both"), default="both")
    parser.add_argument("--script", type=Path, help="plays this script, and nothing else")
    parser.add_argument("--minutes", type=float, default=None, help="no round begins after so many")
    parser.add_argument("--no-shrink", action="store_true", help="a failure is told as it is")
    parser.add_argument("--planted", nargs="*", metavar="NAME", help="finds these planted bugs, or all")
    args = parser.parse_args()
    seed = random.SystemRandom().randrange(10**6) if args.seed is None else args.seed
    _say(f"seed {seed}, commit {_commit()}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    shutil.rmtree(_FOLDER, ignore_errors=True)
    _FOLDER.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="torture-", dir=_memory()) as place:
        return asyncio.run(_run(args, seed, Path(place)))


def _memory() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _commit() -> str:
    try:
        words = ("git", "-C", str(ROOT), "describe", "--always", "--dirty")
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _say(text: str) -> None:
    print(text, flush=True)


async def _run(args: argparse.Namespace, seed: int, place: Path) -> int:
    if task := asyncio.current_task():  # so that all that was started is ended
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with ground(place, _FOLDER) as here:
        if args.planted is not None:
            return await find_planted(here, seed, args.planted or list(PLANTED))
        if args.script is not None:
            return _reported(await here.play(read_script(args.script)), read_script(args.script))
        return await _rounds(here, args, seed)


def _script(here: Ground, args: argparse.Namespace, seed: int, number: int) -> Script:
    stores = ("files", "s3") if args.store == "both" else (args.store,)
    store = stores[number % len(stores)]
    if args.kills:
        return kills(seed, number, store, min(_KILLS_OF_A_ROUND, args.kills - number * _KILLS_OF_A_ROUND))
    two = number % 4 >= 2
    webs, workers = 2 if two or number % 2 else 1, 2 if two else 1
    profile = Profile(args.steps, args.fault_every, webs=webs, workers=workers)
    return generate(seed, number, store, profile, here.leave_out)


async def _rounds(here: Ground, args: argparse.Namespace, seed: int) -> int:
    began, sums = time.monotonic(), Figures()
    done = 0
    for number in range(-(-args.kills // _KILLS_OF_A_ROUND) if args.kills else args.rounds):
        if args.minutes is not None and time.monotonic() - began > args.minutes * 60:
            break
        script = _script(here, args, seed, number)
        outcome = await here.play(script)
        sums.add(outcome.figures)
        done += 1
        _say(f"round {number}: {script.store}, {_line(outcome)}")
        if outcome.wrong:
            await _report(here, script, outcome, shrink=not args.no_shrink)
            _say(_summary(sums, done, seed, time.monotonic() - began, len(outcome.wrong)))
            return 1
    _say(_summary(sums, done, seed, time.monotonic() - began, 0))
    return 0


def _line(outcome: Outcome) -> str:
    figures = outcome.figures
    words = f"{figures.operations.total()} operations, {figures.faults.total()} faults, {figures.images} images"
    return f"{words} acknowledged: {f'{len(outcome.wrong)} WRONG' if outcome.wrong else 'all is well'}"


async def _report(here: Ground, script: Script, outcome: Outcome, *, shrink: bool) -> None:
    for wrong in outcome.wrong:
        _say(f"WRONG: {wrong}\n")
    if shrink:
        _say("looking for a shorter script …")

        async def fails(shorter: Script) -> bool:
            return bool((await here.play(shorter)).wrong)

        script = await shrunk(script, fails)
    path = _FOLDER / "failing.jsonl"
    script.write(path)
    _say(f"seed {script.seed}, commit {_commit()}; {len(script.steps)} steps fail:\n{path.read_text()}")
    _say(
        f"again: .venv/bin/python -m tests.torture --script {path.relative_to(ROOT)}; logs: {_FOLDER.relative_to(ROOT)}"
    )


def _reported(outcome: Outcome, script: Script) -> int:
    _say(f"{script.store}, {_line(outcome)}")
    for wrong in outcome.wrong:
        _say(f"WRONG: {wrong}\n")
    return 1 if outcome.wrong else 0


def _summary(figures: Figures, rounds: int, seed: int, seconds: float, wrong: int) -> str:
    def reported(counter: dict[str, int]) -> str:
        return ", ".join(f"{name} {count}" for name, count in sorted(counter.items(), key=lambda one: -one[1]))

    lines = (
        f"{datetime.now(UTC):%Y-%m-%d}, commit {_commit()}, seed {seed}: {rounds} rounds in {seconds / 60:.1f} "
        f"minutes, load {os.getloadavg()[0]:.1f}",
        f"faults {figures.faults.total()}: {reported(figures.faults)}",
        f"operations {figures.operations.total()}: {reported(figures.operations)}",
        f"answers: {reported(figures.verdicts)}",
        f"images acknowledged {figures.images}, reads {figures.reads}, documents, files and rows compared "
        f"{figures.compared}, events delivered {figures.deliveries}",
        f"wrong {wrong}",
    )
    return "\n".join(lines)


async def find_planted(here: Ground, seed: int, names: list[str]) -> int:
    """Each planted bug has to be found within its rounds; what is not, is reported."""
    missed = list[str]()
    for name in names:
        began = time.monotonic()
        found = await _found(here, seed, name, PLANTED[name])
        took = f"{time.monotonic() - began:.0f} seconds"
        _say(f"{name}: {f'found in {took}: {found.splitlines()[0][:160]}' if found else f'NOT FOUND in {took}'}")
        if not found:
            missed.append(name)
    _say(f"{len(names) - len(missed)} of {len(names)} planted bugs were found{f'; not {missed}' if missed else ''}")
    return 1 if missed else 0


async def _found(here: Ground, seed: int, name: str, planted: Planted) -> str:
    for number in range(planted.rounds):
        script = generate(seed, number, planted.store, planted.profile, here.leave_out)
        outcome = await here.play(script, name)
        if outcome.wrong:
            return outcome.wrong[0]
    return ""


if __name__ == "__main__":
    sys.exit(main())
