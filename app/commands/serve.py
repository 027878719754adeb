"""`serve`: the service itself."""

import argparse
import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from app.commands.banner import banner
from app.commands.context import Context, say
from app.commands.demo import load_into_empty
from app.commands.registry import Nouns
from app.commands.signals import stop_requested
from app.embedded.demo import demo_credentials
from app.errors import Misconfigured
from app.settings import Settings

_SHUTDOWN_SECONDS: Final = 20.0


def register(nouns: Nouns) -> None:
    nouns.command("serve", _serve, "Serve until told to stop.", json=False)


async def _serve(_: argparse.Namespace, context: Context) -> int:
    from aiohttp import web  # these bring in everything: no other command should wait for that

    from app.http.logs import configure_logging
    from app.main import build_app

    settings = context.service_settings
    configure_logging(settings.log_format)
    with _bound(settings) as listener:
        async with context.migrated("server") as dsn:
            if settings.embedded:
                await load_into_empty(settings, dsn)
            runner = web.AppRunner(build_app(settings, dsn), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
            await runner.setup()
            try:
                await web.SockSite(runner, listener).start()
                stop = stop_requested()
                demo = demo_credentials(settings.data_dir) if settings.embedded else None
                say(banner(settings, listener.getsockname()[1], demo))
                await stop.wait()
                say("Ending: what is in hand is finished first.")
            finally:
                await runner.cleanup()
    return 0


@contextmanager
def _bound(settings: Settings) -> Iterator[socket.socket]:
    """The port, taken before anything else is started. Raises `Misconfigured`."""
    try:
        [(family, _, _, _, address), *_] = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        listener = socket.create_server(address[:2], family=family)
    except OSError as error:
        raise Misconfigured(_why_not(settings, error)) from None
    with listener:
        listener.setblocking(False)
        yield listener


def _why_not(settings: Settings, error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return f"HOST: {settings.host} is no address of this machine."
    if error.errno == errno.EADDRINUSE:
        return f"Port {settings.port} of {settings.host} is in use: end what uses it, or set PORT to another one."
    if error.errno == errno.EACCES:
        return f"Port {settings.port} may not be opened by this user: set PORT to one above 1023."
    return f"{settings.host}:{settings.port} cannot be listened on: {error.strerror}."
