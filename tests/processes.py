"""The product's own command line, run as a user runs it."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import aiohttp

ROOT: Final = Path(__file__).parents[1]
_READY_SECONDS: Final = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def command(*words: str, **environment: Any) -> Process:
    """`product-images …`, its output in pipes. Nobody waits for balancers, unless told to."""
    return await started("-m", "app", *words, **environment)


async def started(*words: str, **environment: Any) -> Process:
    """Python with these words, in the repository."""
    options = {"DRAIN_SECONDS": 0} | environment
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *words,
        cwd=ROOT,
        env=os.environ | {name: str(value) for name, value in options.items()},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


@asynccontextmanager
async def running(*words: str, **environment: Any) -> AsyncIterator[Process]:
    """A long-lived command; whatever is left of it when the block ends is ended."""
    async with until_ended(await command(*words, **environment)) as process:
        yield process


@asynccontextmanager
async def until_ended(process: Process) -> AsyncIterator[Process]:
    draining = asyncio.create_task(_drain(process))
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await process.wait()
        await draining


@asynccontextmanager
async def serving(port: int | None = None, **environment: Any) -> AsyncIterator[tuple[str, Process]]:
    """`serve` on a free port, or the one given, ready: (base URL, process)."""
    port = port or free_port()
    async with running("serve", PORT=port, **environment) as process:
        base = f"http://127.0.0.1:{port}"
        await _ready(base, process)
        yield base, process


@asynccontextmanager
async def fleet(workers: int, **environment: Any) -> AsyncIterator[tuple[str, Process]]:
    """So many processes under gunicorn, ready: (base URL, gunicorn's own process)."""
    port = free_port()
    words = ("-m", "gunicorn", "-c", "python:app.fleet_config")
    gunicorn = await started(*words, PORT=port, WEB_CONCURRENCY=workers, **environment)
    async with until_ended(gunicorn) as process:
        base = f"http://127.0.0.1:{port}"
        await _ready(base, process)
        yield base, process


async def _ready(base: str, process: Process) -> None:
    async with asyncio.timeout(_READY_SECONDS), aiohttp.ClientSession() as session:
        while process.returncode is None:
            with suppress(aiohttp.ClientError):
                async with session.get(f"{base}/health/ready") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.05)
    raise AssertionError(f"serve ended with {process.returncode} before it was ready")


async def _drain(process: Process) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        sys.stdout.write(line.decode(errors="replace"))
