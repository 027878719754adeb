"""What `sql/README.md` says of tables is so."""

import re
from typing import Final

from app.db.connections.connect import Connection
from tests.house.tables import ROOT, tables, writers

_ROW: Final = re.compile(r"^\| `(\w+)` \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)
_ROWS: Final = {row[0]: row[1:] for row in _ROW.findall((ROOT / "sql" / "README.md").read_text())}


def test_every_table_has_its_row() -> None:
    """A table that is made has a row, and a row has a table."""
    assert set(_ROWS) == tables()


def test_writers_are_those_that_name_the_statements() -> None:
    """The second column names the modules whose statements write the table, and no others."""
    reported = {table: set(re.findall(r"`([\w/]+)`", row[0])) for table, row in _ROWS.items()}
    found = writers()
    assert reported == {table: found[table] for table in _ROWS}


async def test_words_are_told_by_those_tables_that_have_triggers(connection: Connection) -> None:
    """A table has a word in the third column if, and only if, a trigger of its tells what changed."""
    watched = {
        row["relation"]
        for row in await connection.fetch(
            "select distinct tgrelid::regclass::text as relation from pg_trigger where tgname like 'notify\\_%'"
        )
    }
    assert {table for table, row in _ROWS.items() if row[1].strip() != "none"} == watched
