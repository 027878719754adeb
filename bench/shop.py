"""A Postgres and a shop of its own for the figures to read and write."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.access.secrets import SecretBox
from app.db.migrate import migrate
from app.db.pool import Database, Transaction
from app.embedded.cluster import Cluster
from app.service.catalogue.keys import KeyOptions, put_key
from app.service.catalogue.oauth import IssuedToken, TokenOptions, put_token
from app.service.catalogue.stores import StoreOptions, put_store

_SECRET_KEY: Final = "known to everybody, for it guards nothing"
FILL_SECONDS: Final = 3600.0  # for a statement, of which there are few
FILL: Final = Path(__file__).with_name("fill.sql")


@dataclass(frozen=True, slots=True)
class Shop:
    """`products` are numbered from 1 and have three images each."""

    folder: Path
    database: Database
    products: int
    admin: IssuedToken
    api_key: str

    @property
    def settings(self) -> dict[str, str]:
        return settings_of(self.database.dsn, self.folder)

    @property
    def postmaster(self) -> int:
        """The id of Postgres's first process."""
        return int((self.folder / "postgres" / "postmaster.pid").read_text().split()[0])

    def sku(self, number: int) -> str:
        return sku(number)


def settings_of(dsn: str, folder: Path) -> dict[str, str]:
    """Our server's settings: one process, no background task."""
    return {
        "DATABASE_URL": dsn,
        "DATA_DIR": str(folder),
        "SECRET_KEY": _SECRET_KEY,
        "RUN_WORKER": "false",
        "LOG_FORMAT": "json",
    }


def sku(number: int) -> str:
    return f"bench-{number:08}"


@asynccontextmanager
async def open_shop(products: int) -> AsyncIterator[Shop]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        cluster = Cluster(Path(folder))
        await cluster.start()
        try:
            await migrate(cluster.dsn)
            async with Database(cluster.dsn) as database:
                yield await _filled(Path(folder), database, products)
        finally:
            await cluster.stop()


async def _filled(folder: Path, database: Database, products: int) -> Shop:
    async with database.transaction() as tx:
        await fill(tx, products)
        admin = await put_token(tx, SecretBox(_SECRET_KEY), TokenOptions("admin"))
    async with database.transaction() as tx:
        await tx.connection.execute("analyze")
    _, key = await put_key(database, KeyOptions("admin"))
    return Shop(folder, database, products, admin, key)


async def fill(tx: Transaction, products: int) -> None:
    """A store view and the products with their images."""
    await put_store(tx, StoreOptions("default", 1, "en_US", "base", is_default=True))
    await run_each(tx, FILL.read_text(), products)


async def run_each(tx: Transaction, statements: str, products: int) -> None:
    """Statements, one after the other, each with the number of products."""
    for statement in statements.split(";\n"):
        if statement.strip():
            takes = (products,) if "$1" in statement else ()
            await tx.connection.execute(statement, *takes, timeout=FILL_SECONDS)
