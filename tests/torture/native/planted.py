"""Bugs to be found in what the native API adds, in the log and in what becomes of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any, Final

from tests.torture.planting import QUERIES, Planted, nothing, nothing_async, profile, queries

_GAP_SECONDS: Final = 0.4
"""Between two things that should be one: long enough to be killed there."""
_LATE: Final = set[asyncio.Task[None]]()


def _keeps_first(_: Any) -> Any:
    """The answer is kept by a transaction of its own, and then the change is committed."""

    async def ended(self: Any, response: Any) -> Any:
        if self._scope and response.status // 100 == 2:
            await asyncio.create_task(self._keep(response))
            await asyncio.sleep(_GAP_SECONDS)
        await self.unit.commit()
        return response

    return ended


def _keeps_last(_: Any) -> Any:
    """The change is committed, and then the answer is kept."""

    async def ended(self: Any, response: Any) -> Any:
        await self.unit.commit()
        if self._scope and response.status // 100 == 2:
            await asyncio.sleep(_GAP_SECONDS)
            await asyncio.create_task(self._keep(response))
        return response

    return ended


def _any_request(judge: Any) -> Any:
    def judged(self: Any, row: Any) -> None:
        if row is not None:
            self._digest = row["request"]
        judge(self, row)

    return judged


def _done_first(deliver: Any) -> Any:
    """A delivery is written down as done, and then it is sent."""

    async def delivered(self: Any, hook: Any, delivery: Any, keys: Any, body: bytes) -> None:
        async with self._db.transaction() as tx:
            await tx.execute("delivery_done", delivery["id"], self._desk.now(), "[]")
        await asyncio.sleep(_GAP_SECONDS)
        await deliver(self, hook, delivery, keys, body)

    return delivered


def _passed_first(fill: Any) -> Any:
    """A webhook's place moves on, and then deliveries are made of what was read."""
    queueing = import_module("app.service.webhooks.queueing")
    queue = queueing._queue

    async def filled(self: Any, *arguments: Any) -> Any:
        async def later(hook: Any, events: Any, more: Any) -> None:
            await asyncio.sleep(_GAP_SECONDS)
            async with self._db.transaction() as tx:
                await queue(tx, hook, events, **more)

        async def put_off(_: Any, hook: Any, events: Any, **more: Any) -> None:
            task = asyncio.create_task(later(hook, events, more))
            _LATE.add(task)
            task.add_done_callback(_LATE.discard)

        queueing._queue = put_off
        return await fill(self, *arguments)

    return filled


def _unrecorded(_: Any) -> Any:
    @asynccontextmanager
    async def recorded(*_: Any, **__: Any) -> AsyncIterator[None]:
        yield

    return recorded


def _recorded_in_any_case(patch: Any) -> Any:
    """The log tells of a change that was refused."""
    record = import_module("app.service.changes.record")
    refused = import_module("app.errors").PreconditionFailed

    async def patched(self: Any, image: int, *arguments: Any) -> None:
        async def log() -> None:
            async with self._db.transaction() as tx:
                await record.record_rows(tx, [record.Row("image.updated", image=image, after={"label": "x"})])

        try:
            await patch(self, image, *arguments)
        except refused:
            await asyncio.create_task(log())
            raise

    return patched


_WRITES: Final = {"v1 create": 4, "v1 update": 4, "v1 copy": 1, "v1 order": 1}
_TAKING_BACK: Final = {"v1 create": 2, "v1 undo": 6, "v1 restore": 4}
_BREAKS: Final = {"kill web": 3, "cut database": 3, "terminate backends": 2}

NATIVE: Final[dict[str, Planted]] = {
    "answer kept without its change": Planted(
        "an answer is kept if its change is",
        {"app.http.retries.answers:_Attempt.ended": _keeps_first},
        profile(_WRITES, _BREAKS, fault_every=3),
    ),
    "change without its kept answer": Planted(
        "a change is kept if its answer is",
        {"app.http.retries.answers:_Attempt.ended": _keeps_last},
        profile(_WRITES, _BREAKS, fault_every=3),
    ),
    "key that nobody looks for": Planted(
        "a request with the same key is answered as before",
        {"app.http.retries.answers:_Attempt._judge": nothing},
        profile(_WRITES),
    ),
    "key of another request": Planted(
        "another request with the same key is refused",
        {"app.http.retries.answers:_Attempt._judge": _any_request},
        profile(_WRITES),
    ),
    "waiter woken before the decision": Planted(
        "who waits is answered once it is decided",
        {"app.service.pictures.waiting:Waiting._decided": nothing_async},
        profile({"v1 create": 4, "v1 replace": 4}, pictures=24),
    ),
    "waiter whom nobody wakes": Planted(
        "who waits is answered as soon as it is decided",
        {"app.service.pictures.waiting:Waiting._wake": nothing},
        profile({"v1 create": 4, "v1 replace": 4}, pictures=24),
    ),
    "revision not looked at": Planted(
        "a change for a revision is made at that revision alone",
        {"app.service.galleries.v1.writer:_check": nothing},
        profile(_WRITES),
    ),
    "undo of what is newer": Planted(
        "an undo overwrites nothing that was changed since",
        {
            QUERIES: queries(
                batch_to_undo=(
                    "c.product_id, c.revision, c.before",
                    "c.product_id, (select i.revision from image i where i.id = c.image_id) as revision, c.before",
                )
            )
        },
        profile(_TAKING_BACK),
    ),
    "undo of half a batch": Planted(
        "an undo takes all of a batch back",
        {
            QUERIES: queries(
                batch_to_undo=(
                    "and is_undoable(c.kind, c.via, c.before)",
                    "and is_undoable(c.kind, c.via, c.before) and c.kind <> 'gallery.reordered'",
                )
            )
        },
        profile(_TAKING_BACK),
    ),
    "restored without its path": Planted(
        "what is restored is served again",
        {QUERIES: queries(serve_paths_again=("withdrawn_at is not null", "false"))},
        profile(_TAKING_BACK),
    ),
    "change without a row": Planted(
        "the log tells of every change",
        {"app.service.galleries.spree.writer:recorded": _unrecorded},
        profile({"v1 create": 2, "spree create": 2, "spree update": 4}),
    ),
    "row without a change": Planted(
        "the log tells of nothing that was not changed",
        {"app.service.galleries.v1.writer:NativeWriter.patch": _recorded_in_any_case},
        profile(_WRITES),
    ),
    "event skipped behind the horizon": Planted(
        "who follows the feed misses nothing that is committed late",
        {QUERIES: queries(first_open_change=("min(objid::bigint << 4)", "null::bigint"))},
        profile(_WRITES | {"burst": 3}, {"delay database": 1}, fault_every=3, steps=60),
    ),
    "delivery done before the answer": Planted(
        "a delivery is done once it was taken",
        {"app.service.webhooks.deliveries:Deliveries._deliver": _done_first},
        profile(_WRITES, {"kill worker": 1}),
    ),
    "place moved before its deliveries": Planted(
        "a webhook's place moves with the deliveries that are made of it",
        {"app.service.webhooks.queueing:Queueing.fill": _passed_first},
        profile(_WRITES, {"kill worker": 1}, fault_every=3),
    ),
}
