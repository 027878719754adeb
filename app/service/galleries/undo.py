"""Taking back what was done: a batch or one change, or what happened to one image. Source: native.md, section 7."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final, Literal, TypeAlias
from uuid import uuid4

from app.db.pool import REQUEST_LOCK_SECONDS, Database, Record
from app.errors import Conflict, Gone, ImageNotFound, InvalidCommand, NoSuchRevision, NotFound, PreconditionFailed
from app.service.changes.acting import acting, as_actor
from app.service.changes.finishing import finish_batch
from app.service.galleries.removal import Committed
from app.service.galleries.taking_back import TakenBack, take_back
from app.service.pictures.edits.following import Edits

MOST_CHANGES: Final = 10_000
"""That one transaction takes back."""

Actor: TypeAlias = tuple[str, str | None]
"""Kind and id."""


class ChangeNotFound(NotFound):
    """There is no such change or batch."""


class TooManyChanges(InvalidCommand):
    """More than one transaction takes back."""

    def __init__(self, owner: Actor, leaves: Mapping[str, int]) -> None:
        super().__init__(f"More than {MOST_CHANGES} changes are not undone at once.")
        self.owner = owner
        self.leaves = leaves


@dataclass(frozen=True, slots=True)
class Undone:
    """The batch that the undo itself is, how many things it changed, and which images, products and pictures it left as
    they are. `leaves`: how many changes of which kinds cannot be taken back at all."""

    batch: str
    undone: int
    left: Sequence[int]
    left_products: Sequence[int] = ()
    left_pictures: Sequence[int] = ()
    leaves: Mapping[str, int] = field(default_factory=dict)


class Undo:
    """`restorable`: how long changes can be taken back. `all_changed` forgets all documents: where products come or go
    documents of others are out of date, too."""

    def __init__(
        self,
        database: Database,
        committed: Committed,
        restorable: timedelta,
        edits: Edits,
        all_changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._db = database
        self._committed = committed
        self._restorable = restorable
        self._edits = edits
        self._all_changed = all_changed

    async def undo(
        self,
        what: Literal["batch", "change"],
        name: str | int,
        *,
        force: bool = False,
        only_by: Actor | None = None,
        actor: str | None = None,
    ) -> Undone:
        """Takes back every change of a batch that can be, or one change, in one transaction that is a batch itself.

        What was changed since is left, with `force`; without, Conflict names it and nothing is done.
        `only_by`: whose changes alone may be undone; else a batch is one's own, or that of the only one (with this id
        or name) who has one of this name. ChangeNotFound, Gone, TooManyChanges, InvalidCommand.
        """
        leaves: Mapping[str, int] = {}
        if what == "batch":
            owner = only_by or await self._owner(str(name), actor)
            rows = await self._db.fetch("batch_to_undo", name, self._restorable, MOST_CHANGES + 1, *owner)
            leaves = await self._leaves(str(name), owner)
            if len(rows) > MOST_CHANGES:
                raise TooManyChanges(owner, leaves)
        else:
            rows = await self._db.fetch("change_to_undo", name, self._restorable)
        _check(rows, only_by, has_others=bool(leaves))
        is_own = acting().batch is None
        with as_actor(replace(acting(), batch=acting().batch or f"undo-{uuid4().hex}")):
            back = await self._take_back(rows, force=force, finishes=is_own)
            batch = acting().batch or ""
        left = sorted(back.left), sorted(back.left_products), sorted(back.left_pictures)
        return Undone(batch, back.number, *left, leaves)

    async def _owner(self, batch: str, actor: str | None) -> Actor:
        act = acting()
        if actor is None and await self._db.fetchval("batch_is_of", batch, act.kind, act.id):
            return act.kind, act.id
        found = await self._db.fetchrow("actor_of_batch", batch, actor)
        if found is None:
            raise ChangeNotFound
        if not found["is_alone"]:
            raise Conflict("Several have a batch of this name: say whose is meant, as `actor`.")
        return found["actor_kind"], found["actor_id"]

    async def _leaves(self, batch: str, owner: Actor) -> Mapping[str, int]:
        return {row["kind"]: row["number"] for row in await self._db.fetch("kinds_left_of_batch", batch, *owner)}

    async def restore(self, image: int, revision: int | None = None, revisions: Collection[int] | None = None) -> None:
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
            await self._take_back(rows, force=False, finishes=False)

    async def _take_back(self, rows: Sequence[Record], *, force: bool, finishes: bool) -> TakenBack:
        """`finishes`: the batch that this is ends with it."""
        async with self._db.transaction(lock_seconds=REQUEST_LOCK_SECONDS) as tx:
            back = await take_back(tx, rows, self._restorable, self._edits)
            if back.conflicts and not force:
                raise Conflict("Something of it was changed since.", back.conflicts)
            if finishes:
                await finish_batch(tx, acting())
        self.announce(back)
        return back

    def announce(self, back: TakenBack) -> None:
        """What was committed is seen at once by whoever asks this process."""
        if back.products:
            self._all_changed()
        self._committed.announce(back.families, None)
        for path in back.withdrawn:
            self._committed.withdrawn(path)


def _check(rows: Sequence[Record], only_by: Actor | None, *, has_others: bool = False) -> None:
    if not rows and not has_others:
        raise ChangeNotFound
    if only_by is not None and any((row["actor_kind"], row["actor_id"]) != only_by for row in rows):
        raise ChangeNotFound
    if not rows or not all(row.get("is_undoable", True) for row in rows):
        raise InvalidCommand("Changes of this kind cannot be undone.")
    if any(row["is_over"] for row in rows):
        raise Gone("it is older than what can be restored")
