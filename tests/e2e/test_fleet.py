"""Several processes behind one address, under gunicorn."""

import asyncio
import os
import signal
from pathlib import Path

import aiohttp
import pytest

from app.db.pool import Database
from tests.e2e.conftest import SECRET_KEY, eventually, provision
from tests.processes import fleet, free_port, running, started, until_ended
from tests.telemetry.test_scrape import figure

OUTSIDE = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
SETS = "/abstract-products/dress/abstract-product-image-sets"


@pytest.mark.timeout(240)  # processes start and drain, three times
async def test_a_fleet_tells_one_sum_and_reloads_without_a_lost_request(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Figures are those of all workers, whichever answers, the job worker's too; a reload exchanges the workers
    under load, every request is answered, no figure falls, and nobody complains of sockets at the end."""
    await provision(database)
    place = {"DATABASE_URL": database.dsn, "DATA_DIR": tmp_path, "SECRET_KEY": SECRET_KEY, "RUN_WORKER": "false"}
    async with (
        fleet(2, DRAIN_SECONDS=1, LOG_SAMPLE=10**9, **place) as (base, gunicorn),
        running("worker", **place),
        aiohttp.ClientSession() as session,
    ):
        load = Load(base)

        async def reported(name: str, **labels: str) -> float | None:
            async with session.get(f"{base}/metrics") as answer:
                return figure(await answer.text(), name, **labels)

        async def is_complete() -> bool:
            return await reported("processes") == 3

        async def tells_all() -> bool:
            return await is_complete() and await reported("http_request_seconds_count", room="glue") == load.done

        await eventually(is_complete, seconds=40)
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
    printed = capsys.readouterr().out
    assert "Shutting down" in printed
    assert "Errno 9" not in printed


async def test_workers_that_are_not_up_yet_can_be_told_to_end(database: Database, tmp_path: Path) -> None:
    """A reload just after the start exchanges workers that are only starting, without waiting for their time-out."""
    place = {"DATABASE_URL": database.dsn, "DATA_DIR": tmp_path, "SECRET_KEY": SECRET_KEY, "RUN_WORKER": "false"}
    words = ("-m", "gunicorn", "-c", "python:app.fleet_config")
    gunicorn = await started(*words, PORT=free_port(), WEB_CONCURRENCY=2, DRAIN_SECONDS=0, **place)
    async with until_ended(gunicorn):

        async def has_two() -> bool:
            return len(await _workers(gunicorn.pid)) == 2

        async def has_two_others() -> bool:
            return await has_two() and await _are_gone(before)

        await eventually(has_two)
        before = await _workers(gunicorn.pid)
        gunicorn.send_signal(signal.SIGHUP)
        await eventually(has_two_others, seconds=30)  # which is less than gunicorn's own patience


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({}, "DATABASE_URL: several processes need a Postgres that none of them starts and stops."),
        ({"PORT": "no"}, "PORT: "),
        (OUTSIDE, "SECRET_KEY: required together with DATABASE_URL"),
        (OUTSIDE | {"SECRET_KEY": SECRET_KEY, "TRUSTED_PROXIES": "moon"}, "TRUSTED_PROXIES: "),
    ],
    ids=["embedded", "port", "key", "proxies"],
)
async def test_a_fleet_that_is_set_up_wrongly_ends_before_it_has_workers(
    tmp_path: Path, environment: dict[str, str], sentence: str
) -> None:
    """One sentence says what to set, and nothing else has happened."""
    words = ("-m", "gunicorn", "-c", "python:app.fleet_config", "--bind", f"127.0.0.1:{free_port()}")
    gunicorn = await started(*words, DATA_DIR=tmp_path, **environment)
    output = (await gunicorn.communicate())[0].decode()

    assert gunicorn.returncode == 1
    assert output.count(sentence) == 1
    assert "Traceback" not in output
    assert "worker" not in output
    assert await asyncio.to_thread(os.listdir, tmp_path) == []


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
