"""Makes an image fit inside a box, never larger, with the pre-shrink computed from the final size."""

from concurrent.futures import Executor
from typing import Final

from PIL import Image

from app.raster.orient import Size

GAP: Final = 1.5
"""How many times larger than the result the averaging pre-shrink must leave an image."""

DRAFT_GAP: Final = 1.25
"""The same for a JPEG decoder's pre-shrink, which keeps more detail than averaging does.

At exactly this gap the result is 47 dB from a full Lanczos, 41 dB where there is grain at every scale; encoded at
quality 82 that costs 0.1 or 0.4 dB. A gap of 1.5 would take half as much time again, and a third more memory.
"""

_WORTH_HALVING: Final = 200
"""Rows of a result from which on a second thread saves more than it costs."""

_PREMULTIPLIED: Final = {"RGBA": "RGBa", "LA": "La"}


def fitted(size: Size, box: Size) -> Size:
    """`size` scaled to fit inside `box`: sides rounded half up, at least 1, never enlarged (spree.md §9)."""
    width, height = size
    box_width, box_height = box
    if width <= box_width and height <= box_height:
        return size
    if box_width * height <= box_height * width:
        over, under = box_width, width
    else:
        over, under = box_height, height
    return _scaled(width, over, under), _scaled(height, over, under)


def _scaled(side: int, over: int, under: int) -> int:
    return max(1, (2 * side * over + under) // (2 * under))


def draft(image: Image.Image, size: Size) -> None:
    """Lets a JPEG decoder leave out what a result of `size` does not need."""
    image.draft(None, (round(size[0] * DRAFT_GAP), round(size[1] * DRAFT_GAP)))


def resized(image: Image.Image, size: Size, *, gap: float | None = GAP, second: Executor | None = None) -> Image.Image:
    """`image` at exactly `size`. Colours of transparent pixels do not bleed into visible ones.

    Half of a large one is made by the `second` thread if there is one.
    """
    if image.size == size:
        return image
    mode = _PREMULTIPLIED.get(image.mode)
    if mode is not None:
        return resized(image.convert(mode), size, gap=gap, second=second).convert(image.mode)
    if image.mode.startswith("I;16"):  # which the pre-shrink does not know
        gap = None
    if second is None or size[1] < _WORTH_HALVING:
        return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=gap)
    return _by_two(image, size, gap, second)


def _by_two(image: Image.Image, size: Size, gap: float | None, second: Executor) -> Image.Image:
    """The halves join without a seam: each is weighed from pixels on both sides of its edge."""
    width, height = size
    middle = height // 2
    edge = image.height * middle / height
    above, below = (0, 0, image.width, edge), (0, edge, image.width, image.height)
    lower = second.submit(image.resize, (width, height - middle), Image.Resampling.LANCZOS, below, gap)
    upper = image.resize((width, middle), Image.Resampling.LANCZOS, above, gap)
    whole = Image.new(image.mode, size)
    whole.paste(upper)
    whole.paste(lower.result(), (0, middle))
    return whole
