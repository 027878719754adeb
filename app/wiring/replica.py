"""A replica that documents are read from."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.background import Work
from app.db.listen import Hearing
from app.db.replica.positions import Positions
from app.db.replica.reads import Reads
from app.db.replica.replica import Replica
from app.events import Observe
from app.settings import Settings
from app.wiring.storage import Storage


@dataclass(frozen=True, slots=True)
class Replicated:
    replica: Replica
    positions: Positions
    reads: Reads

    def work(self) -> Mapping[str, Work]:
        """What goes on for as long as changes are listened for."""
        return {"positions": self.positions.run, "replica": self.reads.run}


def replicated_of(settings: Settings, storage: Storage, hearing: Hearing, observe: Observe) -> Replicated | None:
    """None where there is no replica."""
    if not settings.database_read_url:
        return None
    replica = Replica(settings.database_read_url, size=settings.database_pool_size, observe=observe)
    positions = Positions(storage.database)
    return Replicated(replica, positions, Reads(storage.database, replica, positions, hearing, observe))
