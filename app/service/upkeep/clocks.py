"""Whether this process, the database and the store agree on what time it is."""

import time
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.db.pool import Database
from app.errors import ClocksDiffer, ProductImagesError
from app.events import CheckFailed, Observe
from app.store import ObjectStore

LOOK_SECONDS: Final = 60.0
MOST_SKEW_SECONDS: Final = 60.0
"""Beyond which nothing is swept, for what is old is then not certain."""


@dataclass(frozen=True, slots=True)
class Skew:
    """How many seconds each clock is ahead of this process's; negative where it is behind."""

    database: float
    store: float

    @property
    def most(self) -> float:
        """Between any two of the three."""
        return max(0.0, self.database, self.store) - min(0.0, self.database, self.store)

    def __str__(self) -> str:
        database, store = f"{self.database:+.1f}", f"{self.store:+.1f}"
        return f"the database's clock is {database} and the store's {store} seconds from this machine's"


async def skew_of(database: Database, store: ObjectStore) -> Skew:
    """Raises DatabaseUnavailable and StoreUnavailable."""
    return Skew(await _ahead(database.fetchval("clock")), await _ahead(store.clock()))


async def require_agreement(database: Database, store: ObjectStore) -> None:
    """ClocksDiffer where two of the three are too far apart for anything to be swept by its age."""
    skew = await skew_of(database, store)
    if skew.most > MOST_SKEW_SECONDS:
        raise ClocksDiffer(f"Nothing was swept: {skew}. Let all machines follow a time server (NTP).")


class ClockWatch:
    """Compares the clocks, for those who read figures and logs."""

    def __init__(self, database: Database, store: ObjectStore, observe: Observe) -> None:
        self._db = database
        self._store = store
        self._observe = observe
        self._skew: Skew | None = None

    async def look(self) -> None:
        """Once; where database or store are away there are no figures, and others tell of that."""
        try:
            self._skew = await skew_of(self._db, self._store)
        except (ProductImagesError, OSError):
            self._skew = None
        if self._skew is not None and self._skew.most > MOST_SKEW_SECONDS:
            self._observe(CheckFailed("clock", str(self._skew)))

    def figures(self) -> Mapping[str, float]:
        """By whose clock it is, as in `Skew`."""
        return {} if self._skew is None else {"database": self._skew.database, "store": self._skew.store}


async def _ahead(clock: Awaitable[datetime]) -> float:
    before = time.time()
    theirs = await clock
    return theirs.timestamp() - (before + time.time()) / 2
