"""What may be done to a picture for one image. Source: native.md, section 10."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

Crop = tuple[float, float, float, float]
"""Left edge, top edge, width and height, in fractions of the picture."""
Point = tuple[float, float]
"""From the left and from the top, in fractions of the picture."""
CENTRE: Final[Point] = (0.5, 0.5)
Degrees = Literal[0, 90, 180, 270]
TURNS: Final[tuple[int, ...]] = get_args(Degrees)
"""All of them."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What is done to an upright picture for one image, in this order: `rotate` clockwise, `crop` of the turned
    picture; `focal` is what matters most in the result, where a recipe cuts it further (native.md 10)."""

    rotate: Degrees = 0
    crop: Crop | None = None
    focal: Point | None = None

    @property
    def is_of_pixels(self) -> bool:
        """Whether it shows other pixels, or the same elsewhere."""
        return self.rotate != 0 or self.crop is not None


UNEDITED: Final = Edit()
