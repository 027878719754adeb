"""The places of images in a list, as acts_as_list keeps them: first is 1, new ones go to the bottom.

Pure: a list goes in as pairs of image id and position (None = listed last), the changes come out.
Lists may hold gaps, zeros and equal positions; the rules apply to them literally. Source: spree.md,
section 10.
"""

from collections.abc import Callable, Sequence
from typing import Final

from app.model import MAX_POSITION

FIRST: Final = 1

List = Sequence[tuple[int, int | None]]
Changes = dict[int, int | None]
"""Image id → new position; images that stay are not in it."""


def insert(images: List, position: int | None) -> tuple[int, Changes]:
    """Where a new image goes that asks for `position` (None: the bottom), and who makes way."""
    if position is None:
        return bottom(images), {}
    place = _within(position)
    return place, _shifted(images, lambda other: other >= place, 1)


def move(images: List, image: int, position: int | None) -> Changes:
    """`image` of the list asks for `position` (None: to be listed last)."""
    present = dict(images)[image]
    others = [(other, place) for other, place in images if other != image]
    if position == present:
        return {}
    if position is None:
        return {image: None}
    place = _within(position)
    if place == present:
        return {}
    return {**_make_way(others, present, place), image: place}


def remove(images: List, image: int) -> Changes:
    """`image` leaves the list; those behind it close the gap."""
    gone = dict(images)[image]
    if gone is None:
        return {}
    return _shifted(images, lambda other: other > gone, -1)


def bottom(images: List) -> int:
    """The position behind the last one."""
    last = max((place for _, place in images if place is not None), default=FIRST - 1)
    return min(last + 1, MAX_POSITION)


def _make_way(others: List, old: int | None, new: int) -> Changes:
    if old is None:
        return _shifted(others, lambda place: place >= new, 1)
    if all(place != new for _, place in others):
        return {}
    if old < new:
        return _shifted(others, lambda place: old < place <= new, -1)
    return _shifted(others, lambda place: new <= place < old, 1)


def _shifted(images: List, affected: Callable[[int], bool], by: int) -> Changes:
    return {image: min(place + by, MAX_POSITION) for image, place in images if place is not None and affected(place)}


def _within(position: int) -> int:
    return max(FIRST, min(position, MAX_POSITION))
