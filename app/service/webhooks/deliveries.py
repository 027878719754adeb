"""The deliveries of one webhook: which is tried when, and what follows from how it ends."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

import orjson

from app.access.secrets import SecretBox
from app.background import ended
from app.db.pool import Database, Record, Transaction
from app.events import DeliveryTried, Observe
from app.service.changes.record import Row, record_rows
from app.service.feed.kinds import TEST
from app.service.webhooks.hooks import Webhook
from app.service.webhooks.keeper import Clock, Present
from app.service.webhooks.ladder import LONGEST_FAILURE, MANY, pause_of_all, pause_of_one
from app.service.webhooks.queueing import Queueing
from app.service.webhooks.sending import Attempt, Sender
from app.service.webhooks.signing import signed
from app.traces import Spans, Trace, Unrecorded, carried, trace_of

_JITTER: Final = (0.8, 1.2)
_GRACE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Desk:
    """What the deliveries of all webhooks of a process share. `holder` is the process's name, `at_once` how many a
    webhook may have under way."""

    database: Database
    box: SecretBox
    queueing: Queueing
    sender: Sender
    present: Present
    observe: Observe
    now: Clock
    holder: str
    at_once: int
    spans: Spans = field(default_factory=Unrecorded)


class Deliveries:
    def __init__(self, desk: Desk, webhook: int) -> None:
        self._desk = desk
        self._db = desk.database
        self._id = webhook
        self._hand: dict[str, asyncio.Task[None]] = {}
        self.progressed = asyncio.Event()

    async def step(self, settled: int) -> bool:
        """Takes up what the log has up to `settled`, and begins all tries that are due; whether something is left to be
        done, now or later. Raises HeldByAnother."""
        self.progressed.clear()
        row = await self._db.fetchrow("webhook", self._id)
        if row is None:
            return False
        hook, has_more = Webhook.of(row), False
        if hook.disabled_at is None and not await self._is_down(hook, MANY):
            has_more = await self._desk.queueing.fill(hook, settled, self._desk.holder, self._desk.now())
        due = await self._due(hook)
        if due:
            await self._begin(hook, due)
        return has_more or bool(self._hand) or await self._has_pending()

    async def settle(self) -> None:
        """Until all tries under way have ended."""
        while self._hand:
            await asyncio.wait(set(self._hand.values()))

    async def close(self) -> None:
        """Lets what is under way come to its end, for a moment; what has not is tried again by whoever comes next."""
        if self._hand:
            await asyncio.wait(set(self._hand.values()), timeout=_GRACE_SECONDS)
        for task in list(self._hand.values()):
            await ended(task)

    async def _has_pending(self) -> bool:
        standing = await self._standing(None)
        return bool(standing["untried"] or standing["suspect"])

    async def _is_down(self, hook: Webhook, many: int) -> bool:
        """Whether it takes nothing at all: of what was tried since it took something last, so many were refused."""
        if hook.failing_since is None:
            return False
        return bool((await self._standing(hook.succeeded_at))["suspect"] >= many)

    async def _standing(self, succeeded_at: datetime | None) -> Record:
        standing = await self._db.fetchrow("webhook_standing", self._id, succeeded_at)
        assert standing is not None
        return standing

    async def _due(self, hook: Webhook) -> Sequence[Record]:
        """Of a receiver that takes nothing, the oldest alone."""
        now = self._desk.now()
        if hook.disabled_at is None and hook.failing_since is not None:
            standing = await self._standing(hook.succeeded_at)
            if standing["suspect"] >= MANY or (standing["suspect"] and not standing["untried"]):
                return [] if self._hand else await self._db.fetch("oldest_delivery", self._id, now)
        room = self._desk.at_once - len(self._hand)
        return await self._db.fetch("due_deliveries", self._id, now, room, list(self._hand)) if room > 0 else []

    async def _begin(self, hook: Webhook, due: Sequence[Record]) -> None:
        bodies = await self._bodies(due)
        sealed = await self._db.fetch("webhook_secrets", hook.id, self._desk.now())
        keys = [self._desk.box.open(row["sealed"], hook.owner) for row in sealed]
        traces = await self._traces(due)
        for delivery in due:
            body = bodies.get(delivery["id"])
            if body is not None:
                task = asyncio.create_task(self._deliver(hook, delivery, keys, body, traces.get(delivery["id"])))
                self._hand[delivery["id"]] = task
                task.add_done_callback(partial(self._end, delivery["id"]))

    async def _traces(self, due: Sequence[Record]) -> dict[str, Trace | None]:
        """Those in which was done what deliveries tell of. A test tells of nothing, though it has its place."""
        changes = {delivery["id"]: delivery["change_id"] for delivery in due if delivery["type"] != TEST}
        rows = await self._db.fetch("traces_of_changes", list(changes.values()))
        traces = {row["id"]: trace_of([row["trace"]]) for row in rows}
        return {delivery: traces.get(change) for delivery, change in changes.items()}

    def _end(self, delivery: str, task: "asyncio.Task[None]") -> None:
        del self._hand[delivery]
        if not task.cancelled() and (error := task.exception()) is not None:  # of the database: it is due still
            self._desk.observe(DeliveryTried(self._id, f"{type(error).__name__}: {error}", 0.0))
        self.progressed.set()

    async def _bodies(self, due: Sequence[Record]) -> dict[str, bytes]:
        """What is sent, by delivery: made of all that have none yet, by the same few statements, and kept before it is
        sent."""
        found = {row["id"]: row["body"] for row in due if row["body"] is not None}
        unmade = [row for row in due if row["body"] is None]
        if not unmade:
            return found
        events = await self._desk.queueing.bodies([row["change_id"] for row in unmade])
        made = {
            row["id"]: self._desk.present(events[key])
            for row in unmade
            if (key := (row["change_id"], row["part"])) in events
        }
        kept = await self._db.fetch("keep_bodies", list(made), list(made.values()))
        if lost := [row["id"] for row in unmade if row["id"] not in made]:
            await self._db.execute("drop_deliveries", lost)
        return found | {row["id"]: row["body"] for row in kept}

    async def _deliver(
        self, hook: Webhook, delivery: Record, keys: Sequence[str], body: bytes, trace: Trace | None
    ) -> None:
        desk = self._desk
        began = desk.now()
        with desk.spans.span("webhook", "client", trace) as note:
            headers = {**signed(keys, delivery["id"], began, body), **carried()}
            attempt = await desk.sender.send(hook.url, headers, body)
            note("webhook.id", hook.id)
            note("webhook.outcome", attempt.sort)
        desk.observe(DeliveryTried(hook.id, attempt.failure, attempt.seconds))
        reported = orjson.dumps([_reported(began, attempt)], option=orjson.OPT_UTC_Z).decode()
        async with self._db.transaction() as tx:
            if attempt.is_taken:
                await tx.execute("webhook_took", hook.id, desk.now(), delivery["tried"] > 0, MANY)
                await tx.execute("delivery_done", delivery["id"], began, reported)
            else:
                await self._refused(tx, delivery, attempt, began, reported)

    async def _refused(
        self, tx: Transaction, delivery: Record, attempt: Attempt, began: datetime, reported: str
    ) -> None:
        now = self._desk.now()
        hook = await tx.fetchrow("webhook_refused", self._id, now)
        if hook is None:  # it was removed meanwhile
            return
        first = delivery["first_tried_at"] or began
        others_pass = hook["succeeded_at"] is not None and hook["succeeded_at"] >= first
        counts = others_pass or not delivery["refused"]
        if others_pass:
            pause = pause_of_one(delivery["refused"] + counts, _jitter)
        else:
            pause = pause_of_all(delivery["tried"] + 1, _jitter)
        again = None if pause is None or attempt.is_gone else now + pause
        await tx.execute("delivery_refused", delivery["id"], began, reported, again, counts)
        if attempt.is_gone:
            await self._disable(tx, "gone", now)
        elif now - hook["failing_since"] >= LONGEST_FAILURE:
            await self._disable(tx, "failing", now)

    async def _disable(self, tx: Transaction, reason: str, now: datetime) -> None:
        if await tx.execute("disable_webhook", self._id, reason, now):
            await record_rows(tx, [Row("webhook.disabled", after={"id": self._id, "reason": reason})])


def _reported(began: datetime, attempt: Attempt) -> dict[str, object]:
    return {
        "at": began,
        "status": attempt.status,
        "duration_ms": round(attempt.seconds * 1000),
        "answer": attempt.answer,
        "error": attempt.error,
    }


def _jitter() -> float:
    return random.uniform(*_JITTER)  # noqa: S311
