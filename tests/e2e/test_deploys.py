"""Deploys: processes come and go under load, and nobody outside notices."""

import asyncio
import itertools
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from oauthlib.oauth1 import Client as Signer

from app.db.connections.connect import Connection
from app.db.migrate import MIGRATION_LOCK
from app.db.pool import Database
from app.db.queue.jobs import queue_depths
from app.service.catalogue.oauth import IssuedToken
from tests.e2e.conftest import SECRET_KEY, eventually, provision
from tests.e2e.test_main_job import body
from tests.pictures import encoded, picture
from tests.processes import free_port, running, serving

IMAGES: Final = "/api/rest/products/dress/images"
READS: Final = ("/abstract-products/dress/abstract-product-image-sets", IMAGES, "/media/catalog/product/i/m/image.jpg")


@dataclass
class Balancer:
    """Asks every process whether it is ready, many times a second, and names those that are."""

    bases: list[str]
    ready: set[str] = field(default_factory=set)

    async def watch(self) -> None:
        async with aiohttp.ClientSession() as session:
            for base in itertools.cycle(self.bases):
                await self._ask(session, base)
                await asyncio.sleep(0.05)

    async def has(self, base: str) -> bool:
        return base in self.ready

    async def _ask(self, session: aiohttp.ClientSession, base: str) -> None:
        try:
            async with session.get(f"{base}/health/ready") as answer:
                is_ready = answer.status == 200
        except aiohttp.ClientError:
            is_ready = False
        (self.ready.add if is_ready else self.ready.discard)(base)


Send = Callable[[aiohttp.ClientSession, str], Awaitable[int]]
"""From a session and a base URL to the status of the answer."""


@dataclass
class Clients:
    """Keep their connections, as storefronts and pipelines do. A connection that is refused costs no request, since
    nothing was sent: the next process gets it. Any other failure is a lost one."""

    balancer: Balancer
    outcomes: Counter[str | int] = field(default_factory=Counter)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, send: Send) -> None:
        turns = itertools.count()
        async with aiohttp.ClientSession(headers={"Accept": "application/json"}) as session:
            while not self.over.is_set():
                ready = sorted(self.balancer.ready)
                try:
                    self.outcomes[await send(session, ready[next(turns) % len(ready)])] += 1
                except aiohttp.ClientConnectorError:
                    continue
                except (aiohttp.ClientError, OSError) as error:
                    self.outcomes[f"{type(error).__name__}: {error}"] += 1

    async def more(self, number: int) -> None:
        goal = self.outcomes.total() + number

        async def reached() -> bool:
            return self.outcomes.total() >= goal

        await eventually(reached)


class Uploads:
    """The same few pictures again and again; `locations` are those of the images acknowledged."""

    def __init__(self, admin: IssuedToken, side: int = 60) -> None:
        self._signer = Signer(admin.consumer_key, admin.consumer_secret, admin.token, admin.token_secret)
        self._bodies = itertools.cycle([body(encoded(picture(side, side, seed=seed))) for seed in range(5)])
        self.locations: list[str] = []

    def signed(self, base: str) -> dict[str, str]:
        _, headers, _ = self._signer.sign(f"{base}{IMAGES}", "POST")
        return {**headers, "Content-Type": "application/json"}

    async def send(self, session: aiohttp.ClientSession, base: str) -> int:
        url = f"{base}{IMAGES}"
        async with session.post(url, data=next(self._bodies), headers=self.signed(base)) as answer:
            if answer.status == 200:
                self.locations.append(answer.headers["Location"])
            return answer.status


def read(path: str) -> Send:
    async def send(session: aiohttp.ClientSession, base: str) -> int:
        async with session.get(f"{base}{path}") as answer:
            await answer.read()
            return answer.status

    return send


def place(database: Database, data_dir: Path) -> dict[str, Any]:
    return {
        "DATABASE_URL": database.dsn,
        "DATA_DIR": data_dir,
        "SECRET_KEY": SECRET_KEY,
        "DRAIN_SECONDS": 1,
        "LOG_SAMPLE": 10**9,
        "CODEC_PROCESSES": 1,
    }


@pytest.mark.timeout(240)  # a dozen processes start and drain, one after the other
async def test_a_rolling_restart_under_load_loses_no_request(database: Database, tmp_path: Path) -> None:
    """Two processes are restarted one after the other while many read and upload: every request is answered with
    200, every acknowledged image is listed, and every job is done."""
    admin, _ = await provision(database)
    uploads, options, ports = Uploads(admin), place(database, tmp_path), (free_port(), free_port())
    balancer = Balancer([f"http://127.0.0.1:{port}" for port in ports])
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        processes = [await stack.enter_async_context(serving(port, **options)) for port in ports]
        watching = tasks.create_task(balancer.watch())
        for base, _ in processes:
            await eventually(lambda base=base: balancer.has(base))
        async with aiohttp.ClientSession() as session:
            assert await uploads.send(session, processes[0][0]) == 200  # the first one: then /media/ has something
        clients = Clients(balancer)
        load = [tasks.create_task(clients.run(read(path))) for path in (*READS, *READS)]
        load += [tasks.create_task(clients.run(uploads.send)) for _ in range(2)]
        for port, (base, process) in zip(ports, processes, strict=True):
            await clients.more(100)
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
            await stack.enter_async_context(serving(port, **options))
            await eventually(lambda base=base: balancer.has(base))
        await clients.more(100)
        clients.over.set()
        await asyncio.gather(*load)
        watching.cancel()

        assert set(clients.outcomes) == {200}, clients.outcomes
        async with (
            aiohttp.ClientSession(headers={"Accept": "application/json"}) as session,
            session.get(f"{processes[0][0]}{IMAGES}") as answer,
        ):
            listed = {f"{IMAGES}/{image['id']}" for image in await answer.json()}
        assert set(uploads.locations) == listed
        await eventually(lambda: _is_idle(database))


async def _is_idle(database: Database) -> bool:
    return not await queue_depths(database)


async def test_an_upload_in_flight_is_finished(database: Database, tmp_path: Path) -> None:
    """An upload whose second half comes after SIGTERM is kept and answered, on a connection that then ends, while
    readiness is red and no job is begun; the process ends in order, and no sooner."""
    admin, _ = await provision(database)
    uploads, content = Uploads(admin), body(encoded(picture(600, 400))).encode()
    begun, reported = asyncio.Event(), asyncio.Event()

    async def halves() -> AsyncIterator[bytes]:
        yield content[: len(content) // 2]
        begun.set()
        await reported.wait()
        yield content[len(content) // 2 :]

    async with serving(**place(database, tmp_path)) as (base, process), aiohttp.ClientSession() as session:
        request = session.post(f"{base}{IMAGES}", data=halves(), headers=uploads.signed(base))
        upload = asyncio.ensure_future(request)
        await begun.wait()
        process.send_signal(signal.SIGTERM)

        async def drains() -> bool:
            async with session.get(f"{base}/health/ready") as answer:
                assert answer.status == 200 or answer.headers["Connection"] == "close"
                return answer.status == 503 and (await answer.json())["status"] == "draining"

        await eventually(drains)
        reported.set()
        async with await upload as answer:
            assert answer.status == 200
            assert answer.headers["Connection"] == "close"
        assert await process.wait() == 0
    assert [depth.in_hand for depth in await queue_depths(database)] == [0]


@pytest.mark.timeout(120)  # a process is started
@pytest.mark.parametrize("words", ["serve", "worker"])
async def test_who_waits_for_others_migrations_ends_when_told_to(
    database: Database, connection: Connection, tmp_path: Path, words: str
) -> None:
    """A process that is told to end while another one migrates does not wait for that: it ends at once, in order."""
    await connection.execute("select pg_advisory_lock($1)", MIGRATION_LOCK)
    async with running(words, **place(database, tmp_path)) as process:

        async def asks() -> bool:
            """It has a connection, and asks for the lock again and again."""
            return bool(await connection.fetchval(_ASKS))

        await eventually(asks, seconds=50)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            assert await process.wait() == 0


_ASKS: Final = (
    "select exists (select from pg_stat_activity where query like '%pg_try_advisory_lock%' "
    "and datname = current_database() and pid <> pg_backend_pid())"
)
