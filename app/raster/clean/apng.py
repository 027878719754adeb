"""Whether the animation inside a PNG holds together; where it does not, viewers show the picture alone."""

import struct
from collections.abc import Iterable
from typing import Final

from app.raster.buffer import Buffer
from app.raster.clean.png_chunks import Chunk, Header

KINDS: Final = frozenset((b"acTL", b"fcTL", b"fdAT"))

_ANIMATION, _CONTROL = 8, 26
"""The lengths of acTL and fcTL."""


def is_sound(data: Buffer, chunks: Iterable[Chunk], shape: Header) -> bool:
    """Whether there is an animation of which all frames are there, numbered in order and inside the picture."""
    check = _Check(shape)
    for chunk in chunks:
        if chunk.kind == b"IDAT":
            check.filled = True
        elif chunk.kind in KINDS:
            body = data[chunk.start : min(chunk.end, chunk.start + _CONTROL)]
            if not chunk.sound or not check.takes(chunk.kind, body):
                return False
    return 0 < check.announced == check.controls and check.filled


class _Check:
    """`announced` frames, `controls` so far, and whether the last one was `filled` with pixels."""

    def __init__(self, shape: Header) -> None:
        self._shape = shape
        self._number = 0
        self.announced = 0
        self.controls = 0
        self.filled = True

    def takes(self, kind: bytes, body: bytes) -> bool:
        """Whether a chunk may stand here."""
        if kind == b"acTL":
            first = not self.announced and not self.controls and len(body) == _ANIMATION
            self.announced = int.from_bytes(body[:4], "big")
            return first
        in_order = len(body) >= 4 and int.from_bytes(body[:4], "big") == self._number
        self._number += 1
        if kind == b"fdAT":
            self.filled = True
            return in_order and self.controls > 0
        ready, self.filled = self.filled, False
        self.controls += 1
        return in_order and ready and self._is_inside(body)

    def _is_inside(self, control: bytes) -> bool:
        if len(control) != _CONTROL:
            return False
        width, height, left, top = struct.unpack_from(">4I", control, 4)
        fits: bool = left + width <= self._shape.width and top + height <= self._shape.height
        return fits and width > 0 < height
