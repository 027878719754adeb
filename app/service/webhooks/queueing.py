"""From the log to deliveries: once each, in the transaction that moves the webhook's place."""

from collections.abc import Sequence
from time import monotonic
from typing import Final

from app.db.pool import Database, Transaction
from app.service.feed.events import Change, Event, change_of
from app.service.feed.kinds import DOCUMENTS, EVERYTHING, WITHDRAWING, WITHDRAWN
from app.service.feed.reader import LOOKED_AT, EventReader
from app.service.webhooks.hooks import Webhook
from app.service.webhooks.keeper import message_id

_ALWAYS: Final = (DOCUMENTS, WITHDRAWN)
"""Of very large batches, too, whose other events are told by what ends them alone."""
_OF_ALWAYS: Final = (*WITHDRAWING, "batch.finished")
"""Kinds of rows that such events come of, beside those that close a product, and what ends a batch."""
_ROWS_AT_ONCE: Final = 50
_PASS_SECONDS: Final = 0.5
"""Longest walk through the log at a time: what is queued goes out before the next."""
_BULK_SHARE: Final = 0.8
"""Of the deliveries under way, what may come in bulk: people's changes always find room."""
_MOST_REFUSED: Final = 10_000
"""Deliveries that were refused and wait for their next try; beyond it nothing is queued until some are through. What is
not queued stays in the log, and nothing of it is lost."""


class HeldByAnother(Exception):
    """Another process delivers to the webhook by now."""


class Queueing:
    """`at_once`: deliveries that a webhook may have under way."""

    def __init__(self, database: Database, reader: EventReader, at_once: int) -> None:
        self._db = database
        self._reader = reader
        self._at_once = at_once

    async def fill(self, hook: Webhook, settled: int, holder: str, now: object) -> bool:
        """Makes deliveries of what the log has up to `settled`, as many as there is room for and are found within a
        moment; whether there is more. Raises HeldByAnother, also for one that was disabled meanwhile."""
        standing = await self._db.fetchrow("webhook_standing", hook.id, None)
        assert standing is not None
        room = self._at_once - standing["untried"] if standing["suspect"] < _MOST_REFUSED else 0
        bulk_room = min(room, int(self._at_once * _BULK_SHARE) - standing["untried_bulk"])
        places = [hook.read_to, hook.bulk_read_to]
        for is_bulk, left in ((False, room), (True, bulk_room)):
            place, end = places[is_bulk], monotonic() + _PASS_SECONDS
            while left > 0 and place < settled and monotonic() < end:
                events, reached = await self._read(hook, place, settled, is_bulk=is_bulk, most=min(left, _ROWS_AT_ONCE))
                left -= len(events)
                place = places[is_bulk] = reached
                async with self._db.transaction() as tx:
                    await _queue(tx, hook, events, is_bulk=is_bulk, now=now)
                    if not await tx.execute("pass_rows", hook.id, *places, holder):
                        raise HeldByAnother
        return min(places) < settled

    async def _read(
        self, hook: Webhook, after: int, settled: int, *, is_bulk: bool, most: int
    ) -> tuple[Sequence[Event], int]:
        selection = hook.selection
        asked = selection.kinds, selection.wants(DOCUMENTS), hook.sku_prefix, is_bulk, most, _OF_ALWAYS
        rows = await self._db.fetch("webhook_rows", after, settled, LOOKED_AT, *asked)
        found = [row for row in rows if row["id"] is not None]
        beyond = {row["id"] for row in found if row["is_beyond"]}
        reached = found[-1]["id"] if len(found) == most else rows[0]["looked_to"] or after
        changes = [change for row in found if not _is_beginning(hook, change := change_of(row))]
        events = await self._reader.events(changes, selection, with_images=False)
        return [event for event in events if event.change.id not in beyond or _is_always_sent(event)], reached

    async def bodies(self, changes: Sequence[int]) -> dict[tuple[int, int], Event]:
        """The events of these rows as they are now, by row and part."""
        rows: list[Change] = [change_of(row) for row in await self._db.fetch("rows_of_changes", list(changes))]
        return {(event.change.id, event.part): event for event in await self._reader.events(rows, EVERYTHING)}


def _is_beginning(hook: Webhook, change: Change) -> bool:
    """Of its own beginning a webhook need not be told."""
    return change.kind == "webhook.added" and change.after.get("id") == hook.id


def _is_always_sent(event: Event) -> bool:
    return event.type in _ALWAYS or event.type == "batch.finished"


async def _queue(tx: Transaction, hook: Webhook, events: Sequence[Event], *, is_bulk: bool, now: object) -> None:
    if events:
        columns = (
            [message_id(hook.id, event.change.id, event.part) for event in events],
            [event.type for event in events],
            [event.change.id for event in events],
            [event.part for event in events],
            [event.change.image for event in events],
        )
        await tx.execute("queue_deliveries", hook.id, *columns, is_bulk, now)
