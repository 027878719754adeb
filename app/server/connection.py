"""Connections as they come in, before there is a request that an API could answer."""

import asyncio
import socket
from collections.abc import Hashable, Mapping
from typing import Any, Final, cast

from aiohttp import HttpVersion10, HttpVersion11, hdrs, web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong
from aiohttp.web_protocol import RequestHandler

from app.cache.requests import Question
from app.events import Observe, Refusal, RequestRefused
from app.http.apis import UNKEPT
from app.http.ready import SERVER_NAME, SLICE, Guard, LetsAtOnce, ReadyResponse, serialised_head
from app.server.middleware import BrokenOff, ServerHandler, complete
from app.server.partings import Partings
from app.server.plain_reads import Head, PlainReads

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

    __slots__ = (
        "_answers",
        "_head",
        "_is_between_requests",
        "_is_refused",
        "_observe",
        "_opened",
        "_partings",
        "_reads",
        "_spoken",
        "_unread_since",
        "_wire",
    )

    def __init__(
        self,
        manager: web.Server,
        observe: Observe,
        partings: Partings,
        reads: PlainReads | None = None,
        **options: Any,
    ) -> None:
        super().__init__(manager, **options)
        self._observe = observe
        self._partings = partings
        self._reads = reads
        self._is_refused = False
        self._is_between_requests = True
        self._answers = 0
        self._head: Head | None = None
        self._spoken: Hashable = None
        self._opened = self._loop.time()
        self._unread_since: float | None = None
        self._wire: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = cast("asyncio.Transport", transport)
        self._wire.set_write_buffer_limits(high=0)
        _take_little(self._wire)
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._wire is not None:
            self._partings.ended(self._wire)
        super().connection_lost(exc)

    async def start(self) -> None:
        """As ever, but a connection that ends with a refusal is not closed before its client has heard of it."""
        await super().start()
        if self._is_refused and self.transport is not None and not self.transport.is_closing():
            self._partings.begin(self.transport)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """As ever, and counts answers that went out whole, to requests of which nothing is still to come, where the
        connection stays."""
        response, is_broken = await super().finish_response(request, resp, start_time)
        if not is_broken and response.keep_alive and request.content.is_eof():
            self._answers += 1
        return response, is_broken

    def data_received(self, data: bytes) -> None:
        """Answers a plain read that is known, and gives all else to the parser. From the first thing on that is no
        plain read the parser alone knows where a request begins."""
        if self._reads is not None and self._is_between_requests and self._answered(self._reads, data):
            return
        super().data_received(data)

    def was_asked(self, question: Question) -> None:
        """What the parser made of the head that came last, and is answered now."""
        if self._reads is not None and self._head is not None:
            self._spoken = question[-1]
            self._reads.learn(self._head, question)

    def was_let(self, guard: Guard, lets: LetsAtOnce) -> None:
        """And who let it."""
        if self._reads is not None and self._head is not None:
            self._reads.learn_guard(self._head, self._spoken, guard, lets)

    def _answered(self, reads: PlainReads, data: bytes) -> bool:
        waits = self._waits()
        answer = reads.again(data, self._spoken) if waits else None
        if answer is None:
            self._head = head = reads.head(data)
            self._is_between_requests = head is not None
            if head is None or not waits:
                self._head = None
                return False
            answer = reads.answer(head, self._spoken) if self._spoken is not None else None
        if answer is not None:
            self._send(answer)
        return answer is not None

    def _waits(self) -> bool:
        """For a request, with nothing left to send, and nothing that keeps it from going on.

        A client that is near asks again before the framework has come round to waiting for it. Were that request left
        to the framework, so would be the next, and all behind it: each would come just as early. Nothing that the
        framework does between two requests matters to an answer, so it counts as waiting once all are answered."""
        waiter = self._waiter
        is_waited_for = waiter is not None and not waiter.done()
        is_idle = (is_waited_for or self._answers == self._request_count) and not self._messages
        stays = not (self._close or self._force_close or self._upgraded or self._buffer_paused)
        return is_idle and stays and self._unread_since is None and self.transport is not None

    def _send(self, answer: bytes) -> None:
        """And waits for the next request, as after any other answer."""
        assert self.transport is not None
        assert self._manager is not None
        self._request_count += 1
        self._answers += 1
        self._manager.requests_count += 1
        self.transport.write(answer)
        self._next_keepalive_close_time = close_time = self._loop.time() + self._keepalive_timeout
        if self._keepalive_handle is None:
            self._keepalive_handle = self._loop.call_at(close_time, self._process_keepalive)

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
        return not self._request_count and not self._force_close and self._opened <= time

    def send_away(self, why: Refusal) -> None:
        """Tells a client who has not asked for anything what is wrong, and hangs up."""
        self._take_no_more()
        if self.transport is not None and not self.transport.is_closing():
            self._observe(RequestRefused(why))
            self.transport.write(_bare(why))
            self._partings.begin(self.transport)

    def refuse(self) -> None:
        """What is being answered is the last: nothing that comes behind it is looked at."""
        self._is_refused = True
        self._take_no_more()

    def _take_no_more(self) -> None:
        """As `force_close`, but what is written still goes out."""
        wire, self.transport = self.transport, None
        self.force_close()
        self.transport = wire

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
        self.refuse()
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
        if isinstance(request.protocol, Connection):
            request.protocol.refuse()
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
