"""Reading the log as events: rows by one statement, the images that they are about by another, a page at a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.db.pool import Database
from app.errors import Gone
from app.service.changes.feed import ChangeFeed
from app.service.feed.consequences import Consequences
from app.service.feed.cursors import Cursor
from app.service.feed.events import Change, Event, change_of, own_event
from app.service.feed.kinds import DOCUMENTS, Selection
from app.service.galleries.v1.images import NativeImage
from app.service.galleries.v1.reader import NativeReader

LOOKED_AT: Final = 5000
"""Rows of the log that a page looks at (native.md 5)."""


@dataclass(frozen=True, slots=True)
class Page:
    """Events in order, and where one goes on, also behind none. `is_last`: nothing more is to be had by now."""

    events: Sequence[Event]
    next: Cursor
    is_last: bool


class EventReader:
    def __init__(self, database: Database, images: NativeReader, consequences: Consequences) -> None:
        self._db = database
        self._images = images
        self._consequences = consequences
        self.log = ChangeFeed(database)

    async def now(self) -> Cursor:
        """Behind all that there is by now."""
        return Cursor((await self.log.horizon()).settled)

    async def page(self, after: Cursor, selection: Selection, most: int) -> Page:
        """The events behind a place, `most` of them. Gone for one that the log does not have any more, or never had."""
        horizon = await self.log.horizon_behind(after.row)
        if after.id > horizon.last:
            raise Gone(f"the log has no place {after}")
        return await self.read(after, horizon.settled, selection, most)

    async def read(self, after: Cursor, settled: int, selection: Selection, most: int) -> Page:
        """The same of rows up to `settled`."""
        rows = await self.rows(after.row, settled, selection, most)
        events = [event for event in await self.events(rows.changes, selection) if after.is_before(event.cursor)]
        if len(events) > most:
            return Page(events[:most], events[most - 1].cursor, is_last=False)
        reached = max(rows.looked_to, after.row)
        end = after if reached == after.row else Cursor(reached)
        return Page(events, end, is_last=reached >= settled)

    async def rows(self, after: int, settled: int, selection: Selection, most: int) -> "Rows":
        """The rows of which a selection's events may come; not more than 5,000 are looked at."""
        rows = await self._db.fetch(
            "event_rows",
            after,
            settled,
            LOOKED_AT,
            selection.kinds,
            selection.wants(DOCUMENTS),
            None if selection.skus is None else list(selection.skus),
            selection.sku_prefix,
            most,
        )
        changes = [change_of(row) for row in rows if row["id"] is not None]
        looked_to = changes[-1].id if len(changes) == most else rows[0]["looked_to"] or after
        return Rows(changes, looked_to)

    async def events(self, changes: Sequence[Change], selection: Selection, *, with_images: bool = True) -> list[Event]:
        """All events of these rows that a selection wants."""
        shown = [change for change in changes if selection.wants(change.kind)] if with_images else []
        images = await self._images_of(shown)
        further = await self._consequences.of(changes, selection)
        found = ((own_event(change, images.get(change.image or 0)), *further.get(change.id, ())) for change in changes)
        return [
            event for one in found for event in one if selection.wants(event.type) and selection.wants_of(event.sku)
        ]

    async def _images_of(self, changes: Iterable[Change]) -> Mapping[int, NativeImage]:
        ids = list(dict.fromkeys(change.image for change in changes if change.image is not None))
        return {image.id: image for image in await self._images.images(ids)} if ids else {}


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of the log, and to which one it was looked through."""

    changes: Sequence[Change]
    looked_to: int
