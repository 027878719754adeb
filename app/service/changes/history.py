"""The log as people read it: newest first, a page at a time. Source: native.md, sections 7 and 13."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from app.db.pool import Database, Record
from app.errors import Gone, ImageNotFound, NotFound, ProductNotFound

LOOKED_AT: Final = 5000
"""Rows that the statement of a page looks at."""
_LONGEST_TRANSACTION: Final = timedelta(days=1)
"""A row's time is that of its transaction's begin, its id is given at the end: no two rows are further out of order."""


class NoSuchChange(NotFound):
    """There is no such change."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Of the whole log; None: no matter. `actor` is an id or a name; `kinds` are whole ones, or with `.*` beginnings;
    `shows_credentials`: whether what administrators did to keys and webhooks is shown, too."""

    actor: str | None = None
    via: str | None = None
    batch: str | None = None
    kinds: Sequence[str] | None = None
    since: datetime | None = None
    shows_credentials: bool = False

    @property
    def columns(self) -> tuple[object, ...]:
        exact = None if self.kinds is None else [kind for kind in self.kinds if not kind.endswith(".*")]
        begun = None if self.kinds is None else [f"{kind[:-1]}%" for kind in self.kinds if kind.endswith(".*")]
        return self.batch, exact, begun, self.actor, self.via, self.since, self.shows_credentials


class Place(NamedTuple):
    """Where the history of an image goes on: behind this row of it."""

    revision: int
    id: int


class History:
    """Rows are as `sql/queries/history.sql` has them. Gone for a place behind which the log is forgotten by now."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def change(self, number: int) -> Record:
        """One row; NoSuchChange."""
        row = await self._db.fetchrow("change_of_log", number)
        if row is None:
            raise NoSuchChange(f"There is no change {number}.")
        return row

    async def page(self, filters: Filters, before: int | None, limit: int) -> tuple[list[Record], int | None]:
        """Rows of the whole log, and before which one it goes on, None at its end. A page may hold few rows, or none,
        although the list goes on."""
        await self._check_place(before)
        rows = await self._db.fetch("history", before, limit + 1, *filters.columns)
        found = [row for row in rows if row["id"] is not None]
        if len(found) > limit:
            return found[:limit], found[limit - 1]["id"]
        first = rows[0]
        return found, first["looked_to"] if first["looked"] == LOOKED_AT and not _is_past(first, filters) else None

    async def of_image(self, image: int, behind: Place | None, limit: int) -> tuple[list[Record], Place | None]:
        """Those of one image, whatever became of it. ImageNotFound for one of which the log knows nothing, either."""
        await self._check_place(behind and behind.id)
        rows = await self._db.fetch("history_of_image", image, *(behind or (None, None)), limit + 1)
        if not rows and behind is None and not await self._db.fetchval("image_is_known", image):
            raise ImageNotFound(f"There is no image {image}.")
        return rows[:limit], Place(rows[limit - 1]["revision"], rows[limit - 1]["id"]) if len(rows) > limit else None

    async def of_product(self, sku: str, before: int | None, limit: int) -> tuple[list[Record], int | None]:
        """Those of a product, its sets and its images; of the one that was deleted last where none has this SKU now.
        ProductNotFound."""
        product = await self._db.fetchval("product_of_history", sku)
        if product is None:
            raise ProductNotFound(f"There is no product {sku}.")
        await self._check_place(before)
        rows = await self._db.fetch("history_of_product", product, before, limit + 1)
        return rows[:limit], rows[limit - 1]["id"] if len(rows) > limit else None

    async def _check_place(self, before: int | None) -> None:
        if before is not None and before <= await self._db.fetchval("change_log_ends"):
            raise Gone(f"the log is forgotten up to {before}")


def _is_past(row: Record, filters: Filters) -> bool:
    """Whether nothing further can be as young as is asked for."""
    since = filters.since
    return since is not None and bool(row["looked_at"] + _LONGEST_TRANSACTION < since)
