"""Turns a picture by quarters, in one go with the turn that its file asks for."""

from typing import Final

_QUARTERS: Final = ((1, 6, 3, 8), (2, 7, 4, 5))
"""Orientations in which a quarter clockwise leads from each to the next: of pictures, and of mirrored ones."""


def turned(orientation: int, degrees: int) -> int:
    """The orientation of a picture that was upright by `orientation` and is turned clockwise by 0, 90, 180 or 270
    `degrees` then."""
    cycle = next(cycle for cycle in _QUARTERS if orientation in cycle)
    return cycle[(cycle.index(orientation) + degrees // 90) % 4]
