"""Every limit on an image, in one place, checked against its header before anything is decoded.

A frame of more than twice `MAX_PIXELS` does not come here: Pillow refuses to open it, which `raster/child/work` tells
as the same excess.
"""

from dataclasses import dataclass

from app.errors import Excess, ImageLimitExceeded
from app.model import Facts


@dataclass(frozen=True, slots=True)
class Limits:
    """`pixels` in one frame, `total_pixels` over all `frames` where there are several."""

    pixels: int
    total_pixels: int
    frames: int


def check(facts: Facts, limits: Limits) -> Facts:
    """The same facts, or ImageLimitExceeded with the limit in its reason."""
    pixels = facts.width * facts.height
    if pixels > limits.pixels:
        excess = Excess("MAX_PIXELS", limits.pixels, pixels)
        raise ImageLimitExceeded(f"{facts.width}x{facts.height} is more than {limits.pixels} pixels", excess)
    if facts.frames > limits.frames:
        excess = Excess("MAX_FRAMES", limits.frames, facts.frames)
        raise ImageLimitExceeded(f"more than {limits.frames} frames", excess)
    if facts.frames > 1 and pixels * facts.frames > limits.total_pixels:
        excess = Excess("MAX_TOTAL_PIXELS", limits.total_pixels, pixels * facts.frames)
        raise ImageLimitExceeded(f"{facts.frames} frames have more than {limits.total_pixels} pixels", excess)
    return facts
