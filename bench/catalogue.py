"""Shops of any size that are kept between runs, each in a Postgres of its own, for the figures at scale."""

import asyncio
import hashlib
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from app.db.migrate import migrate
from app.db.pool import Database
from app.embedded.cluster import Cluster
from bench.shop import FILL, fill, settings_of, sku

_FOLDER: Final = Path(__file__).parents[1] / "build" / "bench-scale"
_BYTES_EACH: Final = 5_000
"""Of disc for a product, its three images, and what filling writes aside."""
_PRODUCTS_PER_SECOND: Final = 7_500  # with two cores
_WHILE_FILLING: Final = {"fsync": "off", "wal_level": "minimal", "max_wal_senders": "0", "max_wal_size": "1GB"}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`products` are numbered from 1 and have three images each; nobody writes to them."""

    folder: Path
    dsn: str
    products: int

    @property
    def settings(self) -> dict[str, str]:
        return settings_of(self.dsn, self.folder)


def glue_path(number: int) -> str:
    """Where Glue shows the image sets of a product."""
    return f"/abstract-products/{sku(number)}/abstract-product-image-sets"


@asynccontextmanager
async def open_catalogue(products: int) -> AsyncIterator[Catalogue]:
    """Filled at the first time; a shop that former statements filled is thrown away."""
    folder = _FOLDER / str(products)
    filled = folder / f"filled-{hashlib.sha256(FILL.read_bytes()).hexdigest()[:12]}"
    if not filled.exists():
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        folder.mkdir(parents=True)
        await _fill(folder, products)
        filled.touch()
    cluster = Cluster(folder)
    await cluster.start()
    try:
        await migrate(cluster.dsn)
        yield Catalogue(folder, cluster.dsn, products)
    finally:
        await cluster.stop()


async def _fill(folder: Path, products: int) -> None:
    """Rows that are right as they are: their keys are not checked, and nobody is notified."""
    size, minutes = products * _BYTES_EACH / 1e9, products / _PRODUCTS_PER_SECOND / 60
    print(f"filling a shop of {products:,} products: up to {size:.1f} GB and {minutes:.0f} minutes", flush=True)
    begun = time.monotonic()
    cluster = Cluster(folder, _WHILE_FILLING)
    await cluster.start()
    try:
        await migrate(cluster.dsn)
        async with Database(cluster.dsn) as database, database.transaction() as tx:
            await tx.connection.execute("set local session_replication_role = replica")
            await fill(tx, products)
        await _vacuum(cluster.dsn)
    finally:
        await cluster.stop()
    print(f"filled in {time.monotonic() - begun:.0f} s", flush=True)


async def _vacuum(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("vacuum analyze")
        await connection.execute("checkpoint")
    finally:
        await connection.close()
