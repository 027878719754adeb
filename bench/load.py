"""A small HTTP/1.1 load generator: many keep-alive connections, one request in flight on each.

Run as a process of its own (`python -m bench.load HOST PORT SECONDS CONNECTIONS`), with the requests
to rotate through on standard input, behind a line with the length of each; prints one JSON object, see `summary`. It
needs about a third of the time per request that aiohttp's server does.
"""

import asyncio
import json
import re
import sys
import time
from collections.abc import Sequence
from typing import Final, cast

import uvloop

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_HEAD_END: Final = b"\r\n\r\n"


class Run:
    """What all connections share. `once`: each request is sent once, and then no more."""

    def __init__(self, requests: Sequence[bytes], *, once: bool) -> None:
        self.latencies: list[float] = []
        self.failed = 0
        self.over = False
        self._requests = requests
        self._once = once
        self._next = 0

    def take(self) -> bytes | None:
        if self.over or (self._once and self._next >= len(self._requests)):
            return None
        request = self._requests[self._next % len(self._requests)]
        self._next += 1
        return request

    def summary(self, seconds: float) -> dict[str, float]:
        """Requests per second, latencies in milliseconds, and how many answers were no success."""
        latencies = sorted(self.latencies) or [float("inf")]
        return {
            "rate": len(self.latencies) / seconds,
            "count": len(self.latencies),
            "p50": 1000 * latencies[len(latencies) // 2],
            "p99": 1000 * latencies[len(latencies) * 99 // 100],
            "failed": self.failed,
        }


class Connection(asyncio.Protocol):
    def __init__(self, run: Run) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._run = run
        self._head = b""
        self._left = 0  # bytes of the body still to come
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        if self._left:
            self._left -= len(data)
        elif not self._begin(self._head + data):
            return
        if not self._left:
            self._run.latencies.append(time.perf_counter() - self._sent)
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._run.failed += not self._run.over and not self.done.done()
        if not self.done.done():
            self.done.set_result(None)

    def _begin(self, data: bytes) -> bool:
        """Whether the head of the answer is complete."""
        end = data.find(_HEAD_END)
        if end < 0:
            self._head = data
            return False
        self._head = b""
        self._run.failed += data[9:10] != b"2"
        length = _LENGTH.search(data, 0, end)
        self._left = (int(length[1]) if length else 0) - (len(data) - end - len(_HEAD_END))
        return True

    def _send(self) -> None:
        request = self._run.take()
        if request is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)


async def generate(
    host: str, port: int, seconds: float, connections: int, requests: Sequence[bytes]
) -> dict[str, float]:
    """Load for that long; without `seconds` (0), each request once."""
    run = Run(requests, once=seconds == 0)
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    opened = [(await loop.create_connection(lambda: Connection(run), host, port))[1] for _ in range(connections)]
    if seconds:
        loop.call_later(seconds, setattr, run, "over", True)
    await asyncio.gather(*(connection.done for connection in opened))
    return run.summary(time.perf_counter() - begun)


def main() -> None:
    host, port, seconds, connections = sys.argv[1:5]
    lengths = map(int, sys.stdin.buffer.readline().split())
    requests = [sys.stdin.buffer.read(length) for length in lengths]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(generate(host, int(port), float(seconds), int(connections), requests))))


if __name__ == "__main__":
    main()
