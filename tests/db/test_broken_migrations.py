"""A migration that is broken off, wherever that happens, is gone on with at the next start."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Final

import pytest

from app.db.connections.connect import Connection, connected
from app.db.migrate import Migration, load_migrations, migrate
from app.errors import DatabaseUnavailable
from tests.e2e.conftest import eventually
from tests.lengths import by_length

_STEP: Final = by_length(5, 1)
"""In the short form every fifth statement, and others of each migration."""

_BREAK: Final = """
    create sequence tally;
    create table break_at (number bigint);
    insert into break_at values (0);
    create function break_off() returns void language plpgsql as $$
    begin
        if nextval('tally') = (select number from break_at) then
            perform pg_terminate_backend(pg_backend_pid());
            perform pg_sleep(60);
        end if;
    end $$;
    create table schema_migrations (version varchar primary key);
    create function break_before_record() returns trigger language plpgsql as $$
    begin perform break_off(); return new; end $$;
    create trigger break_off before insert on schema_migrations for each row execute function break_before_record();
    create function break_after_command() returns event_trigger language plpgsql as $$
    begin perform break_off(); end $$;
    create event trigger break_off on ddl_command_end execute function break_after_command();
"""
_UNBREAK: Final = """
    drop event trigger break_off;
    drop trigger break_off on schema_migrations;
    drop function break_after_command, break_before_record, break_off;
    drop table break_at;
    drop sequence tally;
"""
_SCHEMA: Final = """
    select 'column', table_name || '.' || column_name || ' ' || data_type || coalesce(column_default, '')
    from information_schema.columns where table_schema = 'public'
    union all select 'index', indexdef from pg_indexes where schemaname = 'public'
    union all select 'invalid', indexrelid::regclass::text from pg_index where not indisvalid
    union all select 'trigger', pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
    union all select 'function', pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace
    union all select 'constraint', conrelid::regclass || ' ' || pg_get_constraintdef(oid) from pg_constraint
        where connamespace = 'public'::regnamespace
    union all select 'version', version from schema_migrations
    order by 1, 2
"""


async def _schema(connection: Connection) -> list[tuple[str, ...]]:
    return [tuple(row) for row in await connection.fetch(_SCHEMA)]


@pytest.mark.timeout(300)  # up to some two hundred starts
async def test_each_migration_may_be_broken_off_at_each_statement(empty_dsn: str, connection: Connection) -> None:
    """Broken off after each of its statements in turn (every fifth in the short form), and before it is recorded, every
    migration comes to its end, and the schema is the same as if nothing had happened."""
    async with connected(empty_dsn) as operator:
        await operator.execute(_BREAK)
        number, applied, breaks = 1, 0, 0
        while await _is_broken_off(operator, empty_dsn, number):
            breaks += 1
            before, applied = applied, await operator.fetchval("select count(*) from schema_migrations")
            number = 1 + applied % _STEP if applied > before else number + _STEP
        await operator.execute(_UNBREAK)

        assert breaks > 100 // _STEP
        assert await _schema(operator) == await _schema(connection)


async def _is_broken_off(operator: Connection, dsn: str, number: int) -> bool:
    await operator.execute(f"select setval('tally', 1, false); update break_at set number = {number}")
    try:
        await migrate(dsn)
    except DatabaseUnavailable:
        return True
    return False


_AT_LEISURE: Final = [migration for migration in load_migrations() if not migration.in_transaction]
_MIGRATE: Final = "import asyncio, sys; from app.db.migrate import migrate; asyncio.run(migrate(sys.argv[1]))"
_BUILDING: Final = "select pid from pg_stat_activity where query like '%index concurrently%' and state = 'active'"


@pytest.mark.parametrize("killed", ["client", "server"])
@pytest.mark.parametrize("migration", _AT_LEISURE, ids=lambda migration: migration.version)
async def test_an_index_whose_building_was_broken_off_is_built_anew(
    empty_dsn: str, connection: Connection, tmp_path: Path, killed: str, migration: Migration
) -> None:
    """An index that is half built, since the process that asked for it or the one that built it was killed, does not
    keep the next start from coming to an end, and is whole then."""
    earlier = [each for each in load_migrations() if each.version < migration.version]
    for each in earlier:
        (tmp_path / each.path.name).write_text(each.path.read_text())
    await migrate(empty_dsn, tmp_path)
    async with connected(empty_dsn) as reader, connected(empty_dsn) as operator:
        snapshot = reader.transaction(isolation="repeatable_read")
        await snapshot.start()
        await reader.execute("select from image")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _MIGRATE, empty_dsn, stderr=asyncio.subprocess.DEVNULL
        )
        own = "and datname = current_database() and pid <> pg_backend_pid()"
        await eventually(lambda: _finds(operator, f"{_BUILDING} {own}"), seconds=30)
        if killed == "client":
            process.send_signal(signal.SIGKILL)
        else:
            await operator.execute(f"select pg_terminate_backend(pid) from ({_BUILDING} {own}) building")
        await process.wait()
        again = asyncio.create_task(migrate(empty_dsn))
        await asyncio.wait({again}, timeout=0.5)
        await snapshot.rollback()
        await again

        assert await _schema(operator) == await _schema(connection)


async def _finds(connection: Connection, question: str) -> bool:
    return bool(await connection.fetch(question))
