"""The service itself: `GET /v1/doctor`, `GET /v1/status`."""

from dataclasses import asdict
from importlib.metadata import version
from typing import Any, Final

from aiohttp import web

from app.apis.v1.call import Call, Row
from app.apis.v1.present import answer
from app.db.queue.jobs import QueueDepth
from app.openapi.sections import Response, array, integer, json, nullable, record, ref
from app.service.upkeep.census import STATES
from app.service.upkeep.diagnosis import limits, warnings


async def show_findings(call: Call) -> web.Response:
    """What the command `doctor` says, seen from within this process."""
    findings, settings = await call.services.running.findings(), call.services.settings
    reported = {
        "ok": all(finding.ok for finding in findings),
        "checks": [asdict(finding) for finding in findings],
        "warnings": warnings(settings),
        "limits": limits(settings),
    }
    return answer(reported)


async def show_status(call: Call) -> web.Response:
    services = call.services
    figures, checks, feed = await services.census.figures(), await services.checks(), await services.feed_watch.look()
    reported = {
        "version": version("product-images"),
        "counts": asdict(figures.counts),
        "states": asdict(figures.states),
        "queue": {depth.kind: _depth(depth) for depth in figures.queue},
        "failures": [{"reason": reason, "count": count} for reason, count in figures.failures.items()],
        "samples": [asdict(sample) for sample in services.minutes.samples()],
        "database": checks["database"],
        "store": checks["store"],
        "feed": {"cursor": str(feed.settled), "delay_seconds": feed.seconds},
    }
    return answer(reported)


def _depth(depth: QueueDepth) -> dict[str, Any]:
    return {name: value for name, value in asdict(depth).items() if name != "kind"}


_TEXT: Final = {"type": "string"}
_OUTCOME: Final = {"type": "string", "enum": ["ok", "failed"]}
_NUMBER: Final = {"type": "number"}
SCHEMAS: Final = {
    "Findings": record(
        {
            "ok": {"type": "boolean"},
            "checks": array(
                record({"name": _TEXT, "ok": {"type": "boolean"}, "detail": _TEXT, "remedy": nullable("string")})
            ),
            "warnings": array(_TEXT),
            "limits": {"type": "object", "additionalProperties": {}},
        }
    ),
    "Status": record(
        {
            "version": _TEXT,
            "counts": record(
                {
                    **{name: integer() for name in ("products", "without_picture", "images", "pictures", "bytes")},
                    "approximate": {"type": "boolean"},
                }
            ),
            "states": record({name: integer() for name in STATES}),
            "queue": {
                "type": "object",
                "additionalProperties": record(
                    {"waiting": integer(), "in_hand": integer(), "failed": integer(), "oldest_seconds": _NUMBER}
                ),
            },
            "failures": array(record({"reason": _TEXT, "count": integer(1)})),
            "samples": array(
                record(
                    {
                        "at": {"type": "string", "format": "date-time"},
                        "requests": integer(),
                        "failed": integer(),
                        "seconds": _NUMBER,
                        "waiting": nullable("integer"),
                        "oldest_seconds": nullable("number"),
                    }
                )
            ),
            "database": _OUTCOME,
            "store": _OUTCOME,
            "feed": record({"cursor": _TEXT, "delay_seconds": _NUMBER}),
        }
    ),
}

ROWS: Final = (
    Row(
        "GET",
        "/v1/doctor",
        "admin",
        show_findings,
        "What the command `doctor` says of this process: each check, what is wrong and what helps.",
        {200: Response("What was found.", json(ref("Findings")))},
    ),
    Row(
        "GET",
        "/v1/status",
        "reader",
        show_status,
        "How much there is, how much is to be done, and how this process fares; `samples` one a minute, the last hour.",
        {200: Response("The figures, a minute old at most.", json(ref("Status")))},
    ),
)
