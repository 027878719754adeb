"""How much there is: counted up to a bound, estimated beyond it, and remembered for a minute."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from app.db.pool import Database, Record
from app.db.queue.jobs import QueueDepth, failures, queue_depths

_EXACT: Final = 100_000
"""Rows that are counted one by one."""
_MEMORY_SECONDS: Final = 60.0
STATES: Final = ("ready", "processing", "failed", "external")
"""Of images."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Of products those that may have images and have none are `without_picture`; `bytes` those of originals."""

    products: int
    without_picture: int
    images: int
    pictures: int
    bytes: int
    approximate: bool


@dataclass(frozen=True, slots=True)
class States:
    """Images by state."""

    ready: int
    processing: int
    failed: int
    external: int


@dataclass(frozen=True, slots=True)
class CensusFigures:
    """`failures` of jobs, by reason."""

    counts: Counts
    states: States
    queue: list[QueueDepth]
    failures: Mapping[str, int]


class Census:
    """Asked by many, it asks the database once a minute. `exact` is how many rows are counted one by one."""

    def __init__(self, database: Database, exact: int = _EXACT, clock: Callable[[], float] = time.monotonic) -> None:
        self._db = database
        self._exact = exact
        self._clock = clock
        self._asking = asyncio.Lock()
        self._known: tuple[float, CensusFigures] | None = None

    async def figures(self) -> CensusFigures:
        """A minute old at most. DatabaseUnavailable."""
        async with self._asking:
            if self._known is None or self._clock() - self._known[0] > _MEMORY_SECONDS:
                self._known = self._clock(), await self._taken()
            return self._known[1]

    async def _taken(self) -> CensusFigures:
        reasons: Counter[str] = Counter()
        for failure in await failures(self._db):
            reasons[failure.reason] += failure.count
        return CensusFigures(*await self._counted(), await queue_depths(self._db), reasons)

    async def _counted(self) -> tuple[Counts, States]:
        statements = ("count_products", "count_images", "count_blobs")
        rows = [await self._db.fetchrow(name, self._exact + 1) for name in statements]
        products, images, blobs = (row for row in rows if row is not None)
        counts = Counts(
            self._all(products),
            self._share(products, products["without_picture"]),
            self._all(images),
            self._all(blobs),
            self._share(blobs, blobs["bytes"]),
            any(row["looked_at"] > self._exact for row in (products, images, blobs)),
        )
        return counts, States(*(self._share(images, images[name]) for name in STATES))

    def _all(self, row: Record) -> int:
        """What was counted, or, beyond the bound, what Postgres reckons."""
        looked_at = int(row["looked_at"])
        return looked_at if looked_at <= self._exact else max(looked_at, row["reckoned"])

    def _share(self, row: Record, part: int) -> int:
        """A part of those looked at, or as much of all."""
        return round(part * self._all(row) / row["looked_at"]) if row["looked_at"] else 0
