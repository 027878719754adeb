"""Where everything is kept: the database, and the bytes."""

from dataclasses import dataclass

from app.db.pool import Database
from app.events import Observe
from app.settings import Settings
from app.store import ObjectStore, open_store


@dataclass(frozen=True, slots=True)
class Storage:
    database: Database
    store: ObjectStore


def storage_of(settings: Settings, dsn: str, observe: Observe) -> Storage:
    return Storage(Database(dsn, size=settings.database_pool_size, observe=observe), open_store(settings, observe))
