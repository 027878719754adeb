"""An object server: the files of the folder FOLDER, below any bucket's name. Prints its port."""

import asyncio
import os
from pathlib import Path

import uvloop
from aiohttp import web

from bench.bare import run_app


def main() -> None:
    folder = Path(os.environ["FOLDER"])

    async def get(request: web.Request) -> web.StreamResponse:
        return web.FileResponse(folder / request.match_info["key"], chunk_size=256 * 1024)

    app = web.Application()
    app.router.add_get("/{bucket}/{key:.+}", get)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run_app(app))


if __name__ == "__main__":
    main()
