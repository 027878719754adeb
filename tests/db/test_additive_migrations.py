"""Migrations only add: while an upgrade rolls from process to process, the previous version works on the new schema."""

import re
from typing import Final

import pytest

from app.db.migrate import Migration, load_migrations

_NO_DEFAULT: Final = r"(?:(?!default|,|;).)*"
_TAKES_AWAY: Final = {
    "drops something": r"\bdrop\s+(?!trigger\b)(table|column|type|sequence|view|function|constraint|index)",
    "renames something": r"\brename\b",
    "changes a type": r"\balter\s+column\s+\S+\s+(set\s+data\s+)?type\b",
    "demands a value": r"\bset\s+not\s+null\b",
    "adds a column that old writers do not fill": rf"\badd\s+column\s+{_NO_DEFAULT}\bnot\s+null{_NO_DEFAULT}[,;]",
    "removes rows": r"(?<!\bafter\s)\btruncate\b|\bdelete\s+from\b",
}
_INDEX: Final = re.compile(
    r"\bcreate\s+(?:unique\s+)?index\s+(concurrently\s+)?(?:if\s+not\s+exists\s+)?\S+\s+on\s+(\w+)", re.IGNORECASE
)
_TABLE: Final = re.compile(r"\bcreate\s+table\s+(?:if\s+not\s+exists\s+)?(\w+)", re.IGNORECASE)
_COMMENT: Final = re.compile(r"--[^\n]*")
_WIDENED: Final = re.compile(
    r"\bdrop\s+constraint\s+(\w+)\s*,\s*add\s+constraint\s+\1\s+(?:check|foreign\s+key)\b", re.IGNORECASE
)
"""A check or a reference in the place of one of the same name: whether it lets in all that the former did is for the
reader."""

_RESUMABLE: Final = re.compile(
    r"\s*create\s+(unique\s+)?index\s+concurrently\s+if\s+not\s+exists\s+\w+\s+on\s[^;]*;\s*", re.IGNORECASE
)

MIGRATIONS: Final = load_migrations()


def complaints(sql: str) -> list[str]:
    """What a statement for a schema in use must not do, and which of it this one does."""
    bare = _WIDENED.sub("", _COMMENT.sub("", sql))
    found = [what for what, pattern in _TAKES_AWAY.items() if re.search(pattern, bare, re.IGNORECASE | re.DOTALL)]
    made_here = set(_TABLE.findall(bare))
    blocking = [table for at_leisure, table in _INDEX.findall(bare) if not at_leisure and table not in made_here]
    return found + [f"keeps writers of {table} waiting for an index" for table in blocking]


@pytest.mark.parametrize("migration", MIGRATIONS, ids=lambda migration: migration.path.stem)
def test_a_migration_takes_nothing_away(migration: Migration) -> None:
    """No migration drops, renames, narrows or demands anything, nor keeps writers of a table in use waiting for an
    index; what is no longer needed goes a release after the last version that needed it."""
    assert complaints(migration.sql) == []


@pytest.mark.parametrize("migration", MIGRATIONS, ids=lambda migration: migration.path.stem)
def test_a_migration_without_a_transaction_can_be_resumed(migration: Migration) -> None:
    """What cannot be undone as a whole is one index, which the runner builds anew where that was broken off."""
    assert migration.in_transaction or _RESUMABLE.fullmatch(_COMMENT.sub("", migration.sql))


@pytest.mark.parametrize(
    "sql",
    [
        "drop table image;",
        "alter table image drop column label;",
        "alter table image rename column label to alt;",
        "alter table image alter column label type integer;",
        "alter table image alter column label set not null;",
        "alter table image add column kind text not null;",
        "delete from image;",
        "truncate image;",
        "create index image_by_label on image (label);",
        "alter table image drop constraint image_label_check, add constraint image_label_length check (true);",
    ],
)
def test_what_takes_something_away_is_seen(sql: str) -> None:
    """The rule above sees each kind of change that the previous version could trip over."""
    assert len(complaints(sql)) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "create table mark (id integer not null, at integer not null); create index mark_at on mark (at);",
        "alter table image add column kind text not null default 'x', add column note text;",
        "create index concurrently image_by_label on image (label);",
        "-- Nothing may drop table image here.\nselect 1;",
        "alter table image drop constraint image_check, add constraint image_check check (true);",
        "drop trigger notify on image; create trigger notify after insert on image execute function tell();",
        "create trigger notify_emptied after truncate on image execute function emptied();",
    ],
)
def test_what_only_adds_is_allowed(sql: str) -> None:
    """New tables, columns with a default, indexes built at leisure and exchanged triggers are no trouble."""
    assert complaints(sql) == []
