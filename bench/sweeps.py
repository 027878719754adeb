"""`python -m bench.sweeps [--images N]`: what sweeps and a purge take in a large shop, and how long
they hold up uploads."""

import argparse
import asyncio
import os
import random
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

import asyncpg
import uvloop

from app.db.migrate import migrate
from app.db.pool import Database
from app.embedded.cluster import Cluster
from app.model import BlobHash, segment_of
from app.service.pictures.claims import claim, lock_blob
from app.service.renditions.kept_recipes import register
from app.settings import Settings
from app.store import blob_key, rendition_key
from app.wiring.parts import Parts
from bench.shop import fill
from bench.table import table

_FOLDER: Final = Path(__file__).parents[1] / "build"
_FILL: Final = Path(__file__).with_suffix(".sql")
_AGED: Final = (("blob", "created_at"), ("blob_claim", "claimed_at"), ("rendition", "created_at"))
_WEEK: Final = timedelta(days=7)
_PAUSE: Final = 0.01  # seconds between the uploads that look how long they are held up


@dataclass
class Waits:
    """How long each upload waited for its statements, in seconds, while something else ran."""

    seconds: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        found = sorted(self.seconds)
        if not found:
            return ""
        return f"{found[int(0.99 * (len(found) - 1))] * 1000:.0f} / {found[-1] * 1000:.0f} ms of {len(found):,}"


async def measure(images: int) -> None:
    _FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-sweeps-", dir=_FOLDER) as name:
        folder = Path(name)
        cluster = Cluster(folder)
        await cluster.start()
        try:
            settings = Settings(data_dir=folder, database_url=cluster.dsn, secret_key="k" * 32)
            await _filled(cluster.dsn, settings, images // 3)
            parts = Parts(settings, cluster.dsn)
            async with parts.opened():
                await asyncio.to_thread(_write_objects, folder / "objects", settings, images // 100)
                print(table([("what", "seconds", "uploads meanwhile: p99 / longest"), *await _figures(parts)]))
        finally:
            await cluster.stop()
    print(f"\n{images:,} images, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


async def _figures(parts: Parts) -> list[tuple[str, str, str]]:
    blobs = [BlobHash(row["hash"].hex()) for row in await parts.storage.database.fetch("blob_hashes_behind", b"\x80")]

    async def sweep(*, dry_run: bool) -> int:
        return len([blob async for blob in parts.upkeep.housekeeping.sweep(_WEEK, dry_run=dry_run)])

    async def plan() -> int:
        return (await parts.upkeep.recipe_change.plan()).renditions

    async def renditions() -> int:
        return (await parts.upkeep.unused_renditions.sweep(_WEEK))[0]

    async def purge() -> int:
        return await parts.upkeep.purge.purge(await parts.upkeep.purge.find("1"))

    async def forget() -> int:
        return int(await parts.storage.database.fetchval("forget_served_claims", timedelta(hours=1), 0))

    return [
        await _timed("a page of the worker's look for served claims, up to", parts, blobs, forget),
        await _timed("`blobs sweep --dry-run`, found", parts, blobs, lambda: sweep(dry_run=True)),
        await _timed("`blobs sweep`, removed", parts, blobs, lambda: sweep(dry_run=False)),
        await _timed("`blobs sweep` again, removed", parts, blobs, lambda: sweep(dry_run=False)),
        await _timed("`renditions plan`, missing", parts, blobs, plan),
        await _timed("`renditions sweep`, removed", parts, blobs, renditions),
        await _timed("`renditions sweep` again, removed", parts, blobs, renditions),
        await _timed("`image purge`, images", parts, blobs, purge),
    ]


async def _timed(
    name: str, parts: Parts, blobs: list[BlobHash], work: Callable[[], Awaitable[int]]
) -> tuple[str, str, str]:
    async with uploading(parts.storage.database, blobs) as waits:
        began = time.perf_counter()
        count = await work()
        seconds = time.perf_counter() - began
    print(f"{name} {count:,}: {seconds:.1f} s, uploads {waits}", flush=True)
    return f"{name} {count:,}", f"{seconds:.1f}", str(waits)


@asynccontextmanager
async def uploading(database: Database, blobs: list[BlobHash]) -> AsyncIterator[Waits]:
    waits = Waits()
    task = asyncio.create_task(_upload(database, blobs, waits))
    try:
        yield waits
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _upload(database: Database, blobs: list[BlobHash], waits: Waits) -> None:
    """The statements of an upload that may have to wait: the claim, the hash's lock, the product's."""
    while True:
        blob, began = random.choice(blobs), time.perf_counter()
        await claim(database, blob)
        async with database.transaction() as tx:
            await lock_blob(tx, blob)
            await tx.fetch("lock_products", [random.randint(1, 1000)])
        waits.seconds.append(time.perf_counter() - began)
        await asyncio.sleep(_PAUSE)


async def _filled(dsn: str, settings: Settings, products: int) -> None:
    """All of it sixty days old, so that nothing is too young to be swept."""
    print(f"filling a shop of {3 * products:,} images", flush=True)
    await migrate(dsn)
    async with Database(dsn) as database, database.transaction() as tx:
        await register(tx, (settings.clean, *settings.recipes))
        await tx.connection.execute("set local session_replication_role = replica")
        for name, column in _AGED:
            aged = f"alter table {name} alter column {column} set default now() - interval '60 days'"
            await tx.connection.execute(aged)
        await fill(tx, products)
        await tx.connection.execute(_FILL.read_text(), timeout=3600)
        for name, column in _AGED:
            await tx.connection.execute(f"alter table {name} alter column {column} set default now()")
    connection = await asyncpg.connect(dsn)
    await connection.execute("vacuum analyze", timeout=3600)
    await connection.close()


def _write_objects(root: Path, settings: Settings, count: int) -> None:
    """Those that are going to be removed, without much in them."""
    recipes = [recipe.hash for recipe in (settings.clean, *settings.recipes)]
    for number in range(1, count + 1):
        blob = BlobHash(sha256(f"bench-{number * 100}".encode()).hexdigest())
        for key in (blob_key(blob), *(rendition_key(segment_of(blob), recipe, "jpeg") for recipe in recipes)):
            (root / key).parent.mkdir(parents=True, exist_ok=True)
            (root / key).write_bytes(b"object")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.sweeps", description=__doc__)
    parser.add_argument("--images", type=int, default=1_000_000, metavar="N", help="default: %(default)s")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure(parser.parse_args().images))


if __name__ == "__main__":
    main()
