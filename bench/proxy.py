"""The floor of cold delivery: aiohttp passing on what another server, UPSTREAM, gives. Prints its port."""

import asyncio
import os
from collections.abc import AsyncIterator

import uvloop
from aiohttp import ClientSession, hdrs, web

from bench.bare import run_app

_SESSION = web.AppKey("session", ClientSession)


async def _pass_on(request: web.Request) -> web.StreamResponse:
    async with request.app[_SESSION].get(request.path) as given:
        headers = {name: given.headers[name] for name in (hdrs.CONTENT_LENGTH, hdrs.ETAG)}
        response = web.StreamResponse(status=given.status, headers=headers)
        await response.prepare(request)
        async for chunk in given.content.iter_any():
            await response.write(chunk)
        await response.write_eof()
        return response


async def _session(app: web.Application) -> AsyncIterator[None]:
    async with ClientSession(os.environ["UPSTREAM"]) as session:
        app[_SESSION] = session
        yield


def main() -> None:
    app = web.Application()
    app.cleanup_ctx.append(_session)
    app.router.add_get("/{path:.+}", _pass_on)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run_app(app))


if __name__ == "__main__":
    main()
