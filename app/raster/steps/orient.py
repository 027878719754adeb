"""Turns stored pixels the right way up."""

from typing import Final

from PIL import Image

Size = tuple[int, int]
"""Width and height in pixels."""

_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_FIRST_SIDEWAYS: Final = 5
_INVERSES: Final = {6: 8, 8: 6}
"""All others are their own."""


def oriented(size: Size, orientation: int) -> Size:
    """`size` once the orientation is applied; its own inverse."""
    width, height = size
    return (height, width) if is_sideways(orientation) else size


def is_sideways(orientation: int) -> bool:
    """Whether it exchanges the sides."""
    return orientation >= _FIRST_SIDEWAYS


def inverse(orientation: int) -> int:
    """The one that takes it back."""
    return _INVERSES.get(orientation, orientation)


def upright(image: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)
