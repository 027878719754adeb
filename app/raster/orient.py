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


def oriented(size: Size, orientation: int) -> Size:
    """`size` once the orientation is applied; its own inverse."""
    width, height = size
    return (height, width) if orientation >= _FIRST_SIDEWAYS else size


def upright(image: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)
