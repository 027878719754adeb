"""What rule sets say of a million images, as one table: time, and memory of the process that sends it."""

import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
import asyncpg

from app.db.migrate import migrate
from app.db.pool import Database
from app.embedded.cluster import Cluster
from app.service.catalogue.keys import KeyOptions, put_key
from bench.servers import HOST, Server, ours
from bench.shop import Shop, fill, settings_of
from bench.table import Row

_IMAGES: Final = 1_000_000
_FOLDER: Final = Path(__file__).parents[1] / "build"
_MADE: Final = Path(__file__).with_suffix(".sql")
_SECONDS: Final = 3600.0
_MOST_MEMORY: Final = 32  # MB more than before
_MB: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class _Sent:
    """Lines of a table without its head, the seconds that all and the first took, and by how many MB the process
    grew."""

    lines: int
    seconds: float
    first: float
    memory: float

    def __str__(self) -> str:
        return f"{self.seconds:.0f} s, first line after {self.first * 1000:.0f} ms, {self.memory:+.0f} MB"


async def checks_of_a_million(_: Shop) -> list[Row]:
    _FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-checks-", dir=_FOLDER) as name:
        async with _filled(Path(name)) as (dsn, key), ours(settings_of(dsn, Path(name))) as server:
            await _sent(server, key, "set=house&result=not_checked")  # to warm up
            rows = [
                await _row(server, key, "all", "set=house"),
                await _row(server, key, "failed", "set=house&result=fail"),
            ]
    return rows


async def _row(server: Server, key: str, what: str, query: str) -> Row:
    sent = await _sent(server, key, query)
    title = f"checks of {_IMAGES:,} images as CSV, {what}: {sent.lines:,} lines"
    return Row(title, str(sent), target=f"<= +{_MOST_MEMORY} MB", met=sent.memory <= _MOST_MEMORY)


async def _sent(server: Server, key: str, query: str) -> _Sent:
    headers = {"Authorization": f"Bearer {key}", "Accept": "text/csv"}
    url, before, began = f"http://{HOST}:{server.port}/v1/checks?{query}", server.memory(), time.perf_counter()
    lines, most, first = 0, before, 0.0
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    async with aiohttp.request("GET", url, headers=headers, timeout=timeout) as answer:
        assert answer.status == 200
        async for chunk in answer.content.iter_any():
            first = first or time.perf_counter() - began
            lines += chunk.count(b"\n")
            most = max(most, server.memory())
    return _Sent(lines - 1, time.perf_counter() - began, first, (most - before) / _MB)


@asynccontextmanager
async def _filled(folder: Path) -> AsyncIterator[tuple[str, str]]:
    """Where the shop is, and a reader's key."""
    print(f"filling a shop of {_IMAGES:,} images", flush=True)
    cluster = Cluster(folder, {"fsync": "off"})
    await cluster.start()
    try:
        await migrate(cluster.dsn)
        async with Database(cluster.dsn) as database:
            async with database.transaction() as tx:
                await tx.connection.execute("set local session_replication_role = replica")
                await fill(tx, _IMAGES // 3 + 1)
                await tx.connection.execute(_MADE.read_text(), timeout=_SECONDS)
            await _vacuum(cluster.dsn)
            yield cluster.dsn, (await put_key(database, KeyOptions("reader", ["v1"], "bench")))[1]
    finally:
        await cluster.stop()


async def _vacuum(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("vacuum analyze", timeout=_SECONDS)
    finally:
        await connection.close()
