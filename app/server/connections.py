"""All connections of a server: how many there may be, and when they end."""

import asyncio
import heapq
import os
import resource
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from app.background import ended, supervised
from app.events import CheckFailed, Observe
from app.server import partings
from app.server.connection import Connection
from app.server.partings import Partings
from app.server.plain_reads import PlainReads
from app.settings import Settings

_ROUNDS: Final = 4
"""So many times in the time that a client has for something connections are looked through."""
_BATCH: Final = 64
"""Connections that are found at a time to give way to new ones."""
_PAUSE: Final = 0.1
"""Seconds until connections are looked through once more, where none of them could give way."""
_SPARE: Final = 32
"""File descriptors for what is not counted: logs, pipes, libraries."""
_FEW: Final = 8
"""File descriptors left, from which on it is told that there are few."""
_PER_CHILD: Final = 8
"""File descriptors for a child process: pipes, and what it is made with."""


class Connections(web.Server):
    """Makes the connections of a server, whose way of answering it takes over from `server`; `options` are those of
    `SERVER_OPTIONS`.

    Sends those away that are `HEAD_SECONDS` old, or a quarter more, and have not asked for anything, and cuts those off
    that have not taken what they were sent for `SEND_SECONDS`. Where there are as many as there may be, the one that
    has been idle for longest gives way to a new one.
    """

    def __init__(self, server: web.Server, observe: Observe, settings: Settings, options: Mapping[str, Any]) -> None:
        super().__init__(server.request_handler, request_factory=server.request_factory)
        self._observe = observe
        self._options = options
        self.reads: PlainReads | None = None
        """Who answers in front of the parser of each connection that is made from now on."""
        self._head, self._send = settings.head_seconds, settings.send_seconds
        self._most = most_connections(settings)
        self._open: set[Connection] = set()
        self._partings = Partings()
        self._idlest: deque[tuple[float, Connection]] = deque()
        self._look_again = 0.0
        self._watch = asyncio.create_task(supervised("connections", self._keep_watch, observe))

    def __call__(self) -> Connection:
        return Connection(self, self._observe, self._partings, self.reads, loop=self._loop, **self._options)

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        assert isinstance(handler, Connection)
        self._open.add(handler)
        if len(self._open) - len(self._partings) > self._most:
            self._make_room(handler)

    def connection_lost(self, handler: web.RequestHandler, exc: BaseException | None = None) -> None:
        super().connection_lost(handler, exc)
        if isinstance(handler, Connection):
            self._open.discard(handler)

    async def shutdown(self, timeout: float | None = None) -> None:
        await ended(self._watch)
        await super().shutdown(timeout)

    def _make_room(self, newcomer: Connection) -> None:
        idlest = self._next_idlest()
        if idlest is None:
            newcomer.send_away("too_many")
        else:
            idlest.cut_off("gave_way")

    def _next_idlest(self) -> Connection | None:
        """The one that has been idle for longest. Many are found at a time, since all have to be looked at."""
        if not self._idlest and self._look_again <= (now := self._loop.time()):
            self._look_again = now + _PAUSE
            idle = ((since, one) for one in self._open if (since := one.idle_since()) is not None)
            self._idlest.extend(heapq.nsmallest(_BATCH, idle, key=lambda found: found[0]))
        while self._idlest:
            since, connection = self._idlest.popleft()
            if connection in self._open and connection.idle_since() == since:
                return connection
        return None

    async def _keep_watch(self) -> None:
        """Looks at all of them, and seldom, so that neither requests nor connections pay for timers."""
        while True:
            await asyncio.sleep(min(self._head, self._send) / _ROUNDS)
            now = self._loop.time()
            for connection in tuple(self._open):
                if connection.has_not_taken_since(now - self._send):
                    connection.cut_off("not_read")
                elif connection.has_not_asked_since(now - self._head):
                    connection.send_away("too_slow")
            self._report_descriptors()

    def _report_descriptors(self) -> None:
        used, allowed = used_descriptors(), _allowed_descriptors()
        if used > allowed - _FEW:
            self._observe(CheckFailed("descriptors", f"{used} of {allowed} file descriptors are in use"))


def most_connections(settings: Settings) -> int:
    """How many clients may be connected: what the system allows beside our own connections and files, if that is less
    than the settings say."""
    own = (
        settings.database_pool_size
        + 2 * (settings.max_uploads + settings.max_builds + settings.worker_concurrency)
        + _PER_CHILD * settings.codec_processes
        + partings.MOST
        + _SPARE
    )
    return max(1, min(settings.max_connections, _allowed_descriptors() - own))


def used_descriptors() -> int:
    """The lowest that is free, below which all are in use: one system call, however many there are."""
    try:
        lowest = os.open(os.devnull, os.O_RDONLY)
    except OSError:  # there is none
        return _allowed_descriptors()
    os.close(lowest)
    return lowest


def _allowed_descriptors() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft if soft != resource.RLIM_INFINITY else 2**31
