"""The places of images in a gallery by the native rule (pure). Source: native.md 3, "Positions"."""

from app.model import MAX_POSITION
from app.service.galleries.positions import Changes, List


def put(images: List, image: int | None, position: int | None) -> Changes:
    """`image` of the list, None for one that is not in it yet, asks for `position` (None: to be listed last): where an
    other one has it, those from there on make way by one, and else nobody does. Who has that position already stays."""
    if image is not None and dict(images)[image] == position:
        return {}
    others = [(other, place) for other, place in images if other != image]
    changes: Changes = {} if image is None else {image: position}
    if position is None or all(place != position for _, place in others):
        return changes
    behind = ((other, place) for other, place in others if place is not None and place >= position)
    return {**{other: min(place + 1, MAX_POSITION) for other, place in behind}, **changes}
