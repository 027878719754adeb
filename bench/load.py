"""A small HTTP/1.1 load generator: many keep-alive connections, one request in flight on each.

Run as a process of its own (`python -m bench.load HOST PORT SECONDS CONNECTIONS`), with the requests
to rotate through on standard input, separated by a NUL; prints one JSON object: `rate` in requests
per second, `p50` and `p99` in milliseconds, `failed` = answers other than the status expected.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence

import uvloop


class Connection(asyncio.Protocol):
    def __init__(self, run: "Run", first: int) -> None:
        self._run = run
        self._next = first
        self._buffer = b""
        self._left = 0  # bytes of the body still to come
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        if self._left:
            self._left -= len(data)
        else:
            self._buffer += data
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._buffer[:end].lower()
            self._run.statuses.append(int(head[9:12]))
            self._left = _content_length(head) - (len(self._buffer) - end - 4)
            self._buffer = b""
        if self._left <= 0:
            self._run.latencies.append(time.perf_counter() - self._sent)
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._run.lost += not self._run.over

    def _send(self) -> None:
        if self._run.over:
            self._transport.close()
            return
        self._left = 0
        self._sent = time.perf_counter()
        self._transport.write(self._run.requests[self._next])
        self._next = (self._next + self._run.stride) % len(self._run.requests)


class Run:
    def __init__(self, requests: Sequence[bytes], stride: int) -> None:
        self.requests = requests
        self.stride = stride
        self.latencies: list[float] = []
        self.statuses: list[int] = []
        self.lost = 0
        self.over = False


def _content_length(head: bytes) -> int:
    at = head.find(b"\r\ncontent-length:")
    return 0 if at < 0 else int(head[at + 17 : head.find(b"\r\n", at + 2) if b"\r\n" in head[at + 2 :] else None])


async def generate(
    host: str, port: int, seconds: float, connections: int, requests: Sequence[bytes]
) -> dict[str, float]:
    run = Run(requests, connections)
    loop = asyncio.get_running_loop()
    for number in range(connections):
        await loop.create_connection(lambda n=number: Connection(run, n % len(requests)), host, port)
    begun = time.perf_counter()
    await asyncio.sleep(seconds)
    took = time.perf_counter() - begun
    latencies = sorted(run.latencies)
    run.over = True
    return {
        "rate": len(latencies) / took,
        "p50": 1000 * latencies[len(latencies) // 2],
        "p99": 1000 * latencies[len(latencies) * 99 // 100],
        "failed": run.lost + sum(status >= 400 for status in run.statuses),
    }


def main() -> None:
    host, port, seconds, connections = sys.argv[1:5]
    requests = sys.stdin.buffer.read().split(b"\0")
    uvloop.install()
    print(json.dumps(asyncio.run(generate(host, int(port), float(seconds), int(connections), requests))))


if __name__ == "__main__":
    main()
