import asyncio
from pathlib import Path
from uuid import uuid4

import pytest

from app.db.connections.connect import connect
from app.db.migrate import migrate, pending
from app.db.pool import Database
from app.errors import DatabaseUnavailable, Misconfigured

_FIRST = (
    "-- migrate:up\ncreate table one (id integer);\ninsert into one values (1);\n\n-- migrate:down\ndrop table one;\n"
)
_SECOND = "-- migrate:up transaction:false\ncreate index concurrently i on one (id);\n-- migrate:down\nselekt;\n"

_HAS_HEADERS = "select exists (select from pg_attribute where attrelid = 'pgqueuer'::regclass and attname = 'headers')"


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_first.sql").write_text(_FIRST)
    (tmp_path / "0002_second.sql").write_text(_SECOND)
    return tmp_path


async def test_what_is_missing_is_applied_once(empty_dsn: str, folder: Path) -> None:
    """What is missing is applied in order, once, and told."""
    async with Database(empty_dsn) as database:
        assert await pending(database, folder) == ["0001", "0002"]
        assert await migrate(empty_dsn, folder) == ["0001", "0002"]
        assert await pending(database, folder) == []
        assert await migrate(empty_dsn, folder) == []
        (folder / "0010_third.sql").write_text("-- migrate:up\ncreate table three ()")
        assert await pending(database, folder) == ["0010"]
        assert await migrate(empty_dsn, folder) == ["0010"]


async def test_several_processes_may_migrate_at_once(empty_dsn: str, folder: Path) -> None:
    """Of several that migrate at once, each migration is applied by one, even one that allows no transaction."""
    applied = await asyncio.gather(*(migrate(empty_dsn, folder) for _ in range(4)))

    assert sorted(version for versions in applied for version in versions) == ["0001", "0002"]


async def test_a_failing_migration_leaves_no_trace(empty_dsn: str, folder: Path) -> None:
    """A migration that fails is named, leaves nothing behind and can be put right."""
    path = folder / "0003_third.sql"
    path.write_text("-- migrate:up\ncreate table three (id integer);\nselect broken;\n")
    with pytest.raises(Misconfigured, match=r"0003_third\.sql.*broken"):
        await migrate(empty_dsn, folder)

    path.write_text("-- migrate:up\ncreate table three (id integer);\n")
    assert await migrate(empty_dsn, folder) == ["0003"]


async def test_a_migration_does_not_wait_for_long_in_front_of_others(empty_dsn: str, folder: Path) -> None:
    """A table that somebody uses is not waited for: the migration is named, left out and applied the next time."""
    await migrate(empty_dsn, folder)
    (folder / "0003_third.sql").write_text(
        "-- migrate:up\nset local lock_timeout = '50ms';\nalter table one add column label text;\n"
    )
    connection = await connect(empty_dsn)
    async with connection.transaction():
        await connection.execute("select from one")
        with pytest.raises(Misconfigured, match=r"0003_third\.sql.*try again"):
            await migrate(empty_dsn, folder)
    await connection.close()
    assert await migrate(empty_dsn, folder) == ["0003"]


@pytest.mark.parametrize(
    ("name", "text"),
    [("third.sql", _FIRST), ("0003_third.sql", "create table three ();"), ("0002_again.sql", _FIRST)],
)
async def test_a_file_that_is_no_migration_is_refused(empty_dsn: str, folder: Path, name: str, text: str) -> None:
    """A file without a number, without its up part or with a number taken is refused, and nothing applied."""
    (folder / name).write_text(text)

    with pytest.raises(Misconfigured, match=r"0002|third\.sql"):
        await migrate(empty_dsn, folder)


async def test_the_job_queue_comes_with_it(empty_dsn: str, folder: Path) -> None:
    """The job queue's tables are made together with the rest."""
    await migrate(empty_dsn, folder)

    connection = await connect(empty_dsn)
    assert await connection.fetchval("select count(*) from pgqueuer") == 0
    await connection.close()


async def test_the_job_queue_follows_its_library(empty_dsn: str, folder: Path) -> None:
    """Tables that another version of the queue's library made are brought up to this one; those of this one are not
    looked at again, nor need the library be loaded for it."""
    await migrate(empty_dsn, folder)
    connection = await connect(empty_dsn)
    try:
        await connection.execute("alter table pgqueuer drop column headers")
        await migrate(empty_dsn, folder)
        assert await connection.fetchval(_HAS_HEADERS) is False
        await connection.execute("comment on table pgqueuer is 'made by pgqueuer 1.5'")
        await migrate(empty_dsn, folder)
        assert await connection.fetchval(_HAS_HEADERS) is True
    finally:
        await connection.close()


async def test_who_does_not_own_the_queue_may_start(dsn: str, folder: Path) -> None:
    """A role that may use the tables and owns none starts, though it cannot note down for which version they are."""
    connection = await connect(dsn)
    role = f"clerk_{uuid4().hex}"
    try:
        await connection.execute(f"create role {role} login")
        await connection.execute(
            f"grant all on schema public to {role}; grant all on all tables in schema public to {role}"
        )
        await connection.execute("comment on table pgqueuer is null")
        assert await migrate(dsn.replace("postgres@", f"{role}@")) == []
    finally:
        await connection.execute(f"drop owned by {role}; drop role {role}")
        await connection.close()


async def test_a_database_that_is_away_is_told(tmp_path: Path) -> None:
    """A database that is away is reported as such."""
    with pytest.raises(DatabaseUnavailable):
        await migrate(f"postgresql://nobody@/none?host={tmp_path}")
