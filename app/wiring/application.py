"""Wires everything; the only module that knows everybody.

What has to be opened is opened in the application's `cleanup_ctx` and closed in reverse.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Final, get_args

from aiohttp import web
from aiohttp.typedefs import Handler

from app.access.uses import WRITE_SECONDS
from app.apis.glue import docs as glue_docs
from app.apis.glue.match import route_of as glue_route
from app.apis.glue.routes import GlueApi
from app.apis.openmage import docs as openmage_docs
from app.apis.openmage.headers import ALWAYS as OPENMAGE_HEADERS
from app.apis.openmage.match import route_of as openmage_route
from app.apis.openmage.routes import OpenMageApi
from app.apis.openmage.uploads import Uploads as OpenMageUploads
from app.apis.spree import docs as spree_docs
from app.apis.spree.delivery import SpreeDelivery
from app.apis.spree.match import route_of as spree_route
from app.apis.spree.routes import SpreeApi
from app.apis.spree.uploads import Uploads
from app.apis.v1 import docs as native_docs
from app.apis.v1 import problems
from app.background import in_background
from app.cache.requests import REQUEST_INDEX
from app.cache.warmth import Shelf, Warmth
from app.console.attempts import Attempts
from app.console.files import Files
from app.console.routes import Console
from app.db.migrate import pending
from app.delivery.media import Media, media_error
from app.errors import Misconfigured, NotFound
from app.http.apis import APIS, UNKEPT, Api, ApiName, api_name
from app.http.appkeys import OBSERVER, SETTINGS, SPANS
from app.http.drain import DRAIN
from app.http.origin import trusted_networks
from app.http.streams import STREAMS, Streams
from app.openapi.landing import landing, wants_landing
from app.openapi.pages import Docs
from app.openapi.service_sections import DELIVERY, SERVICE
from app.server import health
from app.server.hot_files import MEDIA, ROUTE
from app.server.middleware import outermost, sign_streams
from app.service.foreign.fetch import Fetcher
from app.settings import Settings
from app.telemetry.observer import Observer
from app.telemetry.scrape import SCRAPE
from app.traces import Spans
from app.wiring.native import native_api
from app.wiring.parts import Parts

_ANYTHING: Final = r"[\s\S]*"  # of a path once it is decoded: `.` would stop at a line break
_OPENMAGE_PREFIXES: Final = ("/api/rest", "/oauth/", "/admin/oauth_authorize")
_SECTIONS: Final = (
    SERVICE,
    DELIVERY,
    glue_docs.SECTION,
    openmage_docs.SECTION,
    spree_docs.SECTION,
    native_docs.SECTION,
)


def build_app(
    settings: Settings, dsn: str, observer: Observer | None = None, spans: Spans | None = None
) -> web.Application:
    """The web application; with `run_worker` it works off jobs, too."""
    trusted_networks(settings.trusted_proxies)  # a mistake in them is told now, not to the first client
    parts = Parts(settings, dsn, observer, spans)
    app = _service_app(parts)
    glue, openmage, (spree, spree_files) = _glue(parts), _openmage(parts), _spree(parts)
    previews = {"glue": glue.previews, "openmage": openmage.previews, "spree": spree.previews}
    native = native_api(parts, app[health.CHECKS].outcomes, previews)
    apis: dict[ApiName, Api] = {
        "v1": Api(native.error, sends_request_id=True, route_of=native.route_of, headers=UNKEPT),
        "openmage": Api(openmage.error, route_of=openmage_route, headers=OPENMAGE_HEADERS),
        "spree": Api(spree.error, sends_request_id=True, sends_runtime=True, route_of=spree_route, headers={}),
        "glue": Api(glue.error, route_of=glue_route, headers={}),
        "delivery": Api(media_error, headers=UNKEPT),
        "service": Api(health.error, sends_request_id=True, headers=UNKEPT),
    }
    app[APIS] = apis
    app[MEDIA] = parts.caches.media
    app.add_routes(Docs(_SECTIONS, {"problems": problems.page}).routes())
    if settings.console:
        app.add_routes(_console(parts).routes())
    app.add_routes(
        [
            web.route("*", ROUTE, parts.caches.media.handle),
            *(web.route("*", f"{prefix}{{rest:{_ANYTHING}}}", openmage.handle) for prefix in _OPENMAGE_PREFIXES),
            web.route("*", f"/api{{rest:{_ANYTHING}}}", spree.handle),
            web.route("*", f"/v1{{rest:(?:/{_ANYTHING})?}}", native.handle),
            web.route("*", f"/spree/{{rest:{_ANYTHING}}}", spree_files.handle),
            web.route("*", f"/{{path:{_ANYTHING}}}", _storefront(parts.caches.media, glue, console=settings.console)),
        ]
    )
    reads = {"glue": glue.warm, "openmage": openmage.warm, "spree": spree.warm}
    shelves = {name: Shelf(parts.caches.documents, read) for name, read in reads.items()}
    shelves["media"] = Shelf(parts.caches.shown, native.warm)
    warmth = Warmth(settings, shelves, parts.listener.hearing, parts.observer)
    app.cleanup_ctx.append(lambda _: _running(parts, warmth))
    return app


def build_watch_app(parts: Parts) -> web.Application:
    """Health and metrics of a process that serves nothing else."""
    app = _service_app(parts)
    app[APIS] = dict.fromkeys(get_args(ApiName), Api(health.error, headers=UNKEPT))
    return app


def _service_app(parts: Parts) -> web.Application:
    app = web.Application(middlewares=[outermost], client_max_size=parts.settings.max_body_bytes)
    app[SETTINGS] = parts.settings
    app[OBSERVER] = parts.observer
    app[SPANS] = parts.spans
    app[REQUEST_INDEX] = parts.caches.request_index
    app[SCRAPE] = parts.telemetry.scrape
    app[DRAIN] = parts.drain
    app[STREAMS] = Streams()
    app[health.CHECKS] = _checks(parts)
    app.add_routes(health.routes())
    app.on_response_prepare.append(sign_streams)
    return app


def _storefront(media: Media, glue: GlueApi, *, console: bool) -> Handler:
    """Whatever no pattern before it has taken."""

    async def storefront(request: web.Request) -> web.StreamResponse:
        name = api_name(request.rel_url.raw_path)
        if name == "service":
            raise NotFound(f"{request.method} is not routed there")
        if name == "delivery":  # behind more than one slash
            return await media.handle(request)
        return landing(console=console) if wants_landing(request) else await glue.handle(request)

    return storefront


def _console(parts: Parts) -> Console:
    access = parts.access
    return Console(
        parts.settings, access.accounts, access.sessions, access.rate_limits, Files(parts.settings), Attempts()
    )


def _glue(parts: Parts) -> GlueApi:
    return GlueApi(parts.settings, parts.catalogue.image_sets, parts.caches.documents)


def _openmage(parts: Parts) -> OpenMageApi:
    return OpenMageApi(
        parts.settings,
        parts.access.oauth,
        parts.catalogue.gallery_reader,
        parts.catalogue.gallery_writer,
        OpenMageUploads(parts.pictures.intake, parts.settings.max_body_bytes, parts.observer),
        parts.caches.documents,
        parts.access.rate_limits,
        parts.access.answers,
        parts.observer,
    )


def _spree(parts: Parts) -> tuple[SpreeApi, SpreeDelivery]:
    settings, pictures, rate_limits = parts.settings, parts.pictures, parts.access.rate_limits
    reader = parts.catalogue.spree_reader
    fetcher = Fetcher(settings) if settings.spree_fetch_urls else None
    uploads = Uploads(settings, pictures.intake, pictures.codecs, parts.observer, fetcher)
    api = SpreeApi(
        settings,
        reader,
        parts.catalogue.spree_writer,
        parts.caches.documents,
        parts.access.accounts.spree_key_of,
        pictures.intake,
        uploads,
        rate_limits,
        parts.access.answers,
    )
    files = parts.caches.spree_files
    return api, SpreeDelivery(
        settings,
        reader,
        pictures.renderer,
        parts.storage.store,
        files,
        rate_limits.subscriber,
        parts.caches.tags.of_file,
    )


async def _running(parts: Parts, warmth: Warmth) -> AsyncIterator[None]:
    async with parts.opened(waits=True), parts.telemetry.observed(), AsyncExitStack() as stack:
        await stack.enter_async_context(parts.listening())
        uses = parts.access.accounts.uses
        await stack.enter_async_context(in_background("uses", uses.write, parts.observer, every=WRITE_SECONDS))
        if parts.settings.run_worker:
            await stack.enter_async_context(parts.working())
        await stack.enter_async_context(warmth.kept())
        yield


def _checks(parts: Parts) -> health.Checks:
    async def migrated() -> None:
        if missing := await pending(parts.storage.database):
            raise Misconfigured(f"migrations are missing: {', '.join(missing)}")

    useful = {"store": parts.storage.store.check, "spool": parts.pictures.intake.check}
    return health.Checks({"database": migrated}, useful, parts.observer)
