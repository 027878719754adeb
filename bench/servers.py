"""Servers as processes of their own, and load on them from yet another one."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from app.service.catalogue.oauth import IssuedToken

HOST: Final = "127.0.0.1"
CONNECTIONS: Final = 32
_OF_SERVERS: Final = {"Date", "Server", "Content-Length", "Connection"}


@dataclass(frozen=True, slots=True)
class Server:
    pid: int
    port: int

    def cpu_seconds(self) -> float:
        """Processor time of the process so far, its children left out."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    def memory(self) -> int:
        """Bytes that the process holds in memory."""
        return int(psutil.Process(self.pid).memory_info().rss)

    def memory_of_children(self) -> int:
        """Bytes that the processes which it started hold together."""
        held = 0
        for child in psutil.Process(self.pid).children():
            with suppress(psutil.NoSuchProcess):
                held += int(child.memory_info().rss)
        return held


def spent(*pids: int) -> float:
    """Processor seconds of processes with all their descendants, former ones included, so far."""
    processes = [one for pid in pids for one in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True))]
    times = [one.cpu_times() for one in processes]
    return float(sum(one.user + one.system + one.children_user + one.children_system for one in times))


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` has a character for each byte."""

    status: int
    headers: dict[str, str]
    body: str

    def is_like(self, other: "Answer") -> bool:
        """Whether both say the same, identifiers and times aside, in as many bytes."""
        sizes = ({name.lower(): len(value) for name, value in one.headers.items()} for one in (self, other))
        return (self.status, self.body, next(sizes)) == (other.status, other.body, next(sizes))


@dataclass(frozen=True, slots=True)
class Measured:
    """`rate` per second, `p50` and `p99` in milliseconds, `cpu` in microseconds of the server's process per request."""

    rate: float
    count: int
    p50: float
    p99: float
    failed: int
    cpu: float


@asynccontextmanager
async def ours(settings: Mapping[str, str]) -> AsyncIterator[Server]:
    """Our server with `settings`, environment variables."""
    async with _child("bench.ours", {"PORT": "0"} | dict(settings)) as server:
        yield server


@asynccontextmanager
async def unlogged(settings: Mapping[str, str]) -> AsyncIterator[Server]:
    """The same, but no change of a gallery is written into the log."""
    async with _child("bench.unlogged", {"PORT": "0"} | dict(settings)) as server:
        yield server


@asynccontextmanager
async def bare(plan: Mapping[str, Any]) -> AsyncIterator[Server]:
    """The bare handler, see `bench.bare` for its plan."""
    async with _child("bench.bare", {}, json.dumps(plan).encode()) as server:
        yield server


@asynccontextmanager
async def objects(folder: Path) -> AsyncIterator[Server]:
    """The objects of a folder, as an S3 server gives them: path-style, below any bucket."""
    async with _child("bench.objects", {"FOLDER": str(folder)}) as server:
        yield server


@asynccontextmanager
async def proxy(upstream: Server) -> AsyncIterator[Server]:
    """A bare proxy of another server."""
    async with _child("bench.proxy", {"UPSTREAM": f"http://{HOST}:{upstream.port}"}) as server:
        yield server


@asynccontextmanager
async def building(file: Path) -> AsyncIterator[None]:
    """Two renditions at a time are made of `file`, for as long as the block lasts."""
    async with _child("bench.building", {"FILE": str(file)}):
        yield


@asynccontextmanager
async def flooding(server: Server, admin: IssuedToken, clients: int) -> AsyncIterator[None]:
    """So many clients upload without a pause, for as long as the block lasts; some were turned away when it begins."""
    environ = {"PORT": str(server.port), "CLIENTS": str(clients)}
    async with _child("bench.flooding", environ, json.dumps(asdict(admin)).encode()):
        yield


@asynccontextmanager
async def _child(module: str, environ: Mapping[str, str], stdin: bytes = b"") -> AsyncIterator[Server]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=_environ() | dict(environ)
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(stdin)
        process.stdin.close()
        line = await process.stdout.readline()
        if not line:
            raise RuntimeError(f"{module} did not start")
        yield Server(process.pid, int(line))
    finally:
        await _end(process)


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
    await process.wait()


def _environ() -> dict[str, str]:
    """What a process needs to run; none of the caller's own settings."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}


async def load(server: Server, requests: Sequence[bytes], seconds: float, connections: int = CONNECTIONS) -> Measured:
    """Load for so many seconds or, where that is 0, until each request was sent once."""
    arguments = ("-m", "bench.load", HOST, str(server.port), str(seconds), str(connections))
    before = server.cpu_seconds()
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdin=PIPE, stdout=PIPE)
    lengths = " ".join(str(len(request)) for request in requests)
    output, _ = await process.communicate(b"".join((f"{lengths}\n".encode(), *requests)))
    figures = json.loads(output)
    return Measured(**figures, cpu=1e6 * (server.cpu_seconds() - before) / max(1, figures["count"]))


async def ask(server: Server, request: bytes) -> Answer:
    """One request; the answer without the headers that servers write by themselves."""
    reader, writer = await asyncio.open_connection(HOST, server.port)
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in head[1:] if line)
    body = await reader.readexactly(int(headers.get("Content-Length", 0)))
    writer.close()
    own = {name: value for name, value in headers.items() if name not in _OF_SERVERS}
    return Answer(int(head[0].split()[1]), own, body.decode("latin-1"))
