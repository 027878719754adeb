"""Leaves a part of a picture: told in fractions of it as it is seen, found among its stored pixels."""

from math import ceil, floor
from typing import Final

from PIL import Image

from app.raster.steps.edit import Crop
from app.raster.steps.orient import Size, is_sideways

LEAST: Final = 16
"""Pixels of the original that each side of what is left has (native.md 10)."""

Box = tuple[int, int, int, int]
"""Left, top, right and bottom edge in pixels."""
Edges = tuple[float, float, float, float]
"""The same between pixels."""

_MIRRORED_ACROSS: Final = {2, 3, 6, 7}
_MIRRORED_DOWN: Final = {3, 4, 7, 8}
"""Orientations in which what is seen is mirrored that way, before its sides are exchanged."""
DRAFTS: Final = (1, 2, 4, 8)
"""How many pixels a JPEG decoder makes one of, each way."""


def box_of(crop: Crop, size: Size) -> Box:
    """What a crop leaves of a picture of `size`: its edges, rounded half up."""
    left, top, width, height = crop
    across, down = size
    return _rounded(left, across), _rounded(top, down), _rounded(left + width, across), _rounded(top + height, down)


def _rounded(fraction: float, side: int) -> int:
    return min(side, int(fraction * side + 0.5))


def size_of(box: Box) -> Size:
    """Its sides."""
    return box[2] - box[0], box[3] - box[1]


def moved(box: Box, across: int, down: int) -> Box:
    """So many pixels to the right and down."""
    return box[0] + across, box[1] + down, box[2] + across, box[3] + down


def stored(box: Box, size: Size, orientation: int) -> Box:
    """Among stored pixels, what `box` is of a picture of `size` as it is seen."""
    (left, top, right, bottom), (width, height) = box, size
    if orientation in _MIRRORED_ACROSS:
        left, right = width - right, width - left
    if orientation in _MIRRORED_DOWN:
        top, bottom = height - bottom, height - top
    return (top, left, bottom, right) if is_sideways(orientation) else (left, top, right, bottom)


def cropped(image: Image.Image, box: Box, size: Size) -> tuple[Image.Image, Edges]:
    """The pixels that `box` touches of a picture of `size`, which may have been decoded smaller; and its edges among
    those. Beyond them nothing is left that could show when it is shrunk."""
    across, down = factors(size, image.size)
    left, right = box[0] / across, min(box[2] / across, image.width)
    top, bottom = box[1] / down, min(box[3] / down, image.height)
    x, y = floor(left), floor(top)
    return image.crop((x, y, ceil(right), ceil(bottom))), (left - x, top - y, right - x, bottom - y)


def factors(size: Size, decoded: Size) -> tuple[float, float]:
    """How many stored pixels each decoded one stands for, across and down."""
    return _factor(size[0], decoded[0]), _factor(size[1], decoded[1])


def _factor(side: int, decoded: int) -> float:
    """How many stored pixels a decoder made one of, which rounds up what it does not divide."""
    return next((factor for factor in DRAFTS if -(-side // factor) == decoded), side / decoded)
