"""Health and metrics, as probes and scrapers see them."""

import asyncio

import pytest
from aiohttp import web

from app.errors import DatabaseUnavailable, StoreUnavailable
from app.http.appkeys import OBSERVER
from app.http.bytecache import ByteCache
from app.http.health import CHECKS, Check, Checks, routes
from tests.http.conftest import Client, Serve


async def well() -> None:
    await asyncio.sleep(0)


async def database_away() -> None:
    raise DatabaseUnavailable("password=secret")


async def store_away() -> None:
    raise StoreUnavailable("gone")


async def serve_with(serve: Serve, database: Check, store: Check) -> Client:
    client = await serve(*routes())
    client.app[CHECKS] = Checks({"database": database}, {"store": store})
    return client


@pytest.mark.filterwarnings("ignore:Changing state of started")
@pytest.mark.parametrize(
    ("database", "store", "status", "told"),
    [
        (well, well, 200, "ok"),
        (well, store_away, 200, "degraded"),
        (database_away, well, 503, "unavailable"),
        (database_away, store_away, 503, "unavailable"),
    ],
)
async def test_readiness_tells_what_is_away(
    serve: Serve, database: Check, store: Check, status: int, told: str
) -> None:
    """Without the database nothing is ready; without the store reads still are."""
    client = await serve_with(serve, database, store)

    response = await client.get("/health/ready")

    assert response.status == status
    assert response.headers["Cache-Control"] == "no-store"
    assert await response.json() == {
        "status": told,
        "checks": {
            "database": "ok" if database is well else "failed",
            "store": "ok" if store is well else "failed",
        },
    }


@pytest.mark.filterwarnings("ignore:Changing state of started")
async def test_the_process_lives_whatever_is_away(serve: Serve) -> None:
    """Liveness asks nobody, so that an outage elsewhere restarts nothing."""
    client = await serve_with(serve, database_away, store_away)

    assert (await client.get("/health/live")).status == 200


async def test_metrics_tell_requests_and_caches(serve: Serve) -> None:
    """A scrape has requests by room, route and status, and the figures of caches."""

    async def handler(request: web.Request) -> web.Response:
        return web.Response()

    client = await serve(*routes(), web.get("/media/{path}", handler))
    cache: ByteCache[str, bytes] = ByteCache(100_000)
    cache.put("a", b"abc", 3)
    cache.get("a")
    client.app[OBSERVER].metrics.watch_cache("media", cache)
    await client.get("/media/a")
    await client.get("/media/b")
    await client.get("/nowhere")

    response = await client.get("/metrics")
    text = await response.text()

    assert response.headers["Content-Type"].startswith("text/plain")
    labels = 'method="GET",room="delivery",route="/media/{path}",status="200"'
    assert f"product_images_http_request_seconds_count{{{labels}}} 2.0" in text
    assert 'room="glue",route="unknown",status="404"' in text
    assert 'product_images_cache_hits_total{cache="media"} 1.0' in text
