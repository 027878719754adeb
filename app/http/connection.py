"""Connections as they come in, before there is a request that a room could answer."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong
from aiohttp.web_protocol import RequestHandler

from app.events import Observe, Refusal, RequestRefused
from app.http.edge import BrokenOff
from app.http.ready import SERVER_NAME

_ANSWERS: Final[Mapping[Refusal, tuple[int, str]]] = {
    "malformed": (400, "This is no HTTP request that can be understood.\n"),
    "too_long": (431, "A line at the head of the request is too long.\n"),
    "too_slow": (408, "The head of the request took too long to arrive.\n"),
}
_ROUNDS: Final = 4
"""So many times in the time that a first head may take connections are looked through."""


class Connection(RequestHandler):
    """One client's connection."""

    __slots__ = ("_observe", "_opened")

    def __init__(self, manager: web.Server, observe: Observe, **options: Any) -> None:
        super().__init__(manager, **options)
        self._observe = observe
        self._opened = self._loop.time()

    def has_not_asked_since(self, time: float) -> bool:
        """Whether it was open by then, on the loop's clock, and no head of a request has come to its end.

        Later requests have no time of their own: idle or slow, a connection ends at its keep-alive time-out.
        """
        return not self._request_count and self._opened <= time

    def send_away(self) -> None:
        """Tells who dawdles, and hangs up."""
        if self.transport is not None and not self.transport.is_closing():
            self._observe(RequestRefused("too_slow"))
            self.transport.write(_bare("too_slow"))
        self.force_close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What cannot be parsed is answered in words of ours: the parser's repeat what was sent. That is no error of
        the service, so it is counted, and leaves no traceback. Nor does a client that left: it is nobody's error."""
        if isinstance(exc, BrokenOff):
            raise exc
        if not isinstance(exc, HttpProcessingError):
            return super().handle_error(request, status, exc, message)
        why: Refusal = "too_long" if isinstance(exc, LineTooLong) else "malformed"
        self._observe(RequestRefused(why))
        status, text = _ANSWERS[why]
        response = web.Response(status=status, text=text, headers={hdrs.SERVER: SERVER_NAME})
        response.force_close()
        return response


class Connections(web.Server):
    """Makes the connections of a server, whose way of answering it takes over from `server`; `options` are those of
    `SERVER_OPTIONS`. Sends those away that are `patience` seconds old, or a quarter more, and have not asked for
    anything."""

    def __init__(self, server: web.Server, observe: Observe, patience: float, options: Mapping[str, Any]) -> None:
        super().__init__(server.request_handler, request_factory=server.request_factory)
        self._observe = observe
        self._options = options
        self._watch = asyncio.create_task(self._send_dawdlers_away(patience))

    def __call__(self) -> Connection:
        return Connection(self, self._observe, loop=self._loop, **self._options)

    async def shutdown(self, timeout: float | None = None) -> None:
        self._watch.cancel()
        await super().shutdown(timeout)

    async def _send_dawdlers_away(self, patience: float) -> None:
        """Looks at all of them, and seldom, so that neither requests nor connections pay for timers."""
        while True:
            await asyncio.sleep(patience / _ROUNDS)
            since = self._loop.time() - patience
            for connection in self.connections:
                if isinstance(connection, Connection) and connection.has_not_asked_since(since):
                    connection.send_away()


def _bare(why: Refusal) -> bytes:
    """An answer to somebody who has not asked yet."""
    status, text = _ANSWERS[why]
    lines = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        "Content-Type: text/plain; charset=utf-8",
        f"Content-Length: {len(text)}",
        "Connection: close",
        "",
        text,
    )
    return "\r\n".join(lines).encode()
