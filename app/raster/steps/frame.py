"""Reckons what a recipe shows of a picture, and where in its box. Nothing is ever enlarged."""

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Final, NamedTuple

from app.model import TRANSPARENT, Recipe
from app.raster.animation.frames import MOVING, moves
from app.raster.steps.crop import Box, size_of
from app.raster.steps.edit import Point
from app.raster.steps.orient import Size
from app.raster.steps.shrink import fitted
from app.raster.steps.view import View

_MOST_PIXELS: Final = 100_000_000
"""Of all canvases of a padded animation: a frame takes the time of its canvas, however small it is itself."""


class Drawing(NamedTuple):
    """A part of the stored pixels (None: all), and the size in which it is drawn as it is seen."""

    box: Box | None
    size: Size


@dataclass(frozen=True, slots=True)
class Frame:
    """What a rendition shows: a drawing, the canvas that it lies on, where its left upper corner is there, and the
    colour behind it."""

    drawing: Drawing
    canvas: Size
    place: tuple[int, int] = (0, 0)
    background: str = TRANSPARENT

    @property
    def is_bare(self) -> bool:
        """Whether it is nothing but its drawing."""
        return self.canvas == self.drawing.size and self.background == TRANSPARENT


def inside(view: View, box: Size) -> Drawing:
    """All that is seen, inside a box."""
    return Drawing(view.box, fitted(view.size, box))


def box_for(recipe: Recipe, frames: int) -> Size:
    """Of a recipe that has one, for a picture of so many frames: a smaller one of its ratio where an animation would be
    padded to more pixels than can be written."""
    assert recipe.box is not None
    width, height = recipe.box
    still = frames == 1 or recipe.only not in (None, *MOVING)
    if recipe.fit != "pad" or still or width * height * frames <= _MOST_PIXELS:
        return recipe.box
    most = _MOST_PIXELS // frames
    return max(1, isqrt(most * width // height)), max(1, isqrt(most * height // width))


def frame_of(recipe: Recipe, view: View, subject: Box | None = None) -> Frame:
    """By a recipe with a box. `subject` is what is left of what is seen without its border; None: all."""
    box = box_for(recipe, view.facts.frames if moves(view.facts) else 1)
    whole: Box = (0, 0, *view.size)
    kept = subject or whole
    wide = kept if kept == whole else _with_margin(kept, box, recipe.margin)
    part = max(wide[0], 0), max(wide[1], 0), min(wide[2], whole[2]), min(wide[3], whole[3])
    if recipe.fit == "cover":
        focal = view.focal[0] * view.size[0], view.focal[1] * view.size[1]
        part, size = _covering(part, box, focal)
        return Frame(_drawing(view, part, size), size, background=recipe.background)
    if recipe.fit == "pad":
        size, place = _centred(part, wide, box)
        return Frame(_drawing(view, part, size), box, place, recipe.background)
    size = fitted(size_of(part), box)
    return Frame(_drawing(view, part, size), size, background=recipe.background)


def _drawing(view: View, part: Box, size: Size) -> Drawing:
    return Drawing(view.box if size_of(part) == view.size else view.stored(part), size)


def _with_margin(kept: Box, box: Size, margin: int) -> Box:
    """With so many per cent of the box around it once it lies inside the rest, also where the picture has no more."""
    width, height = size_of(kept)
    rest = Fraction(100 - 2 * margin, 100)
    scale = min(Fraction(1), box[0] * rest / width, box[1] * rest / height)
    across, down = (round(side * Fraction(margin, 100) / scale) for side in box)
    return kept[0] - across, kept[1] - down, kept[2] + across, kept[3] + down


def _centred(part: Box, wide: Box, box: Size) -> tuple[Size, tuple[int, int]]:
    """`wide` inside the box and in the middle of it: the size of the `part` that there is of it, and its place."""
    size = fitted(size_of(wide), box)
    across = _along(size_of(part)[0], part[0] - wide[0], size_of(wide)[0], size[0], box[0])
    down = _along(size_of(part)[1], part[1] - wide[1], size_of(wide)[1], size[1], box[1])
    return (across[0], down[0]), (across[1], down[1])


def _along(part: int, before: int, wide: int, shown: int, box: int) -> tuple[int, int]:
    """Of one side: how long the part is in the box, and where it begins."""
    side = max(1, round(Fraction(part * shown, wide)))
    return side, min((box - shown) // 2 + round(Fraction(before * shown, wide)), box - side)


def _covering(part: Box, box: Size, focal: Point) -> tuple[Box, Size]:
    """As much of it as has the box's ratio, with the focal point as near to the middle as can be."""
    width, height = size_of(part)
    size = box if width >= box[0] and height >= box[1] else fitted(box, (width, height))
    scale = max(Fraction(size[0], width), Fraction(size[1], height))
    wide, high = (max(1, min(most, round(side / scale))) for most, side in zip((width, height), size, strict=True))
    left, top = _beside(focal[0], wide, part[0], part[2]), _beside(focal[1], high, part[1], part[3])
    return (left, top, left + wide, top + high), size


def _beside(focal: float, side: int, first: int, last: int) -> int:
    """Where a side begins that has the focal point in its middle, unless it would leave the part."""
    return min(max(round(focal - side / 2), first), last - side)
