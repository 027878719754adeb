"""Processes of the product, started by `tests.torture.launch`, known by name and kept an eye on."""

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from tests.processes import ROOT


@dataclass(eq=False)
class Child:
    """A process of the product."""

    pid: int
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    code: int | None = None
    is_stopped: bool = False
    is_ending: bool = False
    """Whether it was told to."""

    @property
    def is_alive(self) -> bool:
        return self.code is None

    def send(self, sign: signal.Signals) -> None:
        if self.is_alive:
            with suppress(ProcessLookupError):
                os.kill(self.pid, sign)
                if sign in {signal.SIGSTOP, signal.SIGCONT}:
                    self.is_stopped = sign == signal.SIGSTOP
                self.is_ending |= sign == signal.SIGTERM


class Nursery:
    def __init__(self, launcher: Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._launcher = launcher
        self._reader = reader
        self._writer = writer
        self._numbers = count()
        self._started: dict[int, asyncio.Future[Child]] = {}
        self._children: dict[int, Child] = {}

    async def start(
        self,
        *words: str,
        environment: Mapping[str, Any],
        log: Path,
        answer: Path | None = None,
        journal: Path | None = None,
        planted: str = "",
        main: str = "app.__main__:main",
    ) -> Child:
        """A command of the product, or another function of words. What it says goes to `log`, or what it answers to
        `answer`."""
        number = next(self._numbers)
        self._started[number] = asyncio.get_running_loop().create_future()
        asked = {
            "number": number,
            "main": main,
            "words": words,
            "environment": {name: str(value) for name, value in environment.items()},
            "log": str(log),
            "answer": str(answer or ""),
            "journal": str(journal or ""),
            "planted": planted,
        }
        self._writer.write(json.dumps(asked).encode() + b"\n")
        return await self._started[number]

    async def listen(self) -> None:
        async for line in self._reader:
            reported = json.loads(line)
            if "started" in reported:
                child = self._children[reported["started"]] = Child(reported["started"])
                self._started.pop(reported["asked"]).set_result(child)
            elif child := self._children.pop(reported["ended"], None):
                child.code = reported["code"]
                child.ended.set()


@asynccontextmanager
async def nursery() -> AsyncIterator[Nursery]:
    """For as long as the block lasts; then all its children are killed."""
    ours, theirs = socket.socketpair()
    launcher = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.torture.launch", str(theirs.fileno()), cwd=ROOT, pass_fds=[theirs.fileno()]
    )
    theirs.close()
    reader, writer = await asyncio.open_connection(sock=ours)
    nursery = Nursery(launcher, reader, writer)
    listening = asyncio.create_task(nursery.listen())
    try:
        yield nursery
    finally:
        writer.close()
        await launcher.wait()
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
