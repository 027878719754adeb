"""`demo`: a small shop to look at."""

import argparse
import sys
from dataclasses import asdict
from typing import Final

from app.access.secrets import SecretBox
from app.commands.context import Context
from app.commands.registry import Nouns
from app.db.pool import Database
from app.demo.shop import DemoCredentials, catalogue_is_empty, demo_file, load_demo
from app.errors import Misconfigured
from app.service.changes.acting import Act, as_actor
from app.settings import Settings

_DEMO: Final = Act("command", None, "demo", "command")


def register(nouns: Nouns) -> None:
    nouns.command("demo", _demo, "Load the demo shop into the empty catalogue of the embedded Postgres.")


async def _demo(_: argparse.Namespace, context: Context) -> int:
    if not context.settings.embedded:
        raise Misconfigured("The demo shop goes into the embedded Postgres only: unset DATABASE_URL.")
    async with context.migrated() as dsn:
        context.log()
        credentials = await load_into_empty(context.service_settings, dsn)
    if credentials is None:
        raise Misconfigured("The catalogue is not empty, so the demo shop is not loaded.")
    document = asdict(credentials)
    lines = [f"{name:<16} {value}" for name, value in document.items()]
    kept = f"The demo shop is loaded; its credentials are in {demo_file(context.settings.data_dir).resolve()}."
    context.answer(document, "\n".join(lines) if sys.stdout.isatty() else kept)
    return 0


async def load_into_empty(settings: Settings, dsn: str) -> DemoCredentials | None:
    """Loads the demo shop unless the catalogue has something in it."""
    async with Database(dsn) as database:
        if not await catalogue_is_empty(database):
            return None
    from app.wiring.parts import Parts  # it brings in everything

    parts = Parts(settings, dsn)
    async with parts.opened():
        box = SecretBox(settings.secret_key)
        with as_actor(_DEMO):
            return await load_demo(
                settings.data_dir, parts.storage.database, box, parts.pictures.intake, parts.catalogue.gallery_writer
            )
