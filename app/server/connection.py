"""Connections as they come in, before there is a request that an API could answer."""

import asyncio
import socket
from collections.abc import Mapping
from typing import Any, Final, cast

from aiohttp import HttpVersion10, HttpVersion11, hdrs, web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong
from aiohttp.web_protocol import RequestHandler

from app.events import Observe, Refusal, RequestRefused
from app.http.apis import UNKEPT
from app.http.ready import SERVER_NAME, SLICE, ReadyResponse, serialised_head
from app.server.middleware import BrokenOff, ServerHandler, complete

_ANSWERS: Final[Mapping[Refusal, tuple[int, str]]] = {
    "malformed": (400, "This is no HTTP request that can be understood.\n"),
    "too_long": (431, "A line at the head of the request is too long.\n"),
    "too_slow": (408, "The head of the request took too long to arrive.\n"),
    "too_many": (503, "Too many connections are open.\n"),
    "version": (505, "HTTP is spoken here in its versions 1.0 and 1.1.\n"),
}
_UNSENT: Final[int | None] = getattr(socket, "TCP_NOTSENT_LOWAT", None)
_SPOKEN: Final = (HttpVersion11, HttpVersion10)


class Connection(RequestHandler):
    """One client's connection.

    Whatever is written to it, by whom ever, waits until the system has taken all of it. So it is known here, of every
    kind of answer alike, since when a client has not taken what it was sent.
    """

    __slots__ = ("_observe", "_opened", "_unread_since", "_wire")

    def __init__(self, manager: web.Server, observe: Observe, **options: Any) -> None:
        super().__init__(manager, **options)
        self._observe = observe
        self._opened = self._loop.time()
        self._unread_since: float | None = None
        self._wire: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = cast("asyncio.Transport", transport)
        self._wire.set_write_buffer_limits(high=0)
        _take_little(self._wire)
        super().connection_made(transport)

    def pause_writing(self) -> None:
        self._unread_since = self._loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._unread_since = None
        super().resume_writing()

    def has_not_taken_since(self, time: float) -> bool:
        """Whether something has been on its way to the client since then, on the loop's clock, and is not taken; also
        of an answer that has come to its end, and of a connection that is being closed."""
        return self._unread_since is not None and self._unread_since <= time

    def idle_since(self) -> float | None:
        """Since when, on the loop's clock, it has waited for a request; None where it has one in hand."""
        if self._waiter is None or self._waiter.done():
            return None
        return self._next_keepalive_close_time - self._keepalive_timeout

    def has_not_asked_since(self, time: float) -> bool:
        """Whether it was open by then, on the loop's clock, and no head of a request has come to its end.

        Later requests have no time of their own: idle or slow, a connection ends at its keep-alive time-out.
        """
        return not self._request_count and self._opened <= time

    def send_away(self, why: Refusal) -> None:
        """Tells the client what is wrong, and hangs up."""
        if self.transport is not None and not self.transport.is_closing():
            self._observe(RequestRefused(why))
            self.transport.write(_bare(why))
        self.force_close()

    def cut_off(self, why: Refusal) -> None:
        """Ends it without a word; what has not been sent is forgotten."""
        self._observe(RequestRefused(why))
        self.force_close()
        if self._wire is not None:
            self._wire.abort()

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
            response = super().handle_error(request, status, exc, message)
            complete(response, UNKEPT)
            return response
        why: Refusal = "too_long" if isinstance(exc, LineTooLong) else "malformed"
        self._observe(RequestRefused(why))
        status, text = _ANSWERS[why]
        response = web.Response(status=status, text=text)
        complete(response, UNKEPT)
        response.force_close()
        return response


def versions_refused(behind: ServerHandler, observe: Observe) -> ServerHandler:
    """A handler that does not answer in the words of HTTP/0.9 or of what HTTP/2 would be on the first line: the
    parser takes both. Ready answers, which are in front of it, are for HTTP/1.1 alone."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if request.version in _SPOKEN:
            return await behind(request)
        observe(RequestRefused("version"))
        status, text = _ANSWERS["version"]
        response = ReadyResponse(_head("version"), text.encode(), status)
        response.force_close()
        return response

    return handle


def _take_little(wire: asyncio.Transport) -> None:
    """Has the system take no more than a slice beyond what is on its way. Else it takes megabytes and then nothing
    until a third of them has left, and a client that reads slowly looks, meanwhile, like one that does not read."""
    client = wire.get_extra_info("socket")
    if _UNSENT is not None and client is not None and client.family != socket.AF_UNIX:
        client.setsockopt(socket.IPPROTO_TCP, _UNSENT, SLICE)


def _bare(why: Refusal) -> bytes:
    """An answer to somebody who has not asked yet."""
    return _head(why) + b"\r\n" + _ANSWERS[why][1].encode()


def _head(why: Refusal) -> bytes:
    status, text = _ANSWERS[why]
    headers = {
        hdrs.CONTENT_TYPE: "text/plain; charset=utf-8",
        hdrs.CONTENT_LENGTH: str(len(text)),
        hdrs.CONNECTION: "close",
        hdrs.SERVER: SERVER_NAME,
        **UNKEPT,
    }
    if status == 503:
        headers[hdrs.RETRY_AFTER] = "1"
    return serialised_head(status, headers)
