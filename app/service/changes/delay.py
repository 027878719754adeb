"""How far the log's readers are behind its writers, and because of whom."""

from dataclasses import dataclass

from app.db.pool import Database
from app.service.changes.feed import ChangeFeed


@dataclass(frozen=True, slots=True)
class Delay:
    """`settled`: up to which id the log can be read. Of rows behind it `seconds` tell for how long they have been held
    up, and `holder` by whom; 0 and None where there are none."""

    settled: int
    seconds: float
    holder: str | None


class FeedWatch:
    def __init__(self, database: Database) -> None:
        self._db = database
        self._feed = ChangeFeed(database)

    async def look(self) -> Delay:
        """DatabaseUnavailable."""
        horizon = await self._feed.horizon()
        row = await self._db.fetchrow("feed_delay")
        if row is None or not horizon.is_behind:
            return Delay(horizon.settled, 0.0, None)
        return Delay(horizon.settled, round(max(0.0, row["seconds"]), 3), row["holder"])
