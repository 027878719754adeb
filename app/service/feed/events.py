"""An event, and what of it the row of the log tells alone: pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from app.db.pool import Record
from app.service.changes.reversal import members
from app.service.feed.cursors import Cursor
from app.service.galleries.v1.images import NativeImage

OWN_PART: Final = 1
DOCUMENTS_PART: Final = 2
WITHDRAWN_PART: Final = 3
"""Of the events of a row the numbers of its own, of the one about documents, and of the first about files."""

_MEMBERS: Final[Mapping[str, str]] = {
    "product": "product",
    "picture": "picture",
    "hash": "picture",
    "path": "path",
    "file_name": "file_name",
    "stamp": "picture",
    "label": "label",
    "position": "position",
    "exclude": "exclude",
    "types": "types",
    "stores": "stores",
    "positions": "stores",
    "edit": "edit",
    "state": "state",
    "failure": "failure",
}
"""From members of images in the log to those of their documents."""
_SCOPED: Final = "types"
_GLOBAL: Final = "0"
_DETAILED: Final = ("gallery.", "set.", "picture.changed", "batch.", "catalogue.", "key.", "webhook.")
"""Kinds about what has no document: their events tell what the log does."""


@dataclass(frozen=True, slots=True)
class View:
    """From where events are seen: where URLs of files begin, without a slash at the end, and all that such may have
    begun with."""

    media: str
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A row of the log. `sku` is the product's now."""

    id: int
    at: datetime
    kind: str
    product: int | None
    sku: str | None
    image: int | None
    via: str
    actor: str | None
    batch: str | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    closes: bool

    @property
    def given(self) -> Mapping[str, Any]:
        """What there is, or was."""
        return self.after or self.before


@dataclass(frozen=True, slots=True)
class Event:
    """`image` is the one now, None where it is deleted or where there is none. `paths` of `media.withdrawn` are those
    that stopped answering, on whatever host. `reported` is what else its data has, and `further` makes the rest of it,
    which may be much, for who really shows it."""

    type: str
    change: Change
    part: int
    image: NativeImage | None = None
    changed: Sequence[str] = ()
    paths: Sequence[str] = ()
    reported: Mapping[str, Any] = field(default_factory=dict)
    further: Callable[[], Mapping[str, Any]] = dict

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.change.id, self.part)

    @property
    def sku(self) -> str | None:
        return self.change.sku


def change_of(row: Record) -> Change:
    """Of a row of `event_rows`."""
    before, after = members(row["before"]) or {}, members(row["after"]) or {}
    sku = row["sku"] if row["sku"] is not None else before.get("sku")
    return Change(
        row["id"],
        row["at"],
        row["kind"],
        row["product_id"],
        sku if row["product_id"] is not None else None,
        row["image_id"],
        row["via"],
        row["actor_name"] or row["actor_id"],
        row["batch"],
        before,
        after,
        row["closes"],
    )


def own_event(change: Change, image: NativeImage | None) -> Event:
    """That of the row's own kind."""
    reported = {"details": change.given} if change.kind.startswith(_DETAILED) else {}
    live = None if image is None or image.state == "deleted" else image
    return Event(change.kind, change, OWN_PART, live, tuple(_changed(change)), reported=reported)


def _changed(change: Change) -> Iterator[str]:
    """The members of the document that are other ones than before; of what came or went, none."""
    if not change.before or not change.after:
        return
    names = dict.fromkeys([*change.before, *change.after])
    if change.image is None:
        yield from names if change.kind.startswith("product.") else ()
        return
    yield from dict.fromkeys(found for name in names for found in _documented(change, name))


def _documented(change: Change, name: str) -> Iterator[str]:
    """Types lie in scopes in the log; those of store views are shown with these."""
    if name != _SCOPED:
        yield from filter(None, [_MEMBERS.get(name)])
        return
    for scope in {*(change.before.get(name) or {}), *(change.after.get(name) or {})}:
        yield "types" if scope == _GLOBAL else "stores"
