"""Who writes each table, as statements and those who name them have it."""

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from app.db.queries import load_queries

ROOT: Final = Path(__file__).parents[2]
_APP: Final = ROOT / "app"
_CREATED: Final = re.compile(r"^create table (\w+)", re.MULTILINE)
_DROPPED: Final = re.compile(r"^drop table (?:if exists )?(\w+)", re.MULTILINE)
_WRITTEN: Final = re.compile(r"\b(?:insert into|delete from|update) (\w+)")


def tables() -> set[str]:
    """Those that migrations make."""
    ups = [path.read_text().partition("-- migrate:down")[0] for path in (ROOT / "sql" / "migrations").glob("*.sql")]
    return {name for up in ups for name in _CREATED.findall(up)} - {name for up in ups for name in _DROPPED.findall(up)}


def writers() -> Mapping[str, set[str]]:
    """From a table to the modules that name a statement which writes it; `service/` is left out of their names."""
    texts = {path: path.read_text() for path in _APP.rglob("*.py")}
    found: dict[str, set[str]] = defaultdict(set)
    for folder in ("queries", "bulk"):
        for name, statement in load_queries(ROOT / "sql" / folder).items():
            users = {_module(path) for path, text in texts.items() if f'"{name}"' in text}
            for table in _WRITTEN.findall(statement.sql):
                found[table] |= users
    return found


def _module(path: Path) -> str:
    return path.relative_to(_APP).with_suffix("").as_posix().removeprefix("service/")
