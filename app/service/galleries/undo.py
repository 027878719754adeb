"""Taking back what was done: a batch or one change, or what happened to one image. Source: native.md, section 7."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, Literal
from uuid import uuid4

import orjson

from app.db.pool import REQUEST_LOCK_SECONDS, Database, Record, Transaction
from app.errors import Conflict, Gone, ImageNotFound, InvalidCommand, NoSuchRevision, NotFound, PreconditionFailed
from app.model import ProductId
from app.service.changes.acting import acting, as_actor
from app.service.changes.reversal import Reversal, Told, reversal
from app.service.galleries.removal import Committed
from app.service.galleries.reverting import hold_hashes, revert

MOST_CHANGES: Final = 10_000
"""That one transaction takes back."""

_UNDOABLE: Final = frozenset(
    f"image.{what}" for what in ("created", "updated", "replaced", "moved", "deleted", "restored")
)


class ChangeNotFound(NotFound):
    """There is no such change or batch."""


@dataclass(frozen=True, slots=True)
class Undone:
    """The batch that the undo itself is, how many images it changed, and which it left as they are."""

    batch: str
    undone: int
    left: Sequence[int]


class Undo:
    """`restorable`: how long changes can be taken back."""

    def __init__(self, database: Database, committed: Committed, restorable: timedelta) -> None:
        self._db = database
        self._committed = committed
        self._restorable = restorable

    async def undo(
        self,
        what: Literal["batch", "change"],
        name: str | int,
        *,
        force: bool = False,
        only_by: tuple[str, str | None] | None = None,
    ) -> Undone:
        """Takes back every change of a batch that can be, or one change, in one transaction that is a batch itself.

        Images that were changed since are left, with `force`; without, Conflict names them and nothing is done.
        `only_by`: kind and id of the actor whose changes alone may be undone. ChangeNotFound, Gone, InvalidCommand.
        """
        if what == "batch":
            rows = await self._db.fetch("batch_to_undo", name, self._restorable, MOST_CHANGES + 1)
        else:
            rows = await self._db.fetch("change_to_undo", name, self._restorable)
        _check(rows, only_by)
        act = replace(acting(), batch=acting().batch or f"undo-{uuid4().hex}")
        with as_actor(act):
            left = await self._take_back(rows, force=force)
        return Undone(act.batch or "", len({row["image_id"] for row in rows}) - len(left), left)

    async def restore(self, image: int, revision: int | None = None, revisions: Sequence[int] | None = None) -> None:
        """The image as it was after `revision`, by default a deleted one as it was when it was deleted. `revisions`:
        those at which it may be now, any by default. ImageNotFound, Conflict, Gone, NoSuchRevision,
        InvalidCommand, PreconditionFailed."""
        found = await self._db.fetchrow("image_to_restore", image)
        if found is None:
            raise ImageNotFound(f"There is no image {image}.")
        if revisions is not None and found["revision"] not in revisions:
            raise PreconditionFailed(f"image {image} is at revision {found['revision']}")
        if revision is None and not found["is_deleted"]:
            raise Conflict(f"Image {image} is not deleted.")
        target = found["revision"] - 1 if revision is None else revision
        if target > found["revision"]:
            raise NoSuchRevision(f"image {image} is at revision {found['revision']}")
        rows = await self._db.fetch("image_changes_since", image, target, self._restorable)
        if len(rows) != found["revision"] - target:
            raise Gone(f"image {image} has no longer all of its history since revision {target}")
        if rows:
            _check(rows, None)
            await self._take_back(rows, force=False)

    async def _take_back(self, rows: Sequence[Record], *, force: bool) -> list[int]:
        """Which images were left."""
        latest = _latest(rows)
        async with self._db.transaction(lock_seconds=REQUEST_LOCK_SECONDS) as tx:
            wanted = reversal(_told(row) for row in rows)
            await hold_hashes(tx, wanted)
            families = await _hold_products(tx, rows, wanted)
            found = {row["id"]: row for row in await tx.fetch("images_to_revert", list(latest))}
            left = sorted(i for i, revision in latest.items() if i not in found or found[i]["revision"] != revision)
            left += [i for i in found if i not in left and not _has_product(wanted, i, families)]
            if left and not force:
                raise Conflict("Images were changed since.", {"images": left})
            if left:
                wanted = reversal(_told(row) for row in rows if row["image_id"] not in left)
            withdrawn = await revert(tx, wanted, {i: row for i, row in found.items() if i not in left}, list(families))
        self._committed.tell(set(families.values()), None)
        for path in withdrawn:
            self._committed.withdrawn(path)
        return left


def _check(rows: Sequence[Record], only_by: tuple[str, str | None] | None) -> None:
    if not rows:
        raise ChangeNotFound
    if only_by is not None and any((row["actor_kind"], row["actor_id"]) != only_by for row in rows):
        raise ChangeNotFound
    if any(row["kind"] not in _UNDOABLE for row in rows):
        raise InvalidCommand("Changes of this kind cannot be undone.")
    if any(row["is_over"] for row in rows):
        raise Gone("it is older than what can be restored")
    if len(rows) > MOST_CHANGES:
        raise InvalidCommand(f"More than {MOST_CHANGES} changes cannot be undone at once.")


def _latest(rows: Sequence[Record]) -> dict[int, int]:
    """The revision of each image after its newest row; rows are newest first."""
    latest = dict[int, int]()
    for row in rows:
        latest.setdefault(row["image_id"], row["revision"])
    return latest


def _told(row: Record) -> Told:
    return Told(row["image_id"], row["product_id"], row["kind"], _members(row["before"]), _members(row["after"]))


def _members(text: str | None) -> Mapping[str, Any] | None:
    return None if text is None else orjson.loads(text)


async def _hold_products(tx: Transaction, rows: Sequence[Record], wanted: Reversal) -> dict[int, ProductId]:
    """Those that images leave and those that they come back to, with their families."""
    products = {row["product_id"] for row in rows}
    products |= {product for target in wanted.targets.values() if (product := target.members.get("product"))}
    return {row["id"]: ProductId(row["family"]) for row in await tx.fetch("lock_products", list(products))}


def _has_product(wanted: Reversal, image: int, families: Mapping[int, ProductId]) -> bool:
    product = wanted.targets[image].members.get("product")
    return product is None or product in families
