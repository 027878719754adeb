"""What a shop of millions of images costs that has all that comes of uploads: what it takes, whether statements go by
index, and how long upkeep, the log, searches and reads take. `SIZE` is its number of images, such as `10m`."""

import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeAlias

import asyncpg

from app.db.pool import Database
from app.model import BlobHash
from app.service.catalogue.listing import show_product
from app.service.changes.expiry import end_restoring
from app.service.changes.tidying import tidy_log
from app.settings import Settings
from app.wiring.parts import Parts
from bench.catalogue import Catalogue, glue_path, open_catalogue
from bench.plans import plans
from bench.search import reader_key, searched, slowest
from bench.servers import ours
from bench.shop import FILL_SECONDS, Shop, sku
from bench.sweeps import Waits, uploading
from bench.table import Row, markdown

_WASTE: Final = Path(__file__).with_name("waste.sql")
_WEEK: Final = timedelta(days=7)
_MONTH: Final = timedelta(days=30)
_FORGOTTEN: Final = 100_000  # rows of the log
_PARTITION: Final = 5_000_000  # likewise
_SHOWN: Final = 100  # products
_MOST_KB: Final = 4.0  # of disc for an image, all that comes of it included: 40 GB for ten million
_UNITS: Final = {"k": 1_000, "m": 1_000_000}
_PAGES: Final = 200
_PAGE: Final = 200  # events, of which half come with all that is known of an image
_MOST_MS_A_PAGE: Final = 500.0  # of such a page, with four readers at one process: 1,600 events a second
_READS: Final = 1_000
_PATIENCE_SECONDS: Final = 15.0
_MOST_WAIT: Final = 0.5  # seconds, of 99 in 100 uploads beside upkeep
_MICRO: Final = 1e-6

Work: TypeAlias = tuple[str, Callable[[], Awaitable[int]], float]


async def at_size(_: Shop) -> list[Row]:
    """Each figure is shown once it is there: all of them take long."""
    images, rows = _images(os.environ.get("SIZE", "10m")), []
    async with open_catalogue(-(-images // 3), whole=True) as catalogue:
        async for row in _figures(catalogue):
            print(markdown([row]), flush=True)
            rows.append(row)
    return rows


async def _figures(catalogue: Catalogue) -> AsyncIterator[Row]:
    for row in (*await _sizes(catalogue), *await plans(catalogue.dsn)):
        yield row
    await _spoil(catalogue)
    for figures in (_served(catalogue), _vacuums(catalogue), _upkeep(catalogue)):
        async for row in figures:
            yield row


def _images(size: str) -> int:
    """Of a number, in thousands (`k`) or millions (`m`) where it says so."""
    unit = _UNITS.get(size[-1:].lower())
    return int(size[:-1]) * unit if unit else int(size)


async def _sizes(catalogue: Catalogue) -> list[Row]:
    async with _connected(catalogue) as connection:
        found = await connection.fetch(
            """select coalesce(parent.relname, c.relname) as name, sum(c.reltuples)::bigint as rows,
                sum(pg_relation_size(c.oid))::bigint as heap, sum(pg_indexes_size(c.oid))::bigint as indexes
            from pg_class c
            left join pg_inherits h on h.inhrelid = c.oid
            left join pg_class parent on parent.oid = h.inhparent
            where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
            group by 1 having sum(c.reltuples) > 100000 order by sum(pg_total_relation_size(c.oid)) desc"""
        )
    count = 3 * catalogue.products
    heap, indexes, rows = (sum(row[name] for row in found) for name in ("heap", "indexes", "rows"))
    each = (heap + indexes) / count / 1e3
    whole = Row(
        f"{count:,} images: rows, tables and indexes",
        f"{_size(rows, heap, indexes)}; {each:.1f} KB an image",
        target=f"< {_MOST_KB:.1f} KB an image",
        met=each < _MOST_KB,
    )
    return [whole, *(Row(f"the same, {r['name']}", _size(r["rows"], r["heap"], r["indexes"])) for r in found[:3])]


def _size(rows: int, heap: int, indexes: int) -> str:
    return f"{rows:,} rows, {heap / 1e9:.2f} + {indexes / 1e9:.2f} GB"


async def _served(catalogue: Catalogue) -> AsyncIterator[Row]:
    """By the service, to four at a time."""
    dice, key = random.Random(2), await reader_key(catalogue)
    asked = {f"searches, {name}": paths for name, paths in searched(catalogue.products).items()}
    products = dice.sample(range(1, catalogue.products + 1), 3 * _READS)
    asked["histories of a product"] = [f"/v1/products/bench-{number:08}/history" for number in products[:_READS]]
    asked["galleries, /v1"] = [f"/v1/products/bench-{number:08}/images" for number in products[_READS : 2 * _READS]]
    asked["image sets, Glue"] = [glue_path(number) for number in products[2 * _READS :]]
    async with ours(catalogue.settings | {"DOCUMENT_CACHE_BYTES": "0"}) as server:
        for name, paths in asked.items():
            yield await slowest(f"{name}, cold: p99", server, key, paths, _PATIENCE_SECONDS)
        rows = range(await _forgotten(catalogue), 3 * catalogue.products, 3 * catalogue.products // _PAGES)
        pages = [f"/v1/events?after={row}&limit={_PAGE}" for row in rows]
        yield await slowest(f"pages of {_PAGE} events: p99", server, key, pages, _PATIENCE_SECONDS, _MOST_MS_A_PAGE)


async def _forgotten(catalogue: Catalogue) -> int:
    """The last row of the log that is gone."""
    async with _connected(catalogue) as connection:
        return int(await connection.fetchval("select forgotten_to from change_tidying"))


@asynccontextmanager
async def _parts(catalogue: Catalogue) -> AsyncIterator[Parts]:
    settings = Settings(data_dir=catalogue.folder, database_url=catalogue.dsn, secret_key="k" * 32)
    parts = Parts(settings, catalogue.dsn)
    async with parts.opened():
        yield parts


async def _upkeep(catalogue: Catalogue) -> AsyncIterator[Row]:
    async with _parts(catalogue) as parts:
        for name, work, bound in await _works(catalogue, parts):
            yield await _timed(name, parts.storage.database, work, bound)


async def _works(catalogue: Catalogue, parts: Parts) -> list[Work]:
    """What upkeep does, and within how many seconds."""
    images, upkeep, database = 3 * catalogue.products, parts.upkeep, parts.storage.database

    async def sweep(*, dry_run: bool) -> int:
        return len([blob async for blob in upkeep.housekeeping.sweep(_WEEK, dry_run=dry_run)])

    async def plan() -> int:
        return (await upkeep.recipe_change.plan()).renditions

    async def renditions() -> int:
        return (await upkeep.unused_renditions.sweep(_WEEK))[0]

    async def shown() -> int:
        dice = random.Random(3)
        numbers = [dice.randint(1, catalogue.products) for _ in range(_SHOWN)]
        return sum([len((await show_product(database, sku(number)))[1]) for number in numbers])

    return [
        (f"`product show` of {_SHOWN} products, images", shown, _SHOWN / 100),
        ("restoring ended of all that is older than a month, rows", lambda: _ended(database), 20 * _MICRO * images),
        ("history tidied by slices, rows", lambda: _tidied(catalogue, database), 10),
        ("`blobs sweep --dry-run`, found", lambda: sweep(dry_run=True), 20 * _MICRO * images),
        ("`blobs sweep`, removed", lambda: sweep(dry_run=False), 20 * _MICRO * images + 60),
        ("`renditions sweep`, removed", renditions, 100 * _MICRO * images),
        ("`renditions plan`, missing", plan, 120 * _MICRO * images),
        ("history tidied by a partition, rows", lambda: _partition_tidied(catalogue, database), 5),
    ]


async def _timed(name: str, database: Database, work: Callable[[], Awaitable[int]], bound: float) -> Row:
    """Beside uploads, which wait for it as little as they may."""
    blobs = [BlobHash(row["hash"].hex()) for row in await database.fetch("blob_hashes_behind", b"\x80")]
    async with uploading(database, blobs) as waits:
        began = time.perf_counter()
        count = await work()
        seconds = time.perf_counter() - began
    shown = f"{seconds:.1f} s; uploads meanwhile wait {waits or '-'}"
    target = f"< {bound:,.0f} s, uploads < {1000 * _MOST_WAIT:.0f} ms"
    return Row(f"{name} {count:,}", shown, target=target, met=seconds < bound and _waited(waits) < _MOST_WAIT)


def _waited(waits: Waits) -> float:
    found = sorted(waits.seconds)
    return found[int(0.99 * (len(found) - 1))] if found else 0.0


async def _ended(database: Database) -> int:
    """How many rows of the log were gone through."""
    await end_restoring(database, _MONTH)
    return await _number(database, "select released_to - forgotten_to from change_tidying")


async def _tidied(catalogue: Catalogue, database: Database) -> int:
    """Has the first rows of the log be too old. How many are gone."""
    forgotten = await _forgotten(catalogue)
    await tidy_log(database, await _age(database, forgotten + _FORGOTTEN))
    return await _forgotten(catalogue) - forgotten


async def _partition_tidied(catalogue: Catalogue, database: Database) -> int:
    """Has all of the log's first partition be too old, as if the next one had been begun by now. How many rows are
    gone; the shop is spent."""
    catalogue.spend()
    forgotten = await _forgotten(catalogue)
    await _number(database, "select setval('change_id_seq', greatest(last_value, $1)) from change_id_seq", _PARTITION)
    last = await _number(database, "select max(id) from change where id < $1", _PARTITION)
    await tidy_log(database, await _age(database, last))
    assert await _forgotten(catalogue) >= last
    return last - forgotten  # ids behind it were never given


async def _number(database: Database, statement: str, *args: int) -> int:
    """What a statement counts, for however long it takes."""
    async with database.transaction() as tx:
        return int(await tx.connection.fetchval(statement, *args, timeout=FILL_SECONDS))


async def _age(database: Database, change: int) -> timedelta:
    async with database.transaction() as tx:
        age: timedelta = await tx.connection.fetchval("select now() - at from change where id = $1", change)
        return age


async def _spoil(catalogue: Catalogue) -> None:
    async with _connected(catalogue) as connection, connection.transaction():
        await connection.execute("set local session_replication_role = replica")
        await connection.execute(_WASTE.read_text(), timeout=FILL_SECONDS)


async def _vacuums(catalogue: Catalogue) -> AsyncIterator[Row]:
    """As they are once their indexes have to be gone through."""
    async with _connected(catalogue) as connection:
        for table in ("image", "rendition"):
            yield await _vacuum(connection, table)


async def _vacuum(connection: asyncpg.Connection, table: str) -> Row:
    rows = int(await connection.fetchval("select reltuples from pg_class where oid = $1::text::regclass", table))
    began = time.perf_counter()
    await connection.execute(f"vacuum (index_cleanup on) {table}", timeout=FILL_SECONDS)
    seconds, bound = time.perf_counter() - began, 10 * _MICRO * rows
    met = seconds < bound
    return Row(f"vacuum of {table} with its indexes", f"{seconds:.1f} s", target=f"< {bound:.0f} s", met=met)


@asynccontextmanager
async def _connected(catalogue: Catalogue) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(catalogue.dsn)
    try:
        yield connection
    finally:
        await connection.close()
