"""More uploads than the server has slots for, without a pause: who is told to wait comes back when he was told to.

Run as a process of its own, with the server's port in `PORT`, the number of clients in `CLIENTS` and an admin's
credentials, a JSON object, on standard input. Runs until it is ended, and then until every upload was answered; says
when the first one was turned away.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from typing import Final

from app.service.catalogue.oauth import IssuedToken
from bench.servers import Server, ask
from bench.uploads import upload
from bench.wire import Signer

_FIRST: Final = 1_000_000  # copies of the photograph from here on are used by nobody else


async def flood(server: Server, signer: Signer, clients: int) -> None:
    ended, refused, copies = asyncio.Event(), asyncio.Event(), count(_FIRST + os.getpid() * 10_000)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(clients):
            tasks.create_task(_client(server, signer, copies, ended, refused))
        await refused.wait()
        print(0, flush=True)  # where servers print their port


async def _client(
    server: Server, signer: Signer, copies: Iterator[int], ended: asyncio.Event, refused: asyncio.Event
) -> None:
    while not ended.is_set():
        answer = await ask(server, upload(signer, next(copies)))
        if answer.status == 503:
            refused.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), int(answer.headers["Retry-After"]))
        else:
            assert answer.status == 200, answer


def main() -> None:
    server = Server(os.getpid(), int(os.environ["PORT"]))
    signer = Signer(IssuedToken(**json.load(sys.stdin)))
    asyncio.run(flood(server, signer, int(os.environ["CLIENTS"])))


if __name__ == "__main__":
    main()
