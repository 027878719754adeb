"""Whether the service lives, and whether it can serve."""

import asyncio
import http
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Literal

import orjson
from aiohttp import web

from app.errors import NotFound, ProductImagesError, Unavailable
from app.events import CheckFailed, Observe, nobody
from app.http.drain import DRAIN
from app.telemetry.scrape import SCRAPE

Check = Callable[[], Awaitable[None]]
"""Raises what is wrong."""
CheckResult = Literal["ok", "failed"]

_SECONDS: Final = 5.0
_MEMORY_SECONDS: Final = 2.0


class Checks:
    """Without what is `essential` nothing can be served (503); without the rest, less (200, degraded).

    Outcomes are remembered for `memory` seconds: a check of the store writes to it, and there may be many probes.
    """

    def __init__(
        self,
        essential: Mapping[str, Check],
        useful: Mapping[str, Check],
        observe: Observe = nobody,
        memory: float = _MEMORY_SECONDS,
    ) -> None:
        self.essential = essential
        self._all = {**essential, **useful}
        self._observe = observe
        self._memory = memory
        self._asking = asyncio.Lock()
        self._known: tuple[float, dict[str, CheckResult]] = (float("-inf"), {})

    async def outcomes(self) -> dict[str, CheckResult]:
        async with self._asking:
            if time.monotonic() - self._known[0] > self._memory:
                outcomes = await asyncio.gather(*(self._outcome(name) for name in self._all))
                self._known = time.monotonic(), dict(zip(self._all, outcomes, strict=True))
            return self._known[1]

    async def _outcome(self, name: str) -> CheckResult:
        try:
            async with asyncio.timeout(_SECONDS):
                await self._all[name]()
        except (ProductImagesError, OSError, TimeoutError) as error:
            self._observe(CheckFailed(name, str(error) or type(error).__name__))
            return "failed"
        return "ok"


CHECKS: Final = web.AppKey("checks", Checks)


def routes() -> list[web.RouteDef]:
    return [web.get("/health/live", live), web.get("/health/ready", ready), web.get("/metrics", metrics)]


async def live(request: web.Request) -> web.Response:
    return _answer(200, {"status": "ok"})


async def ready(request: web.Request) -> web.Response:
    """`{"status": "ok" | "degraded" | "unavailable" | "draining", "checks": {name: "ok" | "failed"}}`."""
    checks = request.app[CHECKS]
    outcomes = await checks.outcomes()
    if request.app[DRAIN].begun:
        return _answer(503, {"status": "draining", "checks": outcomes})
    if any(outcomes[name] == "failed" for name in checks.essential):
        return _answer(503, {"status": "unavailable", "checks": outcomes})
    return _answer(200, {"status": "degraded" if "failed" in outcomes.values() else "ok", "checks": outcomes})


async def metrics(request: web.Request) -> web.Response:
    figures = await request.app[SCRAPE].text()
    return web.Response(body=figures, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


def error(_: web.Request, error: Exception) -> web.Response:
    """The words for a failure; a bug is reported without its reason."""
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


def _answer(status: int, content: dict[str, object]) -> web.Response:
    return web.Response(
        status=status,
        body=orjson.dumps(content),
        headers={"Content-Type": "application/json"},
    )
