"""One process's share of the service, from its opening on."""

from pathlib import Path

import asyncpg
import pytest

from app.embedded.cluster import Cluster
from app.errors import DatabaseUnavailable
from app.events import CheckFailed, Event
from app.settings import Settings
from app.telemetry.metrics import Metrics
from app.telemetry.observer import Observer
from app.wiring.parts import Parts
from tests.e2e.conftest import eventually

_TRIES = 4


class _Reported(Observer):
    def __init__(self) -> None:
        super().__init__(Metrics())
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        super().__call__(event)
        self.events.append(event)


async def test_a_database_that_comes_late_is_not_opened_with_a_short_key(spare: Cluster, tmp_path: Path) -> None:
    """A key that a start would have refused is told at each try, nothing is served, and no try leaves a connection."""
    await spare.stop()
    reported = _Reported()
    settings = Settings(data_dir=tmp_path, database_url=spare.dsn, secret_key="short", run_worker=False)
    parts = Parts(settings, spare.dsn, reported)

    async def has_tried() -> bool:
        return (
            sum(isinstance(event, CheckFailed) and "too short" in event.reason for event in reported.events) >= _TRIES
        )

    async with parts.opened(waits=True):
        await spare.start()
        await eventually(has_tried)
        with pytest.raises(DatabaseUnavailable):
            await parts.storage.database.fetchval("some_oauth_consumer")
        other = await asyncpg.connect(spare.dsn)
        try:
            ours = "select count(*) from pg_stat_activity where application_name = 'product-images'"
            assert await other.fetchval(ours) <= 1  # of a try that is under way
        finally:
            await other.close()
