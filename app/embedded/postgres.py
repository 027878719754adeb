"""The embedded Postgres, shared by all processes that are given the same data directory."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from app.background import in_background
from app.embedded.claim import Claim, Ownership
from app.embedded.cluster import Cluster
from app.embedded.folders import check_name, made_folder
from app.events import Observe, nobody


@asynccontextmanager
async def embedded_postgres(
    data_dir: Path,
    *,
    role: Ownership = "guest",
    options: Mapping[str, str] | None = None,
    observe: Observe = nobody,
    report: Callable[[str], object] = lambda _: None,
) -> AsyncIterator[str]:
    """The connection string of the Postgres below `data_dir`, for as long as the block lasts.

    A `server` runs it itself, after waiting for a command that does so just now. A `guest` uses
    the one that runs, or else runs it until it and all other guests have finished. `options` are
    Postgres' own settings; `report` is given a sentence where there is long to wait. Raises `Misconfigured` with one
    sentence.
    """
    data_dir = made_folder(data_dir).resolve()
    check_name(data_dir)
    with Claim(data_dir, report) as claim:
        if role == "server":
            await claim.own()
        elif dsn := await claim.own_or_join():
            yield dsn
            return
        async with _running(Cluster(data_dir, options), claim, role, observe) as dsn:
            yield dsn


@asynccontextmanager
async def _running(cluster: Cluster, claim: Claim, role: Ownership, observe: Observe) -> AsyncIterator[str]:
    await cluster.start()
    patient = role == "guest"
    try:
        async with in_background("embedded postgres", cluster.keep_running, observe):
            try:
                yield cluster.dsn
            except asyncio.CancelledError:
                patient = False
                raise
            finally:
                await claim.part(patient=patient)
    finally:
        await cluster.stop()
