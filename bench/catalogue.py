"""Shops of any size that are kept between runs, each in a Postgres of its own, for the figures at scale."""

import asyncio
import hashlib
import os
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from app.db.connections.connect import connect
from app.db.migrate import migrate
from app.db.pool import Transaction
from app.db.queries import load_queries
from app.embedded.cluster import Cluster
from app.service.renditions.kept_recipes import register
from app.settings import Settings
from bench.bulk import defaults, in_bulk
from bench.shop import FILL, FILL_SECONDS, fill, run_each, settings_of, sku

_FOLDER: Final = Path(os.environ.get("BENCH_FOLDER") or Path(__file__).parents[1] / "build" / "bench-scale")
_WHOLE: Final = Path(__file__).with_name("size.sql")
_TABLES: Final = ("blob", "product", "product_term", "product_website", "picture", "file_path", "image")
_TABLES_OF_WHOLE: Final = ("rendition", "change_from_0", "change_from_5000000", "change_from_10000000")
_BYTES_EACH: Final = 5_000
"""Of disc for a product, its three images, and what filling writes aside."""
_BYTES_EACH_WHOLE: Final = 13_000
_WHILE_FILLING: Final = {
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
}
_DONE: Final = {
    "state": "'ready'",
    "marks": "''",
    "notes": "'[]'",
    "thumbhash": "'3OcRJYB4d3h/iIeHeEh3eIhw+j2w'",
    "color": "'#808080'",
    "pixel_facts": """'{"border_white": 1.0, "border_color": "#ffffff", "fill": 0.9, "blur": 400}'""",
    "created_at": "now() - interval '60 days'",
}
"""What is known of a picture in a shop where all is done."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`products` are numbered from 1 and have three images each; nobody writes to them. While there is a file `filled`
    the shop is what it was when it was filled."""

    folder: Path
    dsn: str
    products: int
    filled: Path

    @property
    def settings(self) -> dict[str, str]:
        return settings_of(self.dsn, self.folder)

    def spend(self) -> None:
        """Before something is done that cannot be done twice: whoever opens the shop next has it filled anew."""
        self.filled.unlink(missing_ok=True)


def glue_path(number: int) -> str:
    """Where Glue shows the image sets of a product."""
    return f"/abstract-products/{sku(number)}/abstract-product-image-sets"


@asynccontextmanager
async def open_catalogue(products: int, *, whole: bool = False) -> AsyncIterator[Catalogue]:
    """Filled at the first time; a shop that former statements filled is thrown away. A `whole` one has what comes of
    uploads, too: renditions, and the log."""
    folder = _FOLDER / f"{products}{'-whole' if whole else ''}"
    statements = FILL.read_bytes() + (_WHOLE.read_bytes() if whole else b"")
    filled = folder / f"filled-{hashlib.sha256(statements).hexdigest()[:12]}"
    if not filled.exists():
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        folder.mkdir(parents=True)
        await _fill(folder, products, whole)
        filled.touch()
    cluster = Cluster(folder)
    await cluster.start()
    try:
        await migrate(cluster.dsn)
        yield Catalogue(folder, cluster.dsn, products, filled)
    finally:
        await cluster.stop()


async def _fill(folder: Path, products: int, whole: bool) -> None:
    """Rows that are right as they are: their keys are not checked, and nobody is notified."""
    size = products * (_BYTES_EACH_WHOLE if whole else _BYTES_EACH) / 1e9
    print(f"filling a shop of {products:,} products: up to {size:.1f} GB", flush=True)
    begun = time.monotonic()
    cluster = Cluster(folder, _WHILE_FILLING)
    await cluster.start()
    try:
        await migrate(cluster.dsn)
        async with _transaction(cluster.dsn) as tx:
            await (_fill_whole if whole else _fill_catalogue)(tx, products)
        await _vacuum(cluster.dsn)
    finally:
        await cluster.stop()
    print(f"filled in {time.monotonic() - begun:.0f} s", flush=True)


@asynccontextmanager
async def _transaction(dsn: str) -> AsyncIterator[Transaction]:
    """On a connection that nobody gives up for being silent: statements take minutes."""
    connection = await connect(dsn)
    try:
        async with connection.transaction():
            yield Transaction(connection, load_queries())
    finally:
        await connection.close()


async def _fill_catalogue(tx: Transaction, products: int) -> None:
    async with in_bulk(tx, _TABLES):
        await fill(tx, products)


async def _fill_whole(tx: Transaction, products: int) -> None:
    settings = Settings()
    await register(tx, (settings.clean, *settings.recipes))
    async with in_bulk(tx, _TABLES + _TABLES_OF_WHOLE):
        async with defaults(tx, "blob", _DONE):
            await fill(tx, products)
        await run_each(tx, _WHOLE.read_text(), products)


async def _vacuum(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("vacuum (freeze, analyze)", timeout=FILL_SECONDS)
        await connection.execute("checkpoint")
    finally:
        await connection.close()
