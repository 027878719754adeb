"""`worker`: the background task alone, any number of them on any number of machines."""

import argparse
import asyncio

from app.commands.context import Context, say
from app.commands.registry import Nouns
from app.commands.signals import stop_requested


def register(nouns: Nouns) -> None:
    nouns.command("worker", _worker, "Work off background jobs until told to stop.", json=False)


async def _worker(_: argparse.Namespace, context: Context) -> int:
    from app.http.logs import configure_logging  # these bring in everything: no other command should wait for that
    from app.main import Parts

    settings = context.service_settings
    configure_logging(settings.log_format)
    async with context.migrated() as dsn:
        parts = Parts(settings, dsn)
        async with parts.opened():
            working = asyncio.create_task(parts.worker.run())
            stop = stop_requested()
            say("Working off jobs.")
            await stop.wait()
            await parts.worker.stop()
            await working
    return 0
