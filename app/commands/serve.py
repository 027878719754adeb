"""`serve`: the service itself."""

import argparse

from app.commands.banner import banner
from app.commands.context import Context, say
from app.commands.demo import load_into_empty
from app.commands.registry import Nouns
from app.db.migrate import migrate
from app.embedded.demo import demo_credentials


def register(nouns: Nouns) -> None:
    nouns.command("serve", _serve, "Serve until told to stop.", json=False)


async def _serve(_: argparse.Namespace, context: Context) -> int:
    from app.http.logs import configure_logging  # these bring in everything: no other command should wait for that
    from app.server import observer_of, serve

    settings = context.service_settings
    configure_logging(settings.log_format)
    observer = observer_of(settings)
    async with context.postgres("server", observer) as dsn:
        if settings.embedded:
            await migrate(dsn)
            await load_into_empty(settings, dsn)
        demo = demo_credentials(settings.data_dir) if settings.embedded else None
        await serve(settings, dsn, lambda port: say(banner(settings, port, demo)), observer)
    return 0
