"""The outermost middleware: request id, timing, and failures into the words of the API that answers."""

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NoReturn, TypeAlias

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from app.cache.requests import REQUEST_INDEX, Question, Remembered
from app.errors import BodyTooLarge, NotFound, ProductImagesError, Rejected, Unavailable
from app.events import (
    REQUEST_ID,
    RequestFailed,
    RequestServed,
    RequestTurnedAway,
    TransferBroken,
    new_request_id,
)
from app.http.apis import APIS, Api, ApiName, api_name
from app.http.appkeys import OBSERVER, SPANS
from app.http.drain import DRAIN
from app.http.ready import SERVER_NAME, ReadyResponse, in_slices
from app.traces import TRACEPARENT, trace_of, within

ID_HEADER: Final = "X-Request-Id"
LONGEST_LINE: Final = 8190
"""Bytes that the parser takes of a line at the head of a request."""
SERVER_OPTIONS: Final[dict[str, Any]] = {
    "auto_decompress": False,  # a few kilobytes of gzip may hold gigabytes; `body` refuses what is compressed
    "access_log": None,  # the observer logs requests, with fields
    "keepalive_timeout": 75.0,
    "max_line_size": LONGEST_LINE,
    "max_field_size": LONGEST_LINE,
}
"""Arguments of `web.AppRunner` without which the promises of this package do not hold."""

_SANE_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS: Final = hdrs.METH_ALL
_WRITES: Final = frozenset((hdrs.METH_POST, hdrs.METH_PUT, hdrs.METH_PATCH, hdrs.METH_DELETE))

ServerHandler: TypeAlias = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
"""How `web.Server` is told what to answer."""

ASKED: Final = web.RequestKey("asked", tuple[Question, int])
"""What was asked, and in which era, of a request whose answer may be remembered."""


class BrokenOff(ConnectionResetError):
    """The connection ended before its answer did: the client left, or we broke off, which has been told by then."""


@web.middleware
async def outermost(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Needs `OBSERVER`, `SPANS`, `APIS`, `REQUEST_INDEX` and `DRAIN` in the application. What is answered from memory,
    in front of it, belongs to no trace."""
    trace = trace_of(request.headers.getall(TRACEPARENT, ()))
    if request.method in _WRITES:
        route = _route(request, api_name(request.rel_url.raw_path))
        with request.app[SPANS].span(f"{request.method} {route}", "server", trace) as note:
            response = await _answered(request, handler)
            note("http.response.status_code", response.status)
            return response
    if trace is None:
        return await _answered(request, handler)
    with within(trace):
        return await _answered(request, handler)


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    started = time.perf_counter()
    app, name = request.app, api_name(request.rel_url.raw_path)
    request_id, api = bind_request_id(request), app[APIS][name]
    response = await _answer(request, handler, name)
    seconds = time.perf_counter() - started
    if not isinstance(response, ReadyResponse):
        complete(response, api.headers)
        in_slices(response)
    if api.is_signed and not response.prepared:
        sign(response, api, request_id, seconds)
    if app[DRAIN].begun:
        app[DRAIN].part_with(response)
    method = request.method if request.method in _METHODS else "other"
    labels = name, _route(request, name), method
    if ASKED in request and isinstance(response, ReadyResponse) and response.document:
        app[REQUEST_INDEX].learn(*request[ASKED], Remembered(response.document, labels, response.guard))
    app[OBSERVER](RequestServed(*labels, response.status, seconds))
    return response


def sign(response: web.StreamResponse, api: Api, request_id: str, seconds: float) -> None:
    """Adds the headers that differ from answer to answer."""
    for name, value in signature(api, request_id, seconds).items():
        response.headers[name] = value


def signature(api: Api, request_id: str, seconds: float) -> dict[str, str]:
    """The headers that differ from answer to answer."""
    headers = {}
    if api.sends_request_id:
        headers[ID_HEADER] = request_id
    if api.sends_runtime:
        headers["X-Runtime"] = f"{seconds:.6f}"
    return headers


async def sign_streams(request: web.Request, response: web.StreamResponse) -> None:
    """For `on_response_prepare`: an answer that begins before its handler has ended has what others get behind it."""
    api = request.app[APIS][api_name(request.rel_url.raw_path)]
    if api.sends_request_id and ID_HEADER not in response.headers:
        complete(response, api.headers)
        response.headers[ID_HEADER] = REQUEST_ID.get("")


def complete(response: web.StreamResponse, headers: Mapping[str, str]) -> None:
    """Adds what the answer does not say itself: of `headers`, and whose answer it is."""
    for name, value in headers.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault(hdrs.SERVER, SERVER_NAME)


def refusals_by_api(behind: ServerHandler) -> ServerHandler:
    """What the application refuses before its middleware, such as an expectation that nobody meets (417), is told
    by the API, too."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await behind(request)
        except web.HTTPException as refusal:
            if not isinstance(request, web.Request) or isinstance(refusal, web.HTTPRedirection):
                raise
            return await outermost(request, _raiser(refusal))

    return handle


def _raiser(refusal: web.HTTPException) -> Handler:
    async def handle(_: web.Request) -> NoReturn:
        raise refusal

    return handle


async def _answer(request: web.Request, handler: Handler, name: ApiName) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPRedirection:
        raise
    except Exception as error:
        if request.writer.output_size or _client_left(request, error):
            raise _broken_off(request, name, error) from error
        return _error_response(request, name, error)


def bind_request_id(request: web.BaseRequest) -> str:
    """The caller's own id if it is harmless in logs and headers, else a new one; every log line of
    this request carries it."""
    given = request.headers.get(ID_HEADER)
    if not given or not _SANE_ID.fullmatch(given):
        given = new_request_id()
    REQUEST_ID.set(given)
    return given


def _route(request: web.Request, name: ApiName) -> str:
    if pattern := request.app[APIS][name].route_of(request.rel_url.raw_path):
        return pattern
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unknown"


def _client_left(request: web.Request, error: Exception) -> bool:
    gone = request.transport is None or request.transport.is_closing()
    return gone and isinstance(error, ConnectionError)


def _broken_off(request: web.Request, name: ApiName, error: Exception) -> BrokenOff:
    """Once bytes have gone out no document can follow: the connection ends, so that the client sees
    that what it has is not all."""
    if not _client_left(request, error):
        request.app[OBSERVER](TransferBroken(_route(request, name), f"{type(error).__name__}: {error}"))
    if request.transport is not None:
        request.transport.abort()
    return BrokenOff("the answer was broken off")


def _error_response(request: web.Request, name: ApiName, error: Exception) -> web.StreamResponse:
    failure = _named(error)
    observe = request.app[OBSERVER]
    response = request.app[APIS][name].error_document(request, failure)
    if isinstance(failure, Unavailable):
        observe(RequestTurnedAway(name, type(failure).__name__, failure.reason))
        response.headers.setdefault(hdrs.RETRY_AFTER, str(failure.retry_after))
    elif _is_ours(failure, response.status):
        observe(RequestFailed(name, _route(request, name), failure))
    return response


def _is_ours(failure: Exception, status: int) -> bool:
    """Whether a failure is a defect. The status alone does not tell: OpenMage's clients hear of a bug in a create as a
    400, and Glue refuses a preflight with a 501."""
    if isinstance(failure, Rejected):
        return False
    return status >= 500 or not isinstance(failure, ProductImagesError | web.HTTPException)


def _named(error: Exception) -> Exception:
    match error:
        case web.HTTPNotFound():
            return NotFound("no route")
        case web.HTTPRequestEntityTooLarge():
            return BodyTooLarge()
        case _:
            return error
