"""Taking back more than one transaction should: a slice of products at a time. Source: native.md, section 7.

Each slice is one transaction, which also notes that it is done: whoever goes on after a crash begins with the next one.
What was changed before the first slice is a conflict as in a small undo; what is changed later is left, and named.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import orjson

from app.db.pool import Database, Record, Transaction
from app.db.queue.jobs import Job, enqueue
from app.errors import Conflict, Gone
from app.service.changes.acting import Act, acting, as_actor
from app.service.changes.finishing import finish_batch
from app.service.galleries.taking_back import TakenBack, take_back
from app.service.galleries.undo import Actor
from app.service.pictures.edits.following import Edits

UNDO: Final = "undo"
"""The kind of jobs that do it."""
_PRIORITY: Final = 5
_CHANGES: Final = 2000
"""Of a slice, about; a product is never divided."""
_LOCK_SECONDS: Final = 30.0
_NAMED: Final = 1000
"""Conflicts that a refusal names."""
_ABANDONED: Final = timedelta(minutes=2)


class LongUndo:
    """`restorable`: how long changes can be taken back."""

    def __init__(self, database: Database, restorable: timedelta, edits: Edits) -> None:
        self._db = database
        self._restorable = restorable
        self._edits = edits

    async def begin(
        self, batch: str, owner: Actor, leaves: Mapping[str, int], *, force: bool = False, queued: bool = True
    ) -> int:
        """The number of the job that undoes a batch, of one that is under way already if there is. Without `force`
        Conflict, where something was changed since. Gone. Where it is not `queued` the caller works at it."""
        under_way: int | None = await self._db.fetchval("undo_under_way", batch, *owner)
        if under_way is not None:
            return under_way
        if await self._db.fetchval("batch_begins_before", batch, *owner, self._restorable):
            raise Gone("it is older than what can be restored")
        if not force:
            await self._refuse_changed(batch, owner)
        async with self._db.transaction() as tx:
            return await self._begin(tx, batch, owner, leaves, queued=queued)

    async def _refuse_changed(self, batch: str, owner: Actor) -> None:
        """Conflict."""
        images = [row["image_id"] for row in await self._db.fetch("conflicts_of_batch", batch, *owner, _NAMED)]
        found = await self._db.fetch("changed_pictures_of_batch", batch, *owner, _NAMED)
        pictures = [row["picture_id"] for row in found]
        if images or pictures:
            further = {"pictures": pictures} if pictures else {}
            raise Conflict("Something of it was changed since.", {"images": images, **further})

    async def _begin(
        self, tx: Transaction, batch: str, owner: Actor, leaves: Mapping[str, int], *, queued: bool
    ) -> int:
        number: int = await tx.fetchval("next_job_id")
        asked = {"batch": batch, "kind": owner[0], "id": owner[1]}
        outcome = {"undone": 0, "left": 0, "leaves": dict(leaves)}
        act = replace(acting(), batch=acting().batch or f"undo-{uuid4().hex}")
        await tx.execute("add_long_job", number, "undo", "waiting", _json(asked), None, *act.columns)
        await tx.execute("plan_long_undo", number, batch, *owner, _CHANGES)
        await tx.execute("count_long_undo", number)
        await self._keep_outcome(tx, number, 0, outcome, [])
        if queued:
            await enqueue(tx, [job_of(number)])
        return number

    async def work(self, number: int, advanced: Callable[[int], object] = lambda _: None) -> None:
        """Slice after slice, until there is none, or it is to stop. `advanced` hears of the changes that were looked
        at."""
        while (changes := await self._slice(number)) is not None:
            advanced(changes)

    async def _slice(self, number: int) -> int | None:
        """How many changes that were; None where there is nothing further to do."""
        async with self._db.transaction(lock_seconds=_LOCK_SECONDS) as tx:
            job = await tx.fetchrow("hold_undo", number)
            if job is None:
                return None
            found = None if job["is_to_stop"] else await tx.fetchrow("next_slice", number)
            with as_actor(_act(job)):
                if found is None:
                    await self._end(tx, number, "stopped" if job["is_to_stop"] else "done")
                    return None
                return await self._take_back(tx, number, job, found)

    async def _take_back(self, tx: Transaction, number: int, job: Record, slice_: Record) -> int:
        asked, outcome = orjson.loads(job["asked"]), orjson.loads(job["told"])
        of_batch = asked["batch"], asked["kind"], asked["id"]
        rows = await tx.fetch("slice_to_undo", number, slice_["slice"], *of_batch)
        back = await take_back(tx, rows, self._restorable, self._edits, leaves_gone=True)
        changes = int(slice_["changes"])
        await tx.execute("end_slice", number, slice_["slice"])
        await self._keep_outcome(tx, number, changes, _added(outcome, back), sorted(back.left))
        return changes

    async def _keep_outcome(
        self, tx: Transaction, number: int, changes: int, outcome: Mapping[str, Any], left: list[int]
    ) -> None:
        await tx.execute("keep_outcome_of_slice", number, changes, _json(outcome), left)

    async def _end(self, tx: Transaction, number: int, state: str, failure: str | None = None) -> None:
        await tx.execute("end_long_job", number, state, failure)
        await finish_batch(tx, acting(), is_complete=state == "done")

    async def give_up(self, number: int, reason: str) -> None:
        """After the last try."""
        async with self._db.transaction() as tx:
            job = await tx.fetchrow("hold_undo", number)
            if job is not None:
                with as_actor(_act(job)):
                    await self._end(tx, number, "failed", reason[:1000])

    async def go_on(self) -> None:
        """Those that were broken off, and that nobody has begun again."""
        async with self._db.transaction() as tx:
            rows = await tx.fetch("undos_to_go_on", _ABANDONED)
            await enqueue(tx, [job_of(row["id"]) for row in rows])


def job_of(number: int) -> Job:
    return Job(UNDO, number.to_bytes(8, "big"), _PRIORITY, dedupe_key=f"{UNDO}:{number}")


def number_of(payload: bytes) -> int:
    return int.from_bytes(payload, "big")


def _added(outcome: Mapping[str, Any], back: TakenBack) -> Mapping[str, Any]:
    left = len(back.left) + len(back.left_products) + len(back.left_pictures)
    return {**outcome, "undone": outcome["undone"] + back.number, "left": outcome["left"] + left}


def _act(job: Record) -> Act:
    return Act(job["actor_kind"], job["actor_id"], job["actor_name"], job["via"], job["batch"])


def _json(value: Mapping[str, Any]) -> str:
    return orjson.dumps(value).decode()
