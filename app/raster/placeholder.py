"""What is shown of a picture while it loads: a ThumbHash, and the average of its colours.

The layout is the reference encoder's (https://github.com/evanw/thumbhash): a few terms of a cosine transform of
luminance, of two differences of colours and of opacity. The transform is separable, so rows are summed up first, by
loops that Python has in C: a millisecond for 48 pixels, which is little enough to need no library for.
"""

import base64
from collections.abc import Sequence
from functools import lru_cache
from itertools import zip_longest
from math import cos, floor, pi
from operator import mul
from typing import Final, NamedTuple

from PIL import Image

from app.model import Placeholder
from app.raster.steps.orient import Size

SIDE: Final = 64
"""A placeholder is made of a picture whose sides have so many pixels at most: the smallest rendition has fewer."""

_NOTHING: Final = 1e-9
"""What rounding leaves of a channel that does not vary."""

_Channel = Sequence[float]
"""Of all pixels, row by row."""


class _Terms(NamedTuple):
    """A channel's mean, how it varies, each term 0…1 around the middle, and by how much at most."""

    mean: float
    varying: Sequence[float]
    scale: float


def placeholder_of(image: Image.Image) -> Placeholder:
    """Of a small picture (L, LA, RGB or RGBA, in sRGB). One that is transparent altogether has no colour."""
    *colours, alpha = (band.tobytes() for band in image.convert("RGBA").split())
    if alpha.count(255) == len(alpha):
        return _placeholder([sum(band) / len(band) for band in colours], _hash(image.size, colours, None))
    opacity = [value / 255 for value in alpha]
    visible = sum(opacity)
    means = [sum(map(mul, band, opacity)) / visible if visible else 0.0 for band in colours]
    shown = [_upon(mean, band, opacity) for mean, band in zip(means, colours, strict=True)]
    return _placeholder(means if visible else [], _hash(image.size, shown, opacity))


def _placeholder(means: Sequence[float], hashed: bytes) -> Placeholder:
    color = "#" + "".join(f"{_rounded(mean):02x}" for mean in means) if means else None
    return Placeholder(base64.b64encode(hashed).decode(), color)


def _upon(mean: float, band: _Channel, opacity: _Channel) -> _Channel:
    """A channel upon its own mean, which shows where it is transparent."""
    return [mean + alpha * (value - mean) for value, alpha in zip(band, opacity, strict=True)]


def _hash(size: Size, colours: Sequence[_Channel], opacity: _Channel | None) -> bytes:
    most = 5 if opacity else 7  # terms of luminance along the longer side
    across, down = (max(1, _rounded(most * side / max(size))) for side in size)
    red, green, blue = colours
    light = _terms([(r + g + b) / 765 for r, g, b in zip(red, green, blue, strict=True)], size, across, down)
    warm = _terms([(r + g - 2 * b) / 510 for r, g, b in zip(red, green, blue, strict=True)], size, 3, 3)
    rosy = _terms([(r - g) / 255 for r, g in zip(red, green, strict=True)], size, 3, 3)
    clear = [_terms(opacity, size, 5, 5)] if opacity else []
    is_wide = size[0] > size[1]
    head = _packed(6, 63 * light.mean, 31.5 + 31.5 * warm.mean, 31.5 + 31.5 * rosy.mean, 31 * light.scale)
    head |= bool(opacity) << 23
    shape = (down if is_wide else across) | _packed(6, 63 * warm.scale, 63 * rosy.scale) << 3 | is_wide << 15
    parts = [head.to_bytes(3, "little"), shape.to_bytes(2, "little")]
    parts += [_packed(4, 15 * one.mean, 15 * one.scale).to_bytes(1, "little") for one in clear]
    return b"".join([*parts, _nibbles([15 * f for one in (light, warm, rosy, *clear) for f in one.varying])])


def _terms(channel: _Channel, size: Size, across: int, down: int) -> _Terms:
    """The lowest of at least three by three: those in the triangle around the mean."""
    width, height = size
    across, down = max(3, across), max(3, down)
    rows = [channel[start : start + width] for start in range(0, len(channel), width)]
    summed = [[sum(map(mul, row, wave)) for row in rows] for wave in _waves(width, across)]
    mean, *varying = (
        sum(map(mul, summed[x], wave)) / (width * height)
        for y, wave in enumerate(_waves(height, down))
        for x in range(across)
        if x * down < across * (down - y)
    )
    scale = max(map(abs, varying))
    if scale < _NOTHING:
        return _Terms(mean, [0.0] * len(varying), 0.0)
    return _Terms(mean, [0.5 + term / scale / 2 for term in varying], scale)


@lru_cache(maxsize=256)
def _waves(side: int, count: int) -> Sequence[Sequence[float]]:
    return [[cos(pi / side * term * (place + 0.5)) for place in range(side)] for term in range(count)]


def _packed(bits: int, *values: float) -> int:
    """Rounded, the first one in the lowest bits."""
    return sum(_rounded(value) << bits * place for place, value in enumerate(values))


def _nibbles(values: Sequence[float]) -> bytes:
    return bytes(_packed(4, *pair) for pair in zip_longest(values[::2], values[1::2], fillvalue=0.0))


def _rounded(value: float) -> int:
    """Half up, as the reference rounds."""
    return floor(value + 0.5)
