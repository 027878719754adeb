"""The log in its order, without a row that is missed or comes late. Source: native.md, section 5.

Ids are given before commits. Whoever is about to draw some holds a lock that is named after the last one given, so a
reader asks first for that one, then for the least lock, and then for rows below both: three statements, since each sees
what the one before it waited for.
"""

from dataclasses import dataclass
from typing import Final

from app.db.pool import Database, Record
from app.errors import Gone

_MOST: Final = 5000
"""Rows that a page looks at."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """`last`: the id given last; `settled`: up to which id the log is as it will always be."""

    last: int
    settled: int

    @property
    def is_behind(self) -> bool:
        """Whether rows may appear of which nobody is told: then one looks again."""
        return self.settled < self.last


class ChangeFeed:
    def __init__(self, database: Database) -> None:
        self._db = database

    async def horizon(self) -> Horizon:
        last: int = await self._db.fetchval("last_change")
        first_open: int | None = await self._db.fetchval("first_open_change")
        return Horizon(last, last if first_open is None else min(last, first_open))

    async def horizon_behind(self, after: int) -> Horizon:
        """That of a reader who stands behind `after` (0: before the oldest kept). Raises Gone for a place that is older
        than the log, or that the log has never had."""
        horizon = await self.horizon()
        if after > horizon.last or 0 < after < await self._db.fetchval("change_log_ends"):
            raise Gone(f"the log has no place {after}")
        return horizon

    async def page(self, after: int, most: int = _MOST) -> tuple[list[Record], int]:
        """The next rows behind `after` and where to go on, also when there is none. Raises Gone as above."""
        horizon = await self.horizon_behind(after)
        rows = await self._db.fetch("changes_behind", after, horizon.settled, most)
        return rows, rows[-1]["id"] if rows else after
