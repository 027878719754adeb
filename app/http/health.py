"""Whether the service lives, and whether it can serve."""

import asyncio
import http
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import orjson
from aiohttp import web

from app.errors import NotFound, ProductImagesError, Unavailable
from app.events import CheckFailed
from app.http.appkeys import OBSERVER

Check = Callable[[], Awaitable[None]]
"""Raises what is wrong."""

_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Checks:
    """Without what is `essential` nothing can be served (503); without the rest, less (200, degraded)."""

    essential: Mapping[str, Check]
    useful: Mapping[str, Check]


CHECKS: Final = web.AppKey("checks", Checks)


def routes() -> list[web.RouteDef]:
    return [web.get("/health/live", live), web.get("/health/ready", ready), web.get("/metrics", metrics)]


async def live(request: web.Request) -> web.Response:
    return _answer(200, {"status": "ok"})


async def ready(request: web.Request) -> web.Response:
    """`{"status": "ok" | "degraded" | "unavailable", "checks": {name: "ok" | "failed"}}`."""
    checks = request.app[CHECKS]
    everything = {**checks.essential, **checks.useful}
    outcomes = await asyncio.gather(*(_outcome(request, name, check) for name, check in everything.items()))
    told = dict(zip(everything, outcomes, strict=True))
    if any(told[name] == "failed" for name in checks.essential):
        return _answer(503, {"status": "unavailable", "checks": told})
    return _answer(200, {"status": "degraded" if "failed" in outcomes else "ok", "checks": told})


async def metrics(request: web.Request) -> web.Response:
    figures = request.app[OBSERVER].metrics.exposition()
    return web.Response(body=figures, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


def error(_: web.Request, error: Exception) -> web.Response:
    """The room's words for a failure; a bug is told without its reason."""
    match error:
        case Unavailable():
            status = 503
        case NotFound():
            status = 404
        case web.HTTPException():
            status = error.status
        case _:
            status = 500
    return _answer(status, {"status": "error", "detail": http.HTTPStatus(status).phrase})


async def _outcome(request: web.Request, name: str, check: Check) -> Literal["ok", "failed"]:
    try:
        async with asyncio.timeout(_SECONDS):
            await check()
    except (ProductImagesError, OSError, TimeoutError) as error:
        request.app[OBSERVER](CheckFailed(name, str(error) or type(error).__name__))
        return "failed"
    return "ok"


def _answer(status: int, content: dict[str, object]) -> web.Response:
    return web.Response(
        status=status,
        body=orjson.dumps(content),
        headers={"Content-Type": "application/json", "Cache-Control": "no-store"},
    )
