"""Makes an image fit inside a box, never larger, with the pre-shrink computed from the final size. Nothing is
sharpened, here or elsewhere."""

from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import Final, NamedTuple

from PIL import Image

from app.raster.steps.crop import DRAFTS, Edges
from app.raster.steps.orient import Size

GAP: Final = 1.5
"""How many times larger than the result the averaging pre-shrink must leave an image."""

DRAFT_GAP: Final = 1.25
"""The same for a JPEG decoder's pre-shrink, which keeps more detail than averaging does.

At exactly this gap the result is 47 dB from a full Lanczos, 41 dB where there is grain at every scale; encoded at
quality 82 that costs 0.1 or 0.4 dB. A gap of 1.5 would take half as much time again, and a third more memory.
"""

REUSE: Final = 2
"""A rendition is made from a larger one that has at least this many times its sides: 54 dB PSNR in a full Lanczos."""

_WORTH_HALVING: Final = 200
"""Rows of a result from which on a second thread saves more than it costs."""

_PREMULTIPLIED: Final = {"RGBA": "RGBa", "LA": "La"}


class Way(NamedTuple):
    """How many times larger than the result the averaging pre-shrink must leave an image (None: it is left out), and
    the filter behind it."""

    gap: float | None = GAP
    filtered: Image.Resampling = Image.Resampling.LANCZOS

    def averaged(self, scale: float) -> int:
        """How many pixels become one before the filter, as the library reckons it, where so many become one in all."""
        return int(scale / self.gap) or 1 if self.gap else 1


USUAL: Final = Way()
FROM_LARGER: Final = Way(None)
"""From a finished picture that is not much larger."""
SHARPEST: Final = Way(REUSE)
"""For a look at what is sharp: the usual averaging, or a decoder's, may take a third of that."""


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


def draft(image: Image.Image, size: tuple[float, float]) -> None:
    """Lets a JPEG decoder leave out what a result of `size` does not need."""
    image.draft(None, (round(size[0] * DRAFT_GAP), round(size[1] * DRAFT_GAP)))


def resized(
    image: Image.Image,
    size: Size,
    *,
    edges: Edges | None = None,
    way: Way = USUAL,
    second: Executor | None = None,
) -> Image.Image:
    """`image`, or what is between these `edges` of it, at exactly `size`. Colours of transparent pixels do not bleed
    into visible ones.

    Half of a large one is made by the `second` thread if there is one.
    """
    whole = (0.0, 0.0, float(image.width), float(image.height))
    if image.size == size and edges in (None, whole):
        return image
    mode = _PREMULTIPLIED.get(image.mode)
    if mode is not None:
        ready = resized(image.convert(mode), size, edges=edges, way=way, second=second)
        return ready.convert(image.mode)
    gap = None if image.mode.startswith("I;16") else way.gap  # whose pixels the pre-shrink does not know
    resize = partial(image.resize, resample=way.filtered, reducing_gap=gap)
    if second is None or size[1] < _WORTH_HALVING:
        return resize(size, box=edges or whole)
    return _by_two(resize, image.mode, size, edges or whole, second)


def in_full(scale: float) -> Way:
    """Of a JPEG of which a decoder has left out nothing, so that no more is lost than if it had: averaged as far as it
    would have gone, and where that is nowhere by a shorter filter, which keeps more than a decoder does at worst."""
    factor = max((one for one in DRAFTS if scale >= one * DRAFT_GAP), default=1)
    if factor == 1:
        return Way(None, Image.Resampling.BICUBIC)
    return Way(scale / (factor + 0.5))  # of which the library reckons that factor


def _by_two(resize: Callable[..., Image.Image], mode: str, size: Size, edges: Edges, second: Executor) -> Image.Image:
    """The halves join without a seam: each is weighed from pixels on both sides of its edge."""
    width, height = size
    left, top, right, bottom = edges
    middle = height // 2
    edge = top + (bottom - top) * middle / height
    above, below = (left, top, right, edge), (left, edge, right, bottom)
    lower = second.submit(resize, (width, height - middle), box=below)
    upper = resize((width, middle), box=above)
    joined = Image.new(mode, size)
    joined.paste(upper)
    joined.paste(lower.result(), (0, middle))
    return joined
