"""How log lines look, our own and those of libraries."""

import logging
import sys
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from app.events import REQUEST_ID
from app.traces import TRACE


def configure_logging(log_format: Literal["console", "json"]) -> None:
    """Write every line to standard error: for people, or one JSON object a line for machines."""
    shared: list[Processor] = [
        _add_request_id,
        _add_trace_id,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(log_format)],
        )
    )
    # What the queue's library logs with a traceback each time is reported once, as `job_failed` or `check_failed`.
    logging.getLogger("pgqueuer").setLevel(logging.CRITICAL)
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.INFO)
    for library in ("botocore", "aiobotocore"):  # which would tell at every start where it found its credentials
        logging.getLogger(library).setLevel(logging.WARNING)


def _add_request_id(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    if (request_id := REQUEST_ID.get(None)) is not None:
        event["request_id"] = request_id
    return event


def _add_trace_id(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    if (trace := TRACE.get()) is not None:
        event["trace_id"] = trace.trace_id
    return event


def _rendering(log_format: Literal["console", "json"]) -> list[Processor]:
    if log_format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    # The default one prints local variables where the package rich is installed: settings, keys, bodies.
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
