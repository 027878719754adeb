"""What a command works with: the settings, the database, and a voice for people and for programs."""

import sys
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from app.access.secrets import SecretBox
from app.db.migrate import migrate
from app.db.pool import Database, Record
from app.embedded.postgres import embedded_postgres
from app.embedded.secret_key import with_secret_key
from app.errors import ProductImagesError
from app.settings import Settings

_CONNECTIONS: Final = 2


@dataclass(frozen=True, slots=True)
class Context:
    """`json`: answer with one JSON object, else with text for people."""

    settings: Settings
    json: bool = False

    @asynccontextmanager
    async def postgres(self) -> AsyncIterator[str]:
        """The connection string of the database in use; an embedded one runs for as long as the block lasts."""
        if not self.settings.embedded:
            yield self.settings.database_url
            return
        async with embedded_postgres(self.settings.data_dir) as dsn:
            yield dsn

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """The database, its schema up to date."""
        async with self.postgres() as dsn:
            await migrate(dsn)
            async with Database(dsn, size=_CONNECTIONS) as database:
                yield database

    def secret_box(self) -> SecretBox:
        return SecretBox(with_secret_key(self.settings).secret_key)

    def answer(self, document: Mapping[str, Any], text: str) -> None:
        """What the command found or did, once, at its end."""
        _write(orjson.dumps(document).decode() if self.json else text)

    def answer_list(self, noun: str, rows: Iterable[Mapping[str, Any] | Record]) -> None:
        """Rows under the name of what they are, or as a table."""
        items = [dict(row) for row in rows]
        if self.json:
            _write(orjson.dumps({noun: items}).decode())
        else:
            _write(_table(items) if items else f"No {noun.replace('_', ' ')}.")


def sentence(error: ProductImagesError) -> str:
    """What an operator reads of an error: its reason where that is a sentence, else both its texts."""
    if not error.reason or error.reason == error.public:
        return error.public
    if error.reason.endswith((".", "?")):
        return error.reason
    return f"{error.public.rstrip('.')}: {error.reason}"


def complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _write(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _table(items: Sequence[Mapping[str, Any]]) -> str:
    rows = [list(items[0]), *([_cell(value) for value in item.values()] for item in items)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S")
        case list():
            return ",".join(map(str, value)) or "-"
        case _:
            return str(value)
