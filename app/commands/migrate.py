"""`migrate`: the schema brought up to date, as every start of the service does."""

import argparse

from app.commands.context import Context
from app.commands.registry import Nouns
from app.db.migrate import migrate


def register(nouns: Nouns) -> None:
    nouns.command("migrate", _migrate, "Bring the database's schema up to date.")


async def _migrate(_: argparse.Namespace, context: Context) -> int:
    async with context.postgres() as dsn:
        applied = await migrate(dsn)
    text = f"Applied: {', '.join(applied)}." if applied else "The schema is up to date."
    context.answer({"applied": applied}, text)
    return 0
