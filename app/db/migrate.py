"""Bringing the schema up to date, from files in dbmate's format.

`NNNN_name.sql` holds `-- migrate:up` and, after it, `-- migrate:down`, which is for people. The
table `schema_migrations` is dbmate's too, so either tool can go on where the other stopped.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from app.db.connections.connect import Connection
from app.db.connections.pooled import direct
from app.db.connections.sessions import check_sessions
from app.db.connections.silence import watched
from app.db.errors import TransactionConflict, translated
from app.db.files import sql_folder
from app.db.pool import Database
from app.db.queue.schema import install_queue
from app.errors import Misconfigured
from app.events import Observe, nobody

MIGRATION_LOCK: Final = 7_305_188_110_624
"""The advisory lock of whoever migrates."""
_LOCK_POLL_SECONDS: Final = 0.05
_LOCK_SECONDS: Final = 5
"""How long a statement in a transaction waits for a lock. While it waits, everybody who comes later waits behind it."""
_FILE_NAME: Final = re.compile(r"^(\d+)_.+\.sql$")
_UP: Final = re.compile(
    r"^-- migrate:up(?P<options>[^\n]*)\n(?P<sql>.*?)(?=^-- migrate:down|\Z)", re.DOTALL | re.MULTILINE
)
_AT_LEISURE: Final = re.compile(r"\bindex\s+concurrently\s+if\s+not\s+exists\s+(\w+)", re.IGNORECASE)
_IS_HALF_BUILT: Final = "select not indisvalid from pg_index where indexrelid = to_regclass($1)"
_TABLE: Final = "create table if not exists schema_migrations (version varchar primary key)"


@dataclass(frozen=True, slots=True)
class Migration:
    version: str
    path: Path
    sql: str
    in_transaction: bool


async def migrate(dsn: str, folder: Path | None = None, observe: Observe = nobody) -> list[str]:
    """Apply what is missing, also the job queue's own schema, and return the versions applied.

    Several processes may do so at once, and where one is broken off the next one goes on. Raises
    `DatabaseUnavailable`, and `Misconfigured` for a migration that fails (it leaves no trace, but
    for an index that was asked for without a transaction: what there is of it the next start removes).
    """
    migrations = load_migrations(folder)
    await check_sessions(dsn)  # else what comes then would fail in ways that name no cause
    async with watched("migration", direct(dsn), observe) as connection, _lock(connection):
        with translated():
            await connection.execute(_TABLE)
            rows = await connection.fetch("select version from schema_migrations")
        known = {row["version"] for row in rows}
        missing = [migration for migration in migrations if migration.version not in known]
        for migration in missing:
            await _apply(connection, migration)
        await install_queue(connection)
    return [migration.version for migration in missing]


async def pending(database: Database, folder: Path | None = None) -> list[str]:
    """The versions that are not applied yet. Raises `DatabaseUnavailable`."""
    try:
        known = {row["version"] for row in await database.fetch("applied_migrations")}
    except asyncpg.UndefinedTableError:
        known = set()
    return [migration.version for migration in load_migrations(folder) if migration.version not in known]


def load_migrations(folder: Path | None = None) -> list[Migration]:
    """All migrations, oldest first. Raises `Misconfigured`."""
    migrations: dict[str, Migration] = {}
    for path in sorted((folder or sql_folder() / "migrations").glob("*.sql")):
        migration = _parse(path)
        if migration.version in migrations:
            raise Misconfigured(f"{path}: there is another migration {migration.version}.")
        migrations[migration.version] = migration
    return sorted(migrations.values(), key=lambda migration: int(migration.version))


def _parse(path: Path) -> Migration:
    name, up = _FILE_NAME.match(path.name), _UP.search(path.read_text(encoding="utf-8"))
    if name is None or up is None:
        raise Misconfigured(f"{path}: not a migration: NNNN_name.sql with a line `-- migrate:up`.")
    return Migration(name[1], path, up["sql"].strip(), "transaction:false" not in up["options"])


async def _apply(connection: Connection, migration: Migration) -> None:
    try:
        with translated():
            if migration.in_transaction:
                async with connection.transaction():
                    await connection.execute(f"set local lock_timeout = '{_LOCK_SECONDS}s'")
                    await _run(connection, migration)
            else:
                await _run(connection, migration)
    except TransactionConflict as error:
        raise Misconfigured(
            f"The migration {migration.path.name} was not applied: {error.reason}. "
            "Other work holds what it changes; please try again when that has ended."
        ) from error
    except asyncpg.PostgresError as error:
        raise Misconfigured(f"The migration {migration.path.name} failed: {error}") from error


async def _run(connection: Connection, migration: Migration) -> None:
    for index in _AT_LEISURE.findall(migration.sql):
        await _drop_half_built(connection, index)
    await connection.execute(migration.sql)
    await connection.execute("insert into schema_migrations (version) values ($1)", migration.version)


async def _drop_half_built(connection: Connection, index: str) -> None:
    """Removes what is left of an index whose building was broken off, so that it can begin again."""
    if await connection.fetchval(_IS_HALF_BUILT, index):
        await connection.execute(f"drop index concurrently {index}")


@asynccontextmanager
async def _lock(connection: Connection) -> AsyncIterator[None]:
    """Asked for again and again: a statement that waits in the database would itself be waited for
    by `create index concurrently`."""
    while not await _try_lock(connection):  # noqa: ASYNC110 -- another process holds it
        await asyncio.sleep(_LOCK_POLL_SECONDS)
    try:
        yield
    finally:
        if not connection.is_closed():
            with translated():
                await connection.execute("select pg_advisory_unlock($1)", MIGRATION_LOCK)


async def _try_lock(connection: Connection) -> bool:
    with translated():
        return bool(await connection.fetchval("select pg_try_advisory_lock($1)", MIGRATION_LOCK))
