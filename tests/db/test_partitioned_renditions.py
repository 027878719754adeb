"""The scaling guide's way from one table of renditions to many, on a database that goes on being used."""

import re
from collections.abc import Sequence
from typing import Final

import asyncpg
import pytest

from app.db.pool import Database
from tests.processes import ROOT

GUIDE: Final = ROOT / "docs" / "scaling.md"
_HASHES: Final = "select sha256(convert_to(n::text, 'UTF8')) as hash from generate_series({}, {}) n"
_TRIGGERS: Final = """select tgname from pg_trigger
    where tgrelid = 'rendition'::regclass and not tgisinternal order by tgname"""


def _steps() -> Sequence[str]:
    section = GUIDE.read_text().split("### How `rendition` is partitioned")[1]
    return re.findall(r"^```sql\n(.*?)^```", section, re.MULTILINE | re.DOTALL)[:3]


async def _add(connection: asyncpg.Connection, first: int, last: int) -> None:
    hashes = _HASHES.format(first, last)
    await connection.execute(
        f"insert into blob (hash, size, format, width, height) select hash, 1, 'jpeg', 1, 1 from ({hashes}) h"
    )
    await connection.execute(
        f"""insert into rendition (blob_hash, recipe_hash, format, width, height, size, etag)
        select hash, 'r', 'jpeg', 1, 1, 1, 'e' from ({hashes}) h"""
    )


@pytest.fixture(name="filled")
async def _filled(connection: asyncpg.Connection) -> asyncpg.Connection:
    await connection.execute("insert into recipe (hash, name, version, quality) values ('r', 'large', 1, '{}')")
    await _add(connection, 1, 1000)
    return connection


async def test_what_is_written_meanwhile_is_there_afterwards(filled: asyncpg.Connection) -> None:
    """Rows that come, change and go between the steps are in the new table as they were in the old one."""
    before = await filled.fetch(_TRIGGERS)
    make, copy, swap = _steps()
    await filled.execute(make)
    await _add(filled, 1001, 1100)
    await filled.execute("update rendition set size = 2 where blob_hash < '\\x40'")
    await filled.execute(copy)
    await filled.execute("update rendition set size = 3 where blob_hash < '\\x20'")
    await filled.execute("delete from rendition where blob_hash > '\\xc0'")
    wanted = await filled.fetch("select * from rendition order by blob_hash")
    await filled.execute(swap)
    assert await filled.fetch("select * from rendition order by blob_hash") == wanted
    assert await filled.fetchval("select count(distinct tableoid) from rendition") == 16
    assert await filled.fetch(_TRIGGERS) == before
    assert await filled.fetchval("select count(*) from any_rendition") == len(wanted)


async def test_a_process_that_runs_goes_on(filled: asyncpg.Connection, database: Database) -> None:
    """Statements that it has prepared mean the new table; each touches one partition, and deletions are told."""
    hash_ = await filled.fetchval("select min(blob_hash) from rendition")
    for step in _steps():
        assert await database.fetch("held_renditions", hash_) == []  # of recipes with a box
        await filled.execute(step)
    plan = await filled.fetch("explain select * from rendition where blob_hash = $1", hash_)
    assert sum("rendition_part_" in line[0] for line in plan) <= 2
    heard: list[object] = []
    await filled.add_listener("catalogue_change", lambda *word: heard.append(word[-1]))
    assert await database.execute("delete_rendition", hash_, "r", "jpeg", "") == 1
    await filled.execute("select 1")
    assert "paths" in heard
    assert not await filled.fetchval("select exists (select from rendition where blob_hash = $1)", hash_)
