"""Shrinks what lies in a surround of one colour, and fills that in again: the same comes of it in less time, but for a
few levels where a subject is nothing but noise, since Pillow's filters then begin at other fractions of a pixel."""

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
_FAR: Final = 2 * _REACH
"""Pixels of a result between what is busy and what is not to be looked at."""


class Surrounded(NamedTuple):
    """An image, and the part of it outside of which all pixels that are shown are equal; None: that may be none. Only
    one without an alpha channel may have such a part."""

    image: Image.Image
    busy: Box | None = None

    def shrunk(self, size: Size, edges: Edges | None, way: Way, second: Executor | None = None) -> "Surrounded":
        """What is between these edges of it (None: all), which are no further apart than the image is large, or lie
        beyond it where it `reaches`."""
        shown = edges or (0.0, 0.0, float(self.image.width), float(self.image.height))
        found = self._busy_in(size, shown)
        if found is None:
            return Surrounded(resized(self.image, size, edges=edges, way=way, second=second))
        (first, above, last, below), part = found
        across, down = _scales(size, shown)
        averaged, within = _averaged(self.image, part, way.averaged(across), way.averaged(down))
        canvas = Image.new(averaged.mode, size, self._colour(shown))
        inner = last - first, below - above
        canvas.paste(resized(averaged, inner, edges=within, way=Way(None, way.filtered), second=second), (first, above))
        return Surrounded(canvas, (first, above, last, below))

    def reaches(self, size: Size, edges: Edges) -> bool:
        """Whether `size` can be made of what is between these edges, also beyond the image: where all that is not bare
        of the result comes of its own pixels."""
        found = self._busy_in(size, edges)
        if found is None:
            return False
        left, top, right, bottom = found[1]
        return left >= 0 and top >= 0 and right <= self.image.width and bottom <= self.image.height

    def _busy_in(self, size: Size, shown: Edges) -> tuple[Box, Edges] | None:
        """Which part of a result of `size` has something of what is busy, and of which part of the image it comes.
        None: there is nothing to be gained."""
        left, top, right, bottom = shown
        across, down = _scales(size, shown)
        if self.busy is None or across <= 1 or down <= 1:
            return None
        first, last = _reached(self.busy[0] - left, self.busy[2] - left, across, size[0])
        above, below = _reached(self.busy[1] - top, self.busy[3] - top, down, size[1])
        if (first, above, last, below) == (0, 0, *size):
            return None
        part = (
            left + first * across,
            top + above * down,
            min(left + last * across, right),
            min(top + below * down, bottom),
        )
        return (first, above, last, below), part

    def has_room(self, size: Size, box: Box) -> bool:
        """Whether `size` can be made of what is inside this box of it without a look at a pixel outside: what is busy
        keeps away from its edges."""
        if self.busy is None:
            return False
        across, down = (_FAR * (box[at + 2] - box[at]) / size[at] for at in range(2))
        (left, top, right, bottom), busy = box, self.busy
        return min(busy[0] - left, right - busy[2]) >= across and min(busy[1] - top, bottom - busy[3]) >= down

    def _colour(self, shown: Edges) -> float | tuple[int, ...] | None:
        """Of all around, which one of the corners has of what there is of what is shown."""
        assert self.busy is not None
        left, top = max(0, floor(shown[0])), max(0, floor(shown[1]))
        right, bottom = min(ceil(shown[2]), self.image.width), min(ceil(shown[3]), self.image.height)
        is_above = self.busy[0] > left or self.busy[1] > top
        return self.image.getpixel((left, top) if is_above else (right - 1, bottom - 1))


def _scales(size: Size, edges: Edges) -> tuple[float, float]:
    """How many pixels between these edges one of a result of `size` stands for, across and down."""
    return (edges[2] - edges[0]) / size[0], (edges[3] - edges[1]) / size[1]


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
