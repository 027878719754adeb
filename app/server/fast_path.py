"""In front of the application: what was answered before is answered again before anything is routed."""

import time
from typing import Final

from aiohttp import web
from yarl import URL

from app.cache.requests import REQUEST_INDEX
from app.errors import ProductImagesError
from app.events import RequestServed
from app.http.apis import APIS
from app.http.appkeys import OBSERVER
from app.http.drain import DRAIN
from app.http.ready import LETS_AT_ONCE, Guard
from app.server.connection import Connection
from app.server.middleware import ASKED, ServerHandler, bind_request_id, sign

_MOST_SLASHES: Final = 64


def fast_path(app: web.Application, behind: ServerHandler) -> ServerHandler:
    """A handler for `web.Server` that asks `behind`, the application's own, for what it does not know."""
    index, apis, observe, drain = app[REQUEST_INDEX], app[APIS], app[OBSERVER], app[DRAIN]

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        started = time.perf_counter()
        assert isinstance(request, web.Request)  # an application makes no others
        question = None if drain.begun else index.question(request)
        if question is None:
            return await behind(_shallow(request))
        request[ASKED] = question, index.era
        if isinstance(request.protocol, Connection):
            request.protocol.was_asked(question)
        remembered = index.find(question)
        if remembered is None or (remembered.guard and not await _is_let(request, remembered.guard)):
            return await behind(_shallow(request))
        if remembered.guard and LETS_AT_ONCE in request and isinstance(request.protocol, Connection):
            request.protocol.was_let(remembered.guard, request[LETS_AT_ONCE])
        response = index.answer(remembered, question[0])
        if response is None:
            return await behind(_shallow(request))
        request_id, api = bind_request_id(request), apis[remembered.labels[0]]
        seconds = time.perf_counter() - started
        if api.is_signed:
            sign(response, api, request_id, seconds)
        observe(RequestServed(*remembered.labels, response.status, seconds))
        return response

    return handle


def _shallow(request: web.Request) -> web.Request:
    """A request that the router may be asked about: it looks at a path once for each of its slashes. A path of more of
    them than any has is cut where nothing is either, and its API tells that in its words."""
    if request.raw_path.count("/") <= _MOST_SLASHES:
        return request
    path = request.rel_url.raw_path.split("/", _MOST_SLASHES)
    if len(path) <= _MOST_SLASHES:
        return request  # they are in its query
    cut = URL.build(path="/".join(path[:-1]) + "/", query_string=request.rel_url.raw_query_string, encoded=True)
    return request.clone(rel_url=cut)


async def _is_let(request: web.Request, guard: Guard) -> bool:
    """What a guard objects to is told by the API, in its words."""
    try:
        return await guard(request)
    except ProductImagesError:
        return False
