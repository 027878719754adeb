"""Our server as a process of its own, as `serve` runs it; settings come from the environment. Prints its port;
its log goes where nobody reads it."""

import asyncio

import uvloop

from app.http.logs import configure_logging
from app.server import serve
from app.settings import read_settings


def main() -> None:
    settings = read_settings()
    configure_logging("json")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(settings, settings.database_url, lambda port: print(port, flush=True)))


if __name__ == "__main__":
    main()
