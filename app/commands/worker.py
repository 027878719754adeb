"""`worker`: the background task alone, any number of them on any number of machines."""

import argparse

from app.commands.context import Context, say
from app.commands.registry import Nouns


def register(nouns: Nouns) -> None:
    nouns.command("worker", _worker, "Work off background jobs until told to stop.", json=False)


async def _worker(_: argparse.Namespace, context: Context) -> int:
    from app.process import observer_of, work
    from app.telemetry.logs import configure_logging  # these bring in everything: no other command should wait for that

    settings = context.service_settings
    configure_logging(settings.log_format)
    observer = observer_of(settings)
    async with context.postgres("guest", observer) as dsn:
        say("Working off jobs.")
        await work(settings, dsn, observer)
    return 0
