"""What is looked up when metrics are asked for, instead of being told as it happens."""

from typing import Protocol

from app.db.pool import Database
from app.db.queue.jobs import failures, queue_depths
from app.events import Observe
from app.service.changes.delay import FeedWatch
from app.settings import Settings
from app.telemetry.metrics import Metrics
from app.telemetry.processes import Processes
from app.telemetry.scrape import Scrape, Shared


class Bounded(Protocol):
    """Work of which so much is done at a time."""

    @property
    def taken(self) -> int: ...

    @property
    def limit(self) -> int: ...


def scrape_of(settings: Settings, metrics: Metrics, database: Database, observe: Observe, **slots: Bounded) -> Scrape:
    """Metrics with the state of the database's pool, of the `slots` given by name, of the queue and of the log."""

    feed = FeedWatch(database)

    def connections() -> dict[str, float]:
        used, opened = database.connections
        return {
            "in_use": used,
            "idle": opened - used,
            "waiting": database.waiting,
            "allowed": settings.database_pool_size,
        }

    def taken() -> dict[str, float]:
        return {name: those.taken for name, those in slots.items()}

    def allowed() -> dict[str, float]:
        return {name: those.limit for name, those in slots.items()}

    async def shared() -> Shared:
        return Shared(await queue_depths(database), await failures(database), (await feed.look()).seconds)

    metrics.watch(
        "database_connections", "Connections to Postgres, and requests that wait for one.", "state", connections
    )
    metrics.watch("slots_taken", "Slots of bounded work that are taken.", "work", taken)
    metrics.watch("slots_allowed", "Slots of bounded work that there are.", "work", allowed)
    return Scrape(metrics, Processes(settings.figures_dir), shared, observe)
