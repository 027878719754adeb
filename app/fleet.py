"""Several processes on one machine, under gunicorn: `gunicorn -c python:app.fleet_config`.

One listening socket is shared by all, and outlives each of them. That is why it is gunicorn and not
SO_REUSEPORT: there every process has a queue of its own, and connections that wait in it are reset when
the process ends, so that a restart would lose requests.
"""

import asyncio
import logging
import signal
import sys
from contextlib import suppress

from aiohttp import web
from gunicorn.errors import AppImportError

from app.access.secret_key import refuse_short_key
from app.db.connections.pooled import reached
from app.db.migrate import migrate
from app.db.pool import Database
from app.environment import read_settings
from app.errors import DatabaseUnavailable, Misconfigured, ProductImagesError
from app.process import keep_for_good
from app.server.runner import Runner
from app.settings import Settings
from app.telemetry.logs import configure_logging
from app.wiring.application import build_app


async def application() -> web.AppRunner:
    """What each of gunicorn's workers runs. AppImportError, which ends them all, where it cannot start."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # the loop runs, and hears what has come since the fork
    try:
        settings = _settings()
        configure_logging(settings.log_format)
        _join_logs()
        with suppress(DatabaseUnavailable):  # it is waited for
            await migrate(_dsn(settings))
            async with Database(_dsn(settings), size=1) as database:
                await refuse_short_key(database, settings)
        runner = Runner(build_app(settings, _dsn(settings)))
        keep_for_good()
        return runner
    except ProductImagesError as error:
        raise AppImportError(str(error)) from error


async def mistake() -> str | None:
    """What is set wrong, in a sentence; None where nothing is. Makes everything, and starts nothing."""
    try:
        settings = _settings()
        build_app(settings, _dsn(settings))
    except Misconfigured as error:
        return str(error)
    return None


def _settings() -> Settings:
    settings = read_settings()
    if settings.embedded:
        raise Misconfigured("DATABASE_URL: several processes need a Postgres that none of them starts and stops.")
    return settings


def _dsn(settings: Settings) -> str:
    return reached(settings.database_url, settings.database_listen_url)


def _join_logs() -> None:
    """What gunicorn says of this worker looks like everything else."""
    theirs = logging.getLogger("gunicorn.error")
    theirs.handlers.clear()
    theirs.propagate = True
    theirs.addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    """gunicorn closes sockets once more that aiohttp has closed already, and says so: nothing is wrong."""
    return not str(record.msg).startswith("Error while closing socket")


if __name__ == "__main__":
    sys.exit(asyncio.run(mistake()))
