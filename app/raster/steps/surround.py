"""Shrinks what lies in a surround of one colour, and fills that in again: the same comes of it in less time."""

from concurrent.futures import Executor
from math import ceil, floor
from typing import Final, NamedTuple

from PIL import Image

from app.raster.steps.crop import Box, Edges
from app.raster.steps.orient import Size
from app.raster.steps.shrink import Way, resized

_REACH: Final = 4
"""Pixels of a result that a pixel has a part in, either way: three by the widest filter, and one where pixels are
averaged before."""


class Surrounded(NamedTuple):
    """An image, and the part of it outside of which all of its pixels are equal; None: that may be none. Only one
    without an alpha channel may have such a part."""

    image: Image.Image
    busy: Box | None = None

    def shrunk(self, size: Size, edges: Edges | None, way: Way, second: Executor | None = None) -> "Surrounded":
        """What is between these edges of it (None: all), which are no further apart than the image is large."""
        left, top, right, bottom = edges or (0.0, 0.0, *map(float, self.image.size))
        across, down = (right - left) / size[0], (bottom - top) / size[1]
        if self.busy is None or across <= 1 or down <= 1:
            return Surrounded(resized(self.image, size, edges=edges, way=way, second=second))
        first, last = _reached(self.busy[0] - left, self.busy[2] - left, across, size[0])
        above, below = _reached(self.busy[1] - top, self.busy[3] - top, down, size[1])
        inner = last - first, below - above
        if inner == size:
            return Surrounded(resized(self.image, size, edges=edges, way=way, second=second))
        part = (
            left + first * across,
            top + above * down,
            min(left + last * across, right),
            min(top + below * down, bottom),
        )
        averaged, within = _averaged(self.image, part, way.averaged(across), way.averaged(down))
        canvas = Image.new(averaged.mode, size, self._colour)
        canvas.paste(resized(averaged, inner, edges=within, way=Way(None, way.filtered), second=second), (first, above))
        return Surrounded(canvas, (first, above, last, below))

    @property
    def _colour(self) -> float | tuple[int, ...] | None:
        """Of all around, which has one of these corners."""
        assert self.busy is not None
        is_above = self.busy[0] > 0 or self.busy[1] > 0
        return self.image.getpixel((0, 0) if is_above else (self.image.width - 1, self.image.height - 1))


def _reached(first: float, last: float, scale: float, side: int) -> tuple[int, int]:
    """The pixels of one side of a result that have something of what is between these edges: one at least."""
    begin = min(max(0, floor(first / scale) - _REACH), side - 1)
    return begin, max(begin + 1, min(side, ceil(last / scale) + _REACH))


def _averaged(image: Image.Image, part: Edges, across: int, down: int) -> tuple[Image.Image, Edges]:
    """So many pixels of it each way as one, as if all of it were averaged; and the edges of the part there."""
    if (across, down) == (1, 1):
        return image, part
    left, top = floor(part[0] / across) * across, floor(part[1] / down) * down
    right, bottom = ceil(part[2] / across) * across, ceil(part[3] / down) * down
    small = image.reduce((across, down), (left, top, min(right, image.width), min(bottom, image.height)))
    return small, ((part[0] - left) / across, (part[1] - top) / down, (part[2] - left) / across, (part[3] - top) / down)
