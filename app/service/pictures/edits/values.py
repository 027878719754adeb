"""Edits as values: merged, brought into one form, and named. Pure. Source: native.md, section 10."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypedDict

import orjson

from app.errors import EditTooSmall, Excess
from app.model import Facts, MarksKey
from app.raster.steps.crop import LEAST
from app.raster.steps.edit import CENTRE, UNEDITED, Crop, Degrees, Edit
from app.raster.steps.orient import Size
from app.raster.steps.view import view_of

DIGITS: Final = 6
"""Decimals of a fraction that are kept: a fiftieth of a pixel of the largest picture."""
_WHOLE: Final = (0.0, 0.0, 1.0, 1.0)
_KEY_DIGITS: Final = 16
_ROUNDED: Final = 2e-6
"""By how much sums of decimals may be off: those of two that were rounded each, as sides once were."""


class EditInput(TypedDict, total=False):
    """A merge patch of an edit: what is absent stays, null does nothing."""

    rotate: Degrees | None
    crop: Sequence[float] | None
    focal: Sequence[float] | None


def patched(edit: Edit, given: EditInput | None) -> Edit:
    """Null is no edit at all."""
    if given is None:
        return UNEDITED
    return edit_of({**members(edit), **given})


def edit_of(given: Mapping[str, Any] | None) -> Edit:
    """Of the members as JSON has them, of which those that are absent or null do nothing."""
    given = given or {}
    crop, focal = given.get("crop"), given.get("focal")
    part = _by_edges(*crop) if crop else _WHOLE
    return Edit(
        given.get("rotate") or 0,
        None if part == _WHOLE else part,
        (_rounded(focal[0]), _rounded(focal[1])) if focal else None,
    )


def _by_edges(left: float, top: float, width: float, height: float) -> Crop:
    """A crop whose edges are rounded, and not its sides: what reaches to the edge of the picture still does, and what
    is kept may be sent again."""
    x, y, right, bottom = (_rounded(edge) for edge in (left, top, left + width, top + height))
    return x, y, _rounded(right - x), _rounded(bottom - y)


def reach_of(crop: Sequence[float]) -> float:
    """How far a crop goes to the right or down, whichever is farther: 1 is the edge of the picture, also where sums of
    decimals lie beyond it."""
    left, top, width, height = crop
    farthest = max(left + width, top + height)
    return 1.0 if 1 < farthest <= 1 + _ROUNDED else farthest


def _rounded(value: float) -> float:
    return round(float(value), DIGITS) + 0.0  # which is no negative zero


def members(edit: Edit) -> dict[str, Any]:
    """As JSON has them: those alone that do something."""
    all_of_them = {"rotate": edit.rotate or None, "crop": edit.crop, "focal": edit.focal}
    return {name: value for name, value in all_of_them.items() if value is not None}


def written(edit: Edit) -> str | None:
    """As the database keeps it; None where nothing is done."""
    return orjson.dumps(members(edit)).decode() if edit != UNEDITED else None


def read(text: str | None) -> Edit:
    """What the database keeps."""
    return edit_of(None if text is None else orjson.loads(text))


def of_pixels(edit: Edit, *, covers: bool) -> Edit:
    """What of it shows other pixels, or the same elsewhere: the focal point only where recipes cut pictures to `cover`
    their box, and it is not the middle, where they are cut anyway."""
    return edit if covers and edit.focal != CENTRE else replace(edit, focal=None)


def fitting(edit: Edit, facts: Facts) -> Edit:
    """The same of a picture with these facts, without a crop that leaves all of it. EditTooSmall where less is left
    than has to be."""
    if edit.crop is None:
        return edit
    whole, left = size_of(replace(edit, crop=None), facts), size_of(edit, facts)
    if left == whole:
        return replace(edit, crop=None)
    if min(left) < LEAST:
        raise EditTooSmall("too little is left", Excess("16 pixels", LEAST, min(left)))
    return edit


def size_of(edit: Edit, facts: Facts) -> Size:
    """Of what an edit leaves of a picture, as it is seen, in pixels."""
    return view_of(facts, edit).size


def key_of(shown: Edit, marks: MarksKey) -> str | None:
    """16 hexadecimal digits that tell an edited picture from others of the same bytes, and what it carries, of what an
    edit shows; None for one that is shown as it is."""
    if shown == UNEDITED:
        return None
    return hashlib.sha256(f"{written(shown)}{marks}".encode()).hexdigest()[:_KEY_DIGITS]
