"""What a command works with: the settings, the database, and a voice for people and for programs."""

import os
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, nullcontext
from functools import cached_property
from getpass import getpass
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import orjson

from app.access.secret_key import refuse_short_key
from app.access.secrets import SecretBox
from app.commands.table import table
from app.db.connections.pooled import reached
from app.db.migrate import migrate
from app.db.pool import Database, Record
from app.embedded.claim import Ownership
from app.embedded.postgres import embedded_postgres
from app.embedded.secret_key import with_secret_key
from app.environment import read_settings
from app.errors import InvalidCommand
from app.events import Observe, nobody
from app.service.changes.acting import Act, Via, as_actor
from app.service.changes.finishing import finished_batch
from app.service.changes.long_jobs import LongJobs, Progress
from app.settings import Settings

if TYPE_CHECKING:
    from app.wiring.parts import Parts

_CONNECTIONS: Final = 2


class Context:
    """`json`: answer with one JSON object, else with text for people. `words`: the command's, by which the log names
    who acted."""

    def __init__(self, environ: Mapping[str, str] = os.environ, *, json: bool = False, words: str = "") -> None:
        self._environ = environ
        self.json = json
        via: Via = "import" if "import" in words.split() else "command"
        self._act = Act("command", None, words or None, via, uuid4().hex)

    @cached_property
    def settings(self) -> Settings:
        """Raises `Misconfigured`."""
        return read_settings(self._environ)

    @cached_property
    def service_settings(self) -> Settings:
        """The settings as the service runs with them, the secret key filled in. Raises `Misconfigured`."""
        return with_secret_key(self.settings)

    def secret_box(self) -> SecretBox:
        settings = self.service_settings
        return SecretBox(settings.secret_key, settings.secret_key_former)

    @asynccontextmanager
    async def postgres(self, role: Ownership = "guest", observe: Observe = nobody) -> AsyncIterator[str]:
        """The connection string of the database in use; an embedded one runs for as long as the block lasts."""
        if not self.settings.embedded:
            yield reached(self.settings.database_url, self.settings.database_listen_url)
            return
        async with embedded_postgres(self.settings.data_dir, role=role, observe=observe, report=complain) as dsn:
            yield dsn

    @asynccontextmanager
    async def migrated(self) -> AsyncIterator[str]:
        """As `postgres`, the schema up to date."""
        async with self.postgres() as dsn:
            await migrate(dsn)
            yield dsn

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """The database to work with, its schema up to date."""
        async with self.migrated() as dsn, Database(dsn, size=_CONNECTIONS) as database, self._acting(database):
            yield database

    @asynccontextmanager
    async def sealing_database(self) -> AsyncIterator[Database]:
        """The same for commands that seal secrets. Raises `Misconfigured` for a key that is too short for the first."""
        async with self.database() as database:
            await refuse_short_key(database, self.service_settings)
            yield database

    @asynccontextmanager
    async def parts(self) -> "AsyncIterator[Parts]":
        """What the service is made of, opened, for commands that do its work."""
        from app.wiring.parts import Parts  # it brings in everything, which no other command should wait for

        async with self.postgres() as dsn:
            self.log()
            parts = Parts(self.service_settings, dsn)
            async with parts.opened(), self._acting(parts.storage.database):
                yield parts

    @asynccontextmanager
    async def importing(self, database: Database, total: int | None) -> AsyncIterator[Progress]:
        """A long import by this command, for as long as the block lasts: others see how far it is and may stop it."""
        async with LongJobs(database).under_way(self._act, total) as progress:
            yield progress

    @asynccontextmanager
    async def removing(self, database: Database, *, dry_run: bool = False) -> AsyncIterator[None]:
        """Much is removed for as long as the block lasts: where this command is killed meanwhile, others tell so."""
        async with nullcontext() if dry_run else LongJobs(database).under_way(self._act, None, "command"):
            yield

    @asynccontextmanager
    async def _acting(self, database: Database) -> AsyncIterator[None]:
        """What the block changes was changed by this command, as one batch."""
        with as_actor(self._act):
            async with finished_batch(database, self._act):
                yield

    def log(self) -> None:
        """Lets log lines look as those of `serve`, and keeps them off standard output, where the answer goes."""
        from app.telemetry.logs import configure_logging

        configure_logging(self.settings.log_format)

    def answer(self, document: Mapping[str, Any], text: str) -> None:
        """What the command found or did, once, at its end."""
        say(orjson.dumps(document).decode() if self.json else text)

    def answer_list(self, noun: str, rows: Iterable[Mapping[str, Any] | Record]) -> None:
        """Rows under the name of what they are, or as a table."""
        items = [dict(row) for row in rows]
        self.answer({noun: items}, "" if self.json else table(items) or f"No {noun.replace('_', ' ')}.")


def secret_word(word: str | None, what: str) -> str | None:
    """A secret as it was given, or for `-` a line of standard input: the command line stands in the list of processes.
    Nothing of it is shown where a person types it. Raises InvalidCommand where there is none."""
    if word != "-":
        return word
    read = getpass(f"{what.capitalize()}: ") if sys.stdin.isatty() else sys.stdin.readline()
    if not (secret := read.rstrip("\r\n")):
        raise InvalidCommand(f"There is no {what} on standard input.")
    return secret


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """A line on standard error; on a terminal in the place of a bar that may stand there, which draws itself anew."""
    sys.stderr.write(f"\r\x1b[K{text}\n" if sys.stderr.isatty() else f"{text}\n")
