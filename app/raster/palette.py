"""Writes pictures of few colours with a palette, which takes a third of the bytes."""

import sys
from collections.abc import Iterator
from typing import Final

from PIL import Image, ImageChops, ImageStat

_MOST_COLOURS: Final = 256
_MOST_GREYS: Final = 16
"""Beyond, a palette takes as many bits of a pixel as grey does."""

_REDUCED: Final = {"RGB": (Image.Quantize.MEDIANCUT, 1.0), "RGBA": (Image.Quantize.FASTOCTREE, 2.0)}
"""Of each mode: how its colours are chosen, and the root mean square, of 255, by which a channel may then differ.

The mean CIEDE2000 difference stays below 0.7. Drawings pass, since only their smoothed edges change; gradients, where
lost colours would show as bands, seldom do.
"""


def versions(image: Image.Image, *, indexed: bool) -> Iterator[Image.Image]:
    """The picture (L, LA, RGB or RGBA) in modes that look alike, itself first.

    One whose source was `indexed` may lose colours that nobody can tell apart; others never change.
    """
    yield image
    few = _same(image) or (_alike(image) if indexed else None)
    if few is not None:
        yield few


def _same(image: Image.Image) -> Image.Image | None:
    """The very same colours in a palette; None where they are too many."""
    mode = _full(image)
    wide = image.convert("RGBA")
    if wide.getcolors(_MOST_GREYS if image.mode == "L" else _MOST_COLOURS) is None:
        return None
    pixels = memoryview(wide.tobytes()).cast("I")
    colours = {colour: place for place, colour in enumerate(dict.fromkeys(pixels))}
    few = Image.frombytes("P", image.size, bytes(map(colours.__getitem__, pixels)))
    few.putpalette(b"".join(colour.to_bytes(4, sys.byteorder)[: len(mode)] for colour in colours), mode)
    return few


def _alike(image: Image.Image) -> Image.Image | None:
    """A palette of the most important colours; None where the difference could be seen."""
    mode = _full(image)
    method, unseen = _REDUCED[mode]
    few = image.convert(mode).quantize(_MOST_COLOURS, method, dither=Image.Dither.NONE)
    gap = ImageChops.difference(_weighed(few), _weighed(image))
    return few if max(ImageStat.Stat(gap).rms) <= unseen else None


def _full(image: Image.Image) -> str:
    return "RGBA" if image.mode.endswith("A") else "RGB"


def _weighed(image: Image.Image) -> Image.Image:
    """Colours as far as they are opaque, in a mode that can be compared."""
    return Image.merge("RGBA", image.convert("RGBA").convert("RGBa").split())
