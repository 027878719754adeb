"""The floor: aiohttp and nothing else, set up as our server is. Prints its port.

Standard input holds one JSON object: `answers` (from a path to status, headers and body, a character for each byte)
and, where rows are to be read for each of them, `statement` with `dsn`, `sql`, `size` of the pool, and `args` by path.
What comes to the path `held` waits for a future that nobody resolves.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Any, Final

import asyncpg
import uvloop
from aiohttp import web
from aiohttp.typedefs import Handler

from app.db.connections.connect import SESSION_SETTINGS
from app.server.middleware import SERVER_OPTIONS

_SETTINGS: Final = {**SESSION_SETTINGS, "plan_cache_mode": "force_generic_plan"}
"""As the service has them, else the floor plans its statement anew each time."""


def _ready(status: int, headers: dict[str, str], body: str) -> Handler:
    data = body.encode("latin-1")

    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=status, headers=headers, body=data)

    return handler


class Prepared:
    """One statement, prepared on each of a few connections that are held for ever."""

    def __init__(self) -> None:
        self._free: asyncio.LifoQueue[Any] = asyncio.LifoQueue()

    async def open(self, dsn: str, sql: str, size: int) -> None:
        for _ in range(size):
            connection = await asyncpg.connect(dsn, server_settings=_SETTINGS)
            self._free.put_nowait(await connection.prepare(sql))

    async def fetch(self, args: Sequence[Any]) -> list[Any]:
        statement = await self._free.get()
        try:
            rows: list[Any] = await statement.fetch(*args)
            return rows
        finally:
            self._free.put_nowait(statement)


def _reading(prepared: Prepared, args: Sequence[Any], answer: Handler) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        await prepared.fetch(args)
        return await answer(request)

    return handler


async def _hold(_: web.Request) -> web.StreamResponse:
    for_ever: asyncio.Future[web.StreamResponse] = asyncio.get_running_loop().create_future()
    return await for_ever


async def run(plan: dict[str, Any]) -> None:
    app, prepared, statement = web.Application(), Prepared(), plan.get("statement")
    if statement:
        await prepared.open(statement["dsn"], statement["sql"], statement["size"])
    if "held" in plan:
        app.router.add_get(plan["held"], _hold)
    for path, answer in plan.get("answers", {}).items():
        handler = _ready(**answer)
        app.router.add_get(path, _reading(prepared, statement["args"][path], handler) if statement else handler)
    await run_app(app)


async def run_app(app: web.Application) -> None:
    """Serves until it is ended, on a port that it prints."""
    runner = web.AppRunner(app, **SERVER_OPTIONS)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


def main() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(json.load(sys.stdin)))


if __name__ == "__main__":
    main()
