"""gunicorn's settings: `gunicorn -c python:app.fleet_config`; options on its command line come first.

Nothing of the service is imported here. This module lives in gunicorn's master, and what the master has
imported its workers inherit: after an upgrade a reload (SIGHUP) would mix the old version with the new.
"""

import json
import logging
import os
from datetime import UTC, datetime
from typing import Any, Final

_DRAIN_SECONDS: Final = int(os.environ.get("DRAIN_SECONDS") or 5)

wsgi_app = "app.fleet:application"
worker_class = "aiohttp.GunicornUVLoopWebWorker"
bind = f"{os.environ.get('HOST') or '127.0.0.1'}:{os.environ.get('PORT') or 8080}"
workers = int(os.environ.get("WEB_CONCURRENCY") or os.cpu_count() or 1)
graceful_timeout = _DRAIN_SECONDS + 45
control_socket_disable = True  # it would lie in the home folder, one for all
timeout = graceful_timeout + 15  # a worker that takes its leave gives no sign of life


class JsonLine(logging.Formatter):
    """The master's own lines, in the shape of the workers'."""

    def format(self, record: logging.LogRecord) -> str:
        told = {"event": record.getMessage(), "level": record.levelname.lower(), "logger": record.name}
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told | {"timestamp": datetime.fromtimestamp(record.created, UTC).isoformat()})


def on_starting(server: Any) -> None:
    """gunicorn's hook at its start."""
    if os.environ.get("LOG_FORMAT") == "json":
        for handler in server.log.error_log.handlers:
            handler.setFormatter(JsonLine())


on_reload = on_starting
