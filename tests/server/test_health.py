"""Health and metrics, as probes and scrapers see them."""

import asyncio

import pytest

from app.errors import DatabaseUnavailable, StoreUnavailable
from app.http.drain import DRAIN
from app.server.health import CHECKS, Check, Checks, routes
from tests.small_app import Client, Serve


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
    ("database", "store", "status", "reported"),
    [
        (well, well, 200, "ok"),
        (well, store_away, 200, "degraded"),
        (database_away, well, 503, "unavailable"),
        (database_away, store_away, 503, "unavailable"),
    ],
)
async def test_readiness_tells_what_is_away(
    serve: Serve, database: Check, store: Check, status: int, reported: str
) -> None:
    """Without the database nothing is ready; without the store reads still are."""
    client = await serve_with(serve, database, store)

    response = await client.get("/health/ready")

    assert response.status == status
    assert response.headers["Cache-Control"] == "no-store"
    assert await response.json() == {
        "status": reported,
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


@pytest.mark.filterwarnings("ignore:Changing state of started")
async def test_many_probes_ask_once(serve: Serve) -> None:
    """Probes that come close together, or at the same time, share one look at database and store."""
    asked = 0

    async def count() -> None:
        nonlocal asked
        asked += 1

    client = await serve_with(serve, well, count)

    for _ in range(3):
        async with asyncio.TaskGroup() as probes:
            for _ in range(5):
                probes.create_task(client.get("/health/ready"))

    assert asked == 1


@pytest.mark.filterwarnings("ignore:Changing state of started")
async def test_a_process_that_drains_is_not_ready(serve: Serve) -> None:
    """Once draining has begun readiness is red at once, whatever was found a moment ago; liveness stays."""
    client = await serve_with(serve, well, well)
    assert (await client.get("/health/ready")).status == 200

    client.app[DRAIN].begin()

    response = await client.get("/health/ready")
    assert (response.status, (await response.json())["status"]) == (503, "draining")
    assert (await client.get("/health/live")).status == 200
