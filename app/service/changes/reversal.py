"""What images were before rows of the log, from these rows alone. Pure. Source: native.md, section 7.

Rows are taken back from the newest to the oldest; members that none of them names stay as they are. Scopes are ids of
store views as text, "0" the global one; of types, store rows and positions in stores a row tells whole scopes.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from app.errors import Gone

Members = Mapping[str, Any]
None_ = tuple[int, int, str]
"""Product, scope, code."""

_PLAIN: Final = ("product", "picture", "hash", "path", "file_name", "stamp", "recipes", "label", "exclude")
_SCOPED: Final = ("types", "stores", "positions")
_EDIT: Final = "edit"
_UNEDITED: Final = {"rotate": None, "crop": None, "focal": None}


@dataclass(frozen=True, slots=True)
class LogRow:
    """A row of the log about an image of a product, of the one that it came to if it moved. `before` and `after` as the
    log has them, None for an image that was not there."""

    image: int
    product: int
    kind: str
    before: Members | None
    after: Members | None


@dataclass(slots=True)
class Target:
    """What an image becomes: whether it is in its gallery, and then the members that are to be so; `is_deleted_again`
    where it had been deleted before."""

    image: int
    is_live: bool = True
    is_deleted_again: bool = False
    members: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Place:
    """Where an image is to stand: always, or where it only made way for others, if it stands where it was `put`."""

    former: int | None
    put: int | None
    is_set: bool


@dataclass(slots=True)
class Reversal:
    """`nones`: whether types of products are to be an explicit "none"."""

    targets: dict[int, Target] = field(default_factory=dict)
    places: dict[int, Place] = field(default_factory=dict)
    nones: dict[None_, bool] = field(default_factory=dict)


def members(text: str | None) -> Members | None:
    """Of a side of a row of the log, as the database gives it."""
    return None if text is None else orjson.loads(text)


def reversal(rows: Iterable[LogRow]) -> Reversal:
    """Of rows from the newest to the oldest. Gone for rows of purged pictures."""
    found = Reversal()
    for row in rows:
        given = row.after if row.before is None else row.before
        if given is None or "purged" in given:
            raise Gone(f"image {row.image} showed a picture that was purged")
        target = found.targets.get(row.image)
        if target is None:
            target = found.targets[row.image] = Target(row.image)
        _take_back(target, row)
        _note_places(found.places, row)
        _note_nones(found.nones, row)
    return found


def _take_back(target: Target, row: LogRow) -> None:
    before = row.before
    target.is_live, target.is_deleted_again = before is not None, row.kind == "image.restored"
    if before is None:
        target.members = {}
    elif row.after is None:  # of a deleted image the log has what was set; the rest was not
        target.members = {name: before.get(name) for name in _PLAIN} | {name: before.get(name, {}) for name in _SCOPED}
        target.members[_EDIT] = _edit(before.get(_EDIT), None, None)
    else:
        scoped = {name: {**target.members.get(name, {}), **before[name]} for name in _SCOPED if name in before}
        target.members |= {name: before[name] for name in _PLAIN if name in before} | scoped
        if _EDIT in before:
            target.members[_EDIT] = _edit(before[_EDIT], row.after.get(_EDIT), target.members.get(_EDIT, {}))


def _edit(before: Members | None, after: Members | None, later: Members | None) -> Members | None:
    """A patch that makes an edit what it was: of one that became another a row tells what differs alone, of one that
    came or went all of it. `later` are the patches of rows that came after, None where these leave no edit."""
    if before is None:
        return None
    return {**(_UNEDITED if after is None or later is None else later), **before}


def _note_nones(nones: dict[None_, bool], row: LogRow) -> None:
    """The oldest row that made a type an explicit "none", or no longer one, tells what it had been. Where an image
    went, whatever it held became one."""
    if row.before is None:
        return
    if row.after is None or "product" in row.before:
        product = row.before.get("product", row.product)
        nones |= {(product, *one): False for one in _codes(row.before.get("types", {}), "held")}
        return
    was, now = (set(_codes(given.get("nones", {}), None)) for given in (row.before, row.after))
    nones |= {(row.product, *one): one in was for one in was ^ now}


def _codes(scopes: Mapping[str, Any], how: str | None) -> Iterator[tuple[int, str]]:
    """Scope and code of types in lists, or those that are so (`how`)."""
    for scope, given in scopes.items():
        codes = given or () if how is None else [code for code, value in (given or {}).items() if value == how]
        yield from ((int(scope), code) for code in codes)


def _note_places(places: dict[int, Place], row: LogRow) -> None:
    before = row.before or {}
    if "position" in before or row.after is None:
        _note(places, row.image, before.get("position"), None, is_set=True)
    made_way = (row.before if row.after is None else row.after) or {}
    for image, (former, put) in made_way.get("places", {}).items():
        _note(places, int(image), former, put, is_set=False)


def _note(places: dict[int, Place], image: int, former: int | None, put: int | None, *, is_set: bool) -> None:
    later = places.get(image)
    if later is None:
        places[image] = Place(former, put, is_set)
    else:
        later.former, later.is_set = former, later.is_set or is_set
