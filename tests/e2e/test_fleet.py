"""Several processes behind one address, under gunicorn."""

import asyncio
import signal
from pathlib import Path

import aiohttp

from app.db.pool import Database
from tests.e2e.conftest import SECRET_KEY, eventually, provision
from tests.http.test_scrape import figure
from tests.processes import ROOT, fleet, free_port, running, started

SETS = "/abstract-products/dress/abstract-product-image-sets"


async def test_a_fleet_tells_one_sum_and_reloads_without_a_lost_request(database: Database, tmp_path: Path) -> None:
    """Figures are those of all workers, whichever answers, the job worker's too; a reload exchanges the workers
    under load, every request is answered, and no figure falls."""
    await provision(database)
    place = {"DATABASE_URL": database.dsn, "DATA_DIR": tmp_path, "SECRET_KEY": SECRET_KEY, "RUN_WORKER": "false"}
    async with (
        fleet(2, DRAIN_SECONDS=1, LOG_SAMPLE=10**9, **place) as (base, gunicorn),
        running("worker", **place),
        aiohttp.ClientSession() as session,
    ):
        load = Load(base)

        async def told(name: str, **labels: str) -> float | None:
            async with session.get(f"{base}/metrics") as answer:
                return figure(await answer.text(), name, **labels)

        async def is_complete() -> bool:
            return await told("processes") == 3

        async def tells_all() -> bool:
            return await is_complete() and await told("http_request_seconds_count", room="glue") == load.done

        await eventually(is_complete, seconds=40)  # gunicorn forgets to end a worker that is told to before it is up
        clients = [asyncio.create_task(load.run()) for _ in range(4)]
        await eventually(lambda: load.has_done(200))
        before = await _workers(gunicorn.pid)
        gunicorn.send_signal(signal.SIGHUP)
        await eventually(lambda: _are_gone(before), seconds=40)
        await load.more(200)
        load.over.set()
        await asyncio.gather(*clients)
        assert load.statuses == {200}
        await eventually(tells_all)

        gunicorn.send_signal(signal.SIGTERM)
        assert await gunicorn.wait() == 0


async def test_a_fleet_does_not_start_an_embedded_database(tmp_path: Path) -> None:
    """Without a database of its own the fleet ends at once, and says what to set."""
    gunicorn = await started("-m", "gunicorn", "-c", "python:app.fleet_config", DATA_DIR=tmp_path, PORT=free_port())
    output, _ = await gunicorn.communicate()

    assert gunicorn.returncode not in (0, None)
    assert b"DATABASE_URL: several processes" in output
    assert str(ROOT / "app").encode() not in output  # gunicorn may show a traceback of its own, but none is ours


class Load:
    """Clients that keep their connections, as storefronts do; a request counts once it is answered."""

    def __init__(self, base: str) -> None:
        self._base = base
        self.done = 0
        self.statuses: set[int] = set()
        self.over = asyncio.Event()

    async def run(self) -> None:
        async with aiohttp.ClientSession() as session:
            while not self.over.is_set():
                async with session.get(f"{self._base}{SETS}") as answer:
                    await answer.read()
                    self.statuses.add(answer.status)
                    self.done += 1

    async def has_done(self, number: int) -> bool:
        return self.done >= number

    async def more(self, number: int) -> None:
        goal = self.done + number
        await eventually(lambda: self.has_done(goal))


async def _workers(master: int) -> list[int]:
    text = await asyncio.to_thread(Path(f"/proc/{master}/task/{master}/children").read_text)
    return [int(child) for child in text.split()]


async def _are_gone(pids: list[int]) -> bool:
    return not await asyncio.to_thread(lambda: any(Path(f"/proc/{pid}").exists() for pid in pids))
