"""A small application with the outermost in front, served for real."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from app.cache.documents import DocumentCache
from app.cache.requests import REQUEST_INDEX, RequestIndex
from app.db.listen import Hearing
from app.errors import (
    BodyBroken,
    BodyTooLarge,
    BodyTooSlow,
    EncodingNotAccepted,
    InvalidHost,
    NotFound,
    ProductImagesError,
    Unavailable,
)
from app.http.apis import APIS, UNKEPT, Api, ApiName, ErrorDocument
from app.http.appkeys import OBSERVER, SETTINGS, SPANS
from app.http.drain import DRAIN, Drain
from app.http.streams import STREAMS, Streams
from app.server.middleware import outermost
from app.settings import Settings
from app.telemetry.metrics import Metrics
from app.telemetry.observer import Observer
from app.traces import Unrecorded
from tests.serving import ProductServer

Client = TestClient[web.Request, web.Application]
Serve = Callable[..., Awaitable[Client]]

STATUS: dict[type[ProductImagesError], int] = {
    NotFound: 404,
    BodyTooLarge: 413,
    BodyTooSlow: 408,
    BodyBroken: 400,
    EncodingNotAccepted: 415,
    InvalidHost: 400,
    Unavailable: 503,
}


def document(api: ApiName) -> ErrorDocument:
    """An API that says who it is and what went wrong, in words that are safe to tell."""

    def tell(request: web.Request, error: Exception) -> web.StreamResponse:
        if isinstance(error, web.HTTPException):
            return web.json_response({"api": api, "error": error.reason}, status=error.status)
        if isinstance(error, ProductImagesError):
            status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)
            return web.json_response({"api": api, "error": type(error).__name__}, status=status)
        return web.json_response({"api": api, "error": "internal"}, status=500)

    return tell


def small_app(*routes: web.RouteDef, **changed: object) -> web.Application:
    """These routes behind the outermost; keywords are settings."""
    app = web.Application(middlewares=[outermost])
    app[SETTINGS] = replace(Settings(), **changed)  # type: ignore[arg-type]
    app[OBSERVER] = Observer(Metrics(), sample=1)
    app[SPANS] = Unrecorded()
    app[DRAIN] = Drain()
    app[STREAMS] = Streams()
    names: tuple[ApiName, ...] = ("v1", "openmage", "spree", "delivery", "service", "glue")
    app[REQUEST_INDEX] = RequestIndex(DocumentCache(0, Hearing(True, True)), Settings(), ())
    app[APIS] = {
        name: Api(document(name), sends_request_id=name == "glue", headers=UNKEPT if name == "service" else {})
        for name in names
    }
    app.add_routes(routes)
    return app


@pytest.fixture(name="serve")
async def _serve() -> AsyncIterator[Serve]:
    """Serve the given routes; keywords are settings."""
    clients: list[Client] = []

    async def serve(*routes: web.RouteDef, **changed: object) -> Client:
        app = small_app(*routes, **changed)
        server = ProductServer(app)
        await server.start_server()
        client = TestClient(server, timeout=aiohttp.ClientTimeout(10), auto_decompress=False)
        clients.append(client)
        return client

    yield serve
    for client in clients:
        await client.close()
