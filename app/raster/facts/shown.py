"""What is found in the pixels of a picture: its border, its subject and how sharp it is (native.md 11).

All is reckoned on one small scale, from a rendition that is being made anyway, by a few passes of the library: a
millisecond. What is defined here is told by `PixelFacts`.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import reduce
from itertools import accumulate
from typing import Final

from PIL import Image, ImageChops, ImageFilter, ImageMath

from app.model import PixelFacts, Recipe
from app.raster.encode import flattened
from app.raster.steps.crop import Box, moved
from app.raster.steps.shrink import fitted, resized
from app.raster.steps.trim import differing

_SIDE: Final = 300
LOOKED_AT: Final = (_SIDE, _SIDE)
"""The box inside which a picture is looked at."""

_BORDER: Final = 100
"""The border is the picture's longer side, divided by this, wide."""
_WHITE: Final = 250
_ALIKE: Final = 10
"""By so much of 255 may a channel differ from the border's colour and still be of it: what JPEG makes of one colour."""
_SEEN: Final = differing([0], _ALIKE)
_UNIFORM: Final = 0.99
"""The share of the border that has its colour where that is uniform."""

_MOST: Final = 4 * 255
_LAPLACIAN: Final = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), 1, _MOST)
"""Around this middle, since the library has no negative pixels."""
_FEWEST: Final = 3
"""Rows or columns that it takes."""


def measures(recipe: Recipe) -> bool:
    """Whether renditions by this recipe are large enough to look at."""
    return recipe.box is not None and min(recipe.box) >= _SIDE


def pixel_facts_of(image: Image.Image) -> PixelFacts:
    """Of a picture (L, LA, RGB or RGBA, in sRGB) that is as large as it is looked at, or larger."""
    small = resized(image, fitted(image.size, LOOKED_AT))
    flat = flattened(small)
    shown = flat if flat.mode == "RGB" else flat.convert("RGB")  # converting to the same mode would copy
    ring = _ring(shown)
    colour = _colour(ring)
    is_uniform = _share(_apart(ring, colour), 0, _ALIKE) >= _UNIFORM
    return PixelFacts(
        border_white=round(_share(_all_bands(ring, ImageChops.darker), _WHITE, 255), 4),
        border_color="#" + bytes(colour).hex() if is_uniform else None,
        fill=round(_fill(small, shown, colour), 4) if is_uniform else None,
        blur=_blur(shown),
    )


def _ring(image: Image.Image) -> Image.Image:
    """The pixels of the border, each once, in some rows."""
    width, height = image.size
    most = max(1, (max(image.size) + _BORDER // 2) // _BORDER)
    wide, high = min(most, (width + 1) // 2), min(most, (height + 1) // 2)
    inner = max(0, height - 2 * high)
    strips = [image.crop((0, 0, width, high)), image.crop((0, max(high, height - high), width, height))]
    strips += [
        image.crop((0, high, wide, high + inner)),
        image.crop((max(wide, width - wide), high, width, high + inner)),
    ]
    return _joined([strip for strip in strips if strip.width and strip.height])


def _joined(strips: Sequence[Image.Image]) -> Image.Image:
    """One row of all their pixels."""
    data = b"".join(strip.tobytes() for strip in strips)
    mode = strips[0].mode
    return Image.frombytes(mode, (len(data) // len(mode), 1), data)


def _colour(ring: Image.Image) -> list[int]:
    """The median of each channel."""
    counts = ring.histogram()
    return [_median(counts[first : first + 256]) for first in range(0, len(counts), 256)]


def _median(counts: Sequence[int]) -> int:
    return bisect_left(list(accumulate(counts)), (sum(counts) + 1) // 2)


def _differences(image: Image.Image, colour: Sequence[int]) -> Image.Image:
    """By how much each pixel differs from a colour, channel by channel."""
    return ImageChops.difference(image, Image.new(image.mode, image.size, tuple(colour)))


def _apart(image: Image.Image, colour: Sequence[int]) -> Image.Image:
    """The same in the channel where it differs most."""
    return _all_bands(_differences(image, colour), ImageChops.lighter)


def _all_bands(image: Image.Image, joined: Callable[[Image.Image, Image.Image], Image.Image]) -> Image.Image:
    return reduce(joined, image.split())


def _share(band: Image.Image, least: int, most: int) -> float:
    """Of a row of pixels those within these levels."""
    return sum(band.histogram()[least : most + 1]) / band.width


def _fill(small: Image.Image, shown: Image.Image, colour: Sequence[int]) -> float:
    """Where the border is transparent the subject is what is opaque, whatever its colour."""
    box = _box_of(_differences(shown, colour))
    if small.mode in ("LA", "RGBA"):
        alpha = small.getchannel("A")
        if _share(_ring(alpha), 0, _ALIKE) >= _UNIFORM:
            box = _box_of(alpha)
    return max(box[2] - box[0], box[3] - box[1]) / max(small.size) if box else 0.0


def _box_of(image: Image.Image) -> Box | None:
    """What is more than alike, in any channel: looked up in a table only where there is anything at all, which takes a
    tenth of the time to find out."""
    box = image.getbbox(alpha_only=False)
    seen = box and image.crop(box).point(_SEEN * len(image.getbands())).getbbox(alpha_only=False)
    return moved(seen, *box[:2]) if box and seen else None


def _blur(shown: Image.Image) -> float | None:
    width, height = shown.size
    if min(width, height) < _FEWEST:
        return None
    # of bytes it would take four times as long, and be cut off
    beside = shown.convert("I").filter(_LAPLACIAN).convert("F")
    found = ImageMath.lambda_eval(lambda of: of["beside"] - _MOST, beside=beside)
    squares = ImageMath.lambda_eval(lambda of: of["found"] * of["found"], found=found)
    return max(0.0, round(_mean_inside(squares) - _mean_inside(found) ** 2, 2))


def _mean_inside(numbers: Image.Image) -> float:
    """Without the outermost pixels, which stay as they were."""
    width, height = numbers.size
    mean = numbers.reduce((width - 2, height - 2), (1, 1, width - 1, height - 1)).getpixel((0, 0))
    assert isinstance(mean, float)  # as the mode has it
    return mean
