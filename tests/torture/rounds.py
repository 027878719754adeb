"""A round: clients and faults by a script, then quiet, then every check."""

import asyncio
import json
import sys
import traceback
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp

from app.embedded.cluster import Cluster
from tests.processes import free_port
from tests.tmpfs import may_have_small_discs, mounted_disc
from tests.torture.checks import check
from tests.torture.clients import Client
from tests.torture.commands import COMMANDS
from tests.torture.faults import FAULTS
from tests.torture.fleet import DURABLE_ENOUGH, Shop, StoreKind, fleet, made_shop
from tests.torture.native.following import follow_on, stream_on
from tests.torture.native.kills import KILLS
from tests.torture.native.operations import NATIVE
from tests.torture.nursery import Nursery, nursery
from tests.torture.operations import OPERATIONS
from tests.torture.readers import read_on
from tests.torture.run import Figures, Run, Wrong
from tests.torture.script import Script, Step

_AT_ONCE: Final = 6
_DISC_BYTES: Final = 96 * 1024 * 1024
_FAULTS_SECONDS: Final = 60.0
_ROUND_SECONDS: Final = 600.0
_STEP_SECONDS: Final = 6.0
"""More for each step: on a machine with much else to do."""
_WATCH_SECONDS: Final = 0.3
_WORK: Final = {**OPERATIONS, **NATIVE, **KILLS, **COMMANDS}


@dataclass
class Outcome:
    """What a round has shown; without `wrong` all was well."""

    wrong: list[str]
    figures: Figures = field(default_factory=Figures)


class Ground:
    """What rounds have in common: a Postgres, an S3 server, a launcher of processes."""

    def __init__(self, nursery: Nursery, shop: Shop, folder: Path, s3: str) -> None:
        self._nursery = nursery
        self._shop = shop
        self._folder = folder
        self._s3 = s3
        self._rounds = 0
        self.has_small_discs = may_have_small_discs()

    @property
    def leave_out(self) -> frozenset[str]:
        """Faults that cannot be had here."""
        return frozenset() if self.has_small_discs else frozenset({"fill disc"})

    async def play(self, script: Script, planted: str = "") -> Outcome:
        self._rounds += 1
        folder = self._folder / f"{self._rounds:03d}-{script.store}{f'-{planted}' if planted else ''}"
        folder.mkdir(parents=True)
        script.write(folder / "script.jsonl")
        async with AsyncExitStack() as stack:
            disc = folder / "data"
            disc.mkdir()
            if self.has_small_discs:
                disc = stack.enter_context(mounted_disc(_DISC_BYTES))
            seconds = _ROUND_SECONDS + _STEP_SECONDS * len(script.steps)
            try:
                async with asyncio.timeout(seconds):
                    return await self._play(script, folder, disc, planted)
            except TimeoutError:
                return Outcome([f"the round took more than {seconds:.0f} seconds"])
            finally:
                if not self._shop.cluster.pid:
                    await self._shop.cluster.start()

    async def _play(self, script: Script, folder: Path, disc: Path, planted: str) -> Outcome:
        kind: StoreKind = "s3" if script.store == "s3" else "files"
        options = {"webs": script.webs, "workers": script.workers, "s3": self._s3, "planted": planted}
        number = f"{self._rounds}"
        async with fleet(self._nursery, self._shop, folder, disc, kind, number=number, **options) as made:  # type: ignore[arg-type]
            connector = aiohttp.TCPConnector(force_close=True, limit=0)
            async with aiohttp.ClientSession(connector=connector, auto_decompress=True) as session:
                run = Run(made, Client(self._shop, session), self._rounds)
                async with run.receiver.opened():
                    await _add_webhook(run)
                    await _played(run, script)
                (folder / "wrong.txt").write_text("\n\n".join(run.wrong))
                return Outcome(run.wrong, run.figures)


async def _add_webhook(run: Run) -> None:
    """Before anything goes wrong."""
    body = json.dumps({"url": run.receiver.url}).encode()
    answer = await run.client.native(run.member(0), "POST", "webhooks", body, request="webhook")
    assert answer.status == 201, answer
    run.receiver.webhook = answer.json()["id"]
    [row] = await run.fleet.oracle.fetch("select max(id) as id from change")
    run.receiver.behind = row["id"]


async def _played(run: Run, script: Script) -> None:
    reading = [asyncio.create_task(read_on(run, script.seed + number)) for number in range(script.readers)]
    reading += [asyncio.create_task(follow(run, script.seed)) for follow in (follow_on, stream_on)]
    watching = asyncio.create_task(_watch_jobs(run))
    faults = list[asyncio.Task[None]]()
    try:
        await _worked(run, script, faults)
        if faults:
            await asyncio.wait(faults, timeout=_FAULTS_SECONDS)
    finally:
        for task in (*reading, watching, *faults):
            task.cancel()
        ended = await asyncio.gather(*reading, watching, *faults, return_exceptions=True)
    for error in ended:
        if isinstance(error, Exception):
            run.complain("".join(traceback.format_exception(error)))
    if not run.violations:
        await _checked(run)


async def _checked(run: Run) -> None:
    try:
        await check(run)
    except Wrong as wrong:
        run.complain(str(wrong))
    except Exception:
        run.complain(traceback.format_exc())


async def _worked(run: Run, script: Script, faults: list[asyncio.Task[None]]) -> None:
    """The steps begin in their order, so many at a time; each waits for whoever has its gallery."""
    places = asyncio.Semaphore(_AT_ONCE)
    at_work = set[asyncio.Task[None]]()
    for step in script.steps:
        if run.violations:
            break
        if step.do.startswith("fault: "):
            faults.append(asyncio.create_task(_fault(run, step)))
            await asyncio.sleep(0)
            continue
        await places.acquire()
        task = asyncio.create_task(_operation(run, step))
        at_work.add(task)
        task.add_done_callback(lambda task: (at_work.discard(task), places.release()))  # type: ignore[func-returns-value]
    if at_work:
        await asyncio.wait(at_work)


async def _operation(run: Run, step: Step) -> None:
    run.figures.operations[step.do] += 1
    work = _WORK[step.do]
    run.note(f"begins {step}")
    try:
        await work(run, step)
        run.note(f"ends {step.number}")
    except Wrong as wrong:
        run.complain(str(wrong))
    except Exception:
        run.complain(f"step {step}:\n{traceback.format_exc()}")


async def _fault(run: Run, step: Step) -> None:
    kind = step.do.removeprefix("fault: ")
    run.figures.faults[kind] += 1
    run.note(f"begins {step}")
    await FAULTS[kind](run, step)
    run.note(f"ends {step.number}, {kind}")


async def _watch_jobs(run: Run) -> None:
    """Of the same bytes never two jobs wait or are in hand."""
    while True:
        if doubled := await run.fleet.oracle.doubled_jobs():
            run.complain(f"two jobs for {doubled}")
        await asyncio.sleep(_WATCH_SECONDS)


@asynccontextmanager
async def ground(place: Path, folder: Path) -> AsyncIterator[Ground]:
    """Postgres lies at `place`, which should be in memory; logs and scripts go to `folder`."""
    cluster = Cluster(place / "ground", DURABLE_ENOUGH)
    async with nursery() as started, _s3_server(folder) as s3:
        await cluster.start()
        try:
            yield Ground(started, await made_shop(cluster), folder, s3)
        finally:
            await cluster.stop()


@asynccontextmanager
async def _s3_server(folder: Path) -> AsyncIterator[str]:
    """moto's, in a process of its own."""

    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "s3.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)), stdout=log, stderr=log
        )
    address = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(60), aiohttp.ClientSession() as session:
            while True:
                with suppress(aiohttp.ClientError):
                    async with session.get(address):
                        break
                await asyncio.sleep(0.1)
        yield address
    finally:
        process.kill()
        await process.wait()
