"""What follows from changes for who keeps copies: documents that are others now, URLs that stopped answering."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from app.db.pool import Database
from app.service.feed.documents import Shops, documents_of, tags_of
from app.service.feed.events import DOCUMENTS_PART, WITHDRAWN_PART, Change, Event
from app.service.feed.kinds import DOCUMENTS, WITHDRAWING, WITHDRAWN, Selection
from app.service.feed.views import most_hosts
from app.service.feed.withdrawn import Files, Held, media_tags, withdrawn_paths
from app.settings import Settings

_MOST_URLS: Final = 1000
"""URLs that an event names (native.md 8)."""


class Consequences:
    """All are read for a page at a time, so that a page costs a few statements, however many rows it has."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._db = database
        self._most = max(1, _MOST_URLS // most_hosts(settings))

    async def of(self, changes: Sequence[Change], selection: Selection) -> Mapping[int, Sequence[Event]]:
        """By the row from which they follow."""
        found: dict[int, list[Event]] = {}
        if selection.wants(DOCUMENTS):
            for event in await self._documents(changes):
                found.setdefault(event.change.id, []).append(event)
        if selection.wants(WITHDRAWN):
            for event in await self._withdrawn(changes):
                found.setdefault(event.change.id, []).append(event)
        return found

    async def _documents(self, changes: Sequence[Change]) -> Iterable[Event]:
        closing = [change for change in changes if change.closes and change.product is not None]
        if not closing:
            return ()
        shops = Shops.of(await self._db.fetch("shown_products", list({change.product for change in closing})))
        return (
            Event(DOCUMENTS, change, DOCUMENTS_PART, further=partial(_documents, change, shops))
            for change in closing
            if change.product in shops.products
        )

    async def _withdrawn(self, changes: Sequence[Change]) -> Iterable[Event]:
        some = [change for change in changes if change.kind in WITHDRAWING]
        if not some:
            return ()
        held = await self._held(some)
        return (event for change in some for event in self._of_files(change, held))

    async def _held(self, changes: Sequence[Change]) -> Held:
        images = list({change.image for change in changes if change.image is not None})
        deleted = [change.product for change in changes if change.kind == "product.deleted"]
        paths = [change.before["path"] for change in changes if change.before.get("path")]
        files = await self._db.fetch("files_ever_shown", images, deleted) if images or deleted else []
        withdrawn = await self._db.fetch("withdrawn_of_paths", paths) if paths else []
        return Held(tuple(map(Files.of, files)), frozenset(row["path"] for row in withdrawn))

    def _of_files(self, change: Change, held: Held) -> Iterator[Event]:
        paths = list(dict.fromkeys(withdrawn_paths(change, held)))
        reported = {"tags": media_tags(change, held)}
        for number, first in enumerate(range(0, len(paths), self._most)):
            part = WITHDRAWN_PART + number
            yield Event(WITHDRAWN, change, part, paths=paths[first : first + self._most], reported=reported)


def _documents(change: Change, shops: Shops) -> Mapping[str, Any]:
    return {"documents": documents_of(change, shops), "tags": tags_of(change, shops)}
