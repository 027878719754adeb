"""gunicorn's settings: `gunicorn -c python:app.fleet_config`; options on its command line come first.

Nothing of the service is imported here. This module lives in gunicorn's master, and what the master has
imported its workers inherit: after an upgrade a reload (SIGHUP) would mix the old version with the new.
"""

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty
from typing import Any, Final

_ENDS: Final = (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT)


def _number(name: str, default: int) -> int:
    """A variable that is a number. Whoever mistyped it reads a sentence, not gunicorn's traceback."""
    try:
        return int(os.environ.get(name) or default)
    except ValueError:
        raise SystemExit(f"{name}: Not a valid integer.") from None


_DRAIN_SECONDS: Final = _number("DRAIN_SECONDS", 5)

wsgi_app = "app.fleet:application"
worker_class = "aiohttp.GunicornUVLoopWebWorker"
bind = f"{os.environ.get('HOST') or '127.0.0.1'}:{_number('PORT', 8080)}"
workers = int(os.environ.get("WEB_CONCURRENCY") or os.cpu_count() or 1)
graceful_timeout = _DRAIN_SECONDS + 45
control_socket_disable = True  # it would lie in the home folder, one for all
timeout = graceful_timeout + 15  # a worker that takes its leave gives no sign of life


class JsonLine(logging.Formatter):
    """The master's own lines, in the shape of the workers'."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"event": record.getMessage(), "level": record.levelname.lower(), "logger": record.name}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line | {"timestamp": datetime.fromtimestamp(record.created, UTC).isoformat()})


def on_starting(server: Any) -> None:
    """gunicorn's hook at its start: a mistake in the settings is told once, before there is a worker to fail of it."""
    on_reload(server)
    check = subprocess.run([sys.executable, "-m", "app.fleet"], cwd=Path(__file__).parents[1], check=False)
    if check.returncode:
        raise SystemExit(1)


def on_reload(server: Any) -> None:
    """gunicorn's hook at a reload, after which its log is as it was at first."""
    if os.environ.get("LOG_FORMAT") == "json":
        for handler in server.log.error_log.handlers:
            handler.setFormatter(JsonLine())


def post_fork(server: Any, _: Any) -> None:
    """gunicorn's hook in a new worker, which is told among how many the machine's memory is divided. A reload tells old
    workers to end, once; one that is not up yet would miss it.

    So what ends a process waits in the kernel until `app.fleet` runs. What came before that went, by the master's
    handler, into this process's copy of the master's queue.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)
    os.environ["WEB_CONCURRENCY"] = str(server.num_workers)
    for missed in _emptied(server.SIG_QUEUE):
        if missed in _ENDS:
            os.kill(os.getpid(), missed)


def _emptied(queue: Any) -> Iterator[int]:
    try:
        while True:
            yield queue.get_nowait()
    except Empty:
        return
