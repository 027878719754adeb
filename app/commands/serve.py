"""`serve`: the service itself."""

import argparse
import sys

from app.access.sessions import make_link
from app.commands.banner import banner
from app.commands.context import Context, complain, say
from app.commands.demo import load_into_empty
from app.commands.registry import Nouns
from app.db.migrate import migrate
from app.db.pool import Database
from app.demo.shop import DemoCredentials, demo_credentials
from app.settings import Settings


def register(nouns: Nouns) -> None:
    nouns.command("serve", _serve, "Serve until told to stop.", json=False)


async def _serve(_: argparse.Namespace, context: Context) -> int:
    from app.process import observer_of, serve
    from app.telemetry.logs import configure_logging  # these bring in everything: no other command should wait for that

    settings = context.service_settings
    configure_logging(settings.log_format)
    observer = observer_of(settings)
    if settings.embedded and not (settings.data_dir / "postgres").exists():
        complain(f"Setting up a Postgres below {settings.data_dir.resolve()} …")
    async with context.postgres("server", observer) as dsn:
        demo, to_people = await _prepared(settings, dsn), sys.stdout.isatty()
        link = await _link(settings, dsn) if to_people else None

        def ready(port: int) -> None:
            say(banner(settings, port, demo, link, to_people=to_people))

        await serve(settings, dsn, ready, observer)
    return 0


async def _prepared(settings: Settings, dsn: str) -> DemoCredentials | None:
    """Brings an embedded Postgres up to date. The credentials of the demo shop, loaded now or before, or None for a
    catalogue that is somebody's own."""
    if not settings.embedded:
        return None
    await migrate(dsn)
    if not settings.demo:
        return None
    await load_into_empty(settings, dsn)
    return demo_credentials(settings.data_dir)


async def _link(settings: Settings, dsn: str) -> str | None:
    """Opens the console for whoever has started a service with all that is its own."""
    if not (settings.embedded and settings.console):
        return None
    async with Database(dsn) as database:
        return await make_link(database, "admin")
