"""In front of the application: a hot file that is asked for as a whole goes out before anything is routed."""

import time
from typing import Final

from aiohttp import hdrs, web

from app.delivery.media import Media
from app.events import RequestServed
from app.http.appkeys import OBSERVER
from app.http.conditions import CONDITIONAL
from app.http.drain import DRAIN
from app.http.ready import ReadyResponse, may_be_ready
from app.server.middleware import ServerHandler

MEDIA: Final = web.AppKey("media", Media)
ROUTE: Final = "/media/{file:.*}"

_NOT_PLAIN: Final = (*CONDITIONAL, hdrs.EXPECT)


def hot_files(app: web.Application, behind: ServerHandler) -> ServerHandler:
    """A handler for `web.Server`; an application that delivers nothing keeps the one it has."""
    media = app.get(MEDIA)
    if media is None:
        return behind
    observe, drain = app[OBSERVER], app[DRAIN]
    route = ROUTE.replace(":.*", "")

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        started = time.perf_counter()
        response = _found(request, media) if request.raw_path.startswith("/media/") and not drain.begun else None
        if response is None:
            return await behind(request)
        observe(RequestServed("delivery", route, hdrs.METH_GET, 200, time.perf_counter() - started))
        return response

    return handle


def _found(request: web.BaseRequest, media: Media) -> ReadyResponse | None:
    if not may_be_ready(request) or any(name in request.headers for name in _NOT_PLAIN):
        return None
    hot = media.glance(request, request.raw_path)
    return None if hot is None else ReadyResponse(hot[0].head, hot[1])
