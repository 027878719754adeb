"""Connections as they come in, before there is a request that a room could answer."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong
from aiohttp.web_protocol import RequestHandler

from app.events import Observe, Refusal, RequestRefused
from app.http.edge import BrokenOff

_ANSWERS: Final[Mapping[Refusal, tuple[int, str]]] = {
    "malformed": (400, "This is no HTTP request that can be understood.\n"),
    "too_long": (431, "A line at the head of the request is too long.\n"),
}


class Connection(RequestHandler):
    """One client's connection."""

    __slots__ = ("_observe",)

    def __init__(self, manager: web.Server, observe: Observe, **options: Any) -> None:
        super().__init__(manager, **options)
        self._observe = observe

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
        response = web.Response(status=status, text=text, headers={hdrs.SERVER: "product-images"})
        response.force_close()
        return response


class Connections(web.Server):
    """Makes the connections of a server, whose way of answering it takes over from `server`; `options` are those of
    `SERVER_OPTIONS`."""

    def __init__(self, server: web.Server, observe: Observe, options: Mapping[str, Any]) -> None:
        super().__init__(server.request_handler, request_factory=server.request_factory)
        self._observe = observe
        self._options = options

    def __call__(self) -> Connection:
        return Connection(self, self._observe, loop=self._loop, **self._options)
