"""The statements of `sql/queries/*.sql`, each with a name and a sentence that says what it answers.

-- name: gallery_of_product
-- The images of one product, in order. $1 product id.
select …
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from app.db.files import sql_folder
from app.errors import Misconfigured

_NAME: Final = re.compile(r"^-- name: *(\w+) *\n", re.MULTILINE)
_STATEMENT: Final = re.compile(r"((?:--[^\n]*\n)+)(.+?);?\s*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Statement:
    name: str
    sentence: str
    sql: str


@cache  # several parts ask, some of them on the event loop
def load_queries(folder: Path | None = None) -> Mapping[str, Statement]:
    """All queries by name. Raises `Misconfigured` for two of one name, or one without a sentence."""
    queries: dict[str, Statement] = {}
    for path in sorted((folder or sql_folder() / "queries").glob("*.sql")):
        for query in _parse(path):
            if query.name in queries:
                raise Misconfigured(f"{path}: there are two queries named {query.name}.")
            queries[query.name] = query
    return queries


def _parse(path: Path) -> Iterator[Statement]:
    before, *parts = _NAME.split(path.read_text(encoding="utf-8"))
    if before.strip():
        raise Misconfigured(f"{path}: text before the first `-- name:` line.")
    for name, text in zip(parts[::2], parts[1::2], strict=True):
        found = _STATEMENT.match(text)
        if found is None:
            raise Misconfigured(f"{path}: the query {name} has no sentence or no statement.")
        comment = " ".join(line.removeprefix("--").strip() for line in found[1].splitlines())
        yield Statement(name, comment, found[2].strip())
