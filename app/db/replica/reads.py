"""Statements that documents are made of, answered by a replica where that is as good."""

import asyncio
from collections.abc import Collection, Sequence
from typing import Any, Final

import asyncpg

from app.db.errors import DRIVER_ERRORS, TransactionConflict
from app.db.listen import Hearing
from app.db.pool import Database, Readable, Record
from app.db.replica.positions import Family, Positions
from app.db.replica.replica import Replica, ReplicaBusy
from app.db.unit import unit_here
from app.errors import ProductImagesError
from app.events import CheckFailed, Observe, ReplicaTried

SHOWN: Final = frozenset(
    (
        "gallery_in_scope",
        "image_sets",
        "shown_media",
        "spree_image",
        "spree_images_of_product",
        "spree_images_of_variant",
    )
)
"""Statements whose rows tell the family that they show, null for none. Others ask the primary."""
_LOOK_SECONDS: Final = 1.0


class Reads(Readable):
    """`fetch` and `fetchrow` as a `Database` has them. `run` looks whether the replica is there, and never ends."""

    def __init__(
        self, primary: Database, replica: Replica, positions: Positions, hearing: Hearing, observe: Observe
    ) -> None:
        self._primary = primary
        self._replica = replica
        self._positions = positions
        self._hearing = hearing
        self._observe = observe
        self._trouble: str | None = "it was not looked for yet"
        self._reported: str | None = None

    async def fetch(self, query: str, *args: Any) -> list[Record]:
        if query not in SHOWN or unit_here() is not None:
            return await self._primary.fetch(query, *args)
        rows = await self._from_replica(query, args)
        if rows is not None:
            return rows
        rows = await self._primary.fetch(query, *args)
        if self._trouble is None:
            self._positions.shown(_families(rows) - {None})
        return rows

    async def fetchrow(self, query: str, *args: Any) -> Record | None:
        if query not in SHOWN:
            return await self._primary.fetchrow(query, *args)
        return next(iter(await self.fetch(query, *args)), None)

    async def run(self) -> None:
        while True:
            await self._look()
            await asyncio.sleep(_LOOK_SECONDS)

    async def _from_replica(self, query: str, args: Sequence[Any]) -> list[Record] | None:
        """What it shows, where that is not too old."""
        line, floor, last = self._positions.line, self._positions.floor, self._positions.last
        if self._trouble is not None:
            return self._observe(ReplicaTried("away"))
        if line is None or floor is None or not self._hearing.current:
            return self._observe(ReplicaTried("unsure"))
        try:
            found = await self._replica.read(query, args, line, floor, last)
        except ReplicaBusy:
            return self._observe(ReplicaTried("busy"))
        except (ProductImagesError, *DRIVER_ERRORS) as error:
            self._lose(error)
            return self._observe(ReplicaTried("failed"))
        if found is None or line != self._positions.line or not self._holds(found.rows, found.position):
            return self._observe(ReplicaTried("behind"))
        self._observe(ReplicaTried("read"))
        return found.rows

    def _holds(self, rows: Collection[Record], position: int) -> bool:
        """Whether a replica that had come so far shows all that was heard of what is in these rows; where there are
        none, of everything."""
        needed = self._positions.needed({None, *_families(rows)}) if rows else self._positions.needed_by_any()
        return needed is not None and position >= needed

    async def _look(self) -> None:
        line = self._positions.line
        if line is None:
            return
        try:
            await self._replica.ask(line)
        except ReplicaBusy:
            return
        except (ProductImagesError, *DRIVER_ERRORS) as error:
            self._lose(error)
            return
        if self._trouble is not None:
            self._positions.dropped_all()
            self._trouble = self._reported = None

    def _lose(self, error: BaseException) -> None:
        """Until it is looked for again; reported where it is news. That replaying was in a statement's way is none."""
        if isinstance(error, TransactionConflict):
            return
        trouble = f"{type(error).__name__}: {error}"
        if trouble != self._reported:
            self._observe(CheckFailed("replica", f"{trouble}; the primary is read"))
        self._reported = trouble
        if not isinstance(error, asyncpg.PostgresError):  # else it is the statement's: there it is what it was before
            self._trouble = trouble


def _families(rows: Collection[Record]) -> set[Family]:
    return {row["family"] for row in rows}
