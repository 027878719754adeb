"""How far a decoder has to read until a picture is complete."""

import io
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import BinaryIO, Final

from app.model import Format
from app.raster.facts.sniff import open_image

Span = tuple[int, int]
"""Where coded pixels begin and end in a file."""

_LARGE: Final = 4096
"""Decoders ask for blocks of at least so many bytes, readers of headers for less."""
NEAR: Final = 12
"""Bytes in front of an end that a decoder gets one by one."""


class Watched(io.BytesIO):
    """A file in memory that a decoder gets in pieces which end at `stops`, given in order."""

    def __init__(self, data: bytes, spans: Sequence[Span], stops: Sequence[int] | None = None) -> None:
        super().__init__(data)
        self._starts = [start for start, _ in spans]
        self._stops = [at for span in spans for at in _near(span)] if stops is None else stops
        self.reached: dict[int, int] = {}
        """Of each span that was decoded, by its place: the end of the last piece that the decoder asked for."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < _LARGE:
            return super().read(size)
        at = self.tell()
        place = bisect_right(self._stops, at)
        if place < len(self._stops):
            size = min(size, self._stops[place] - at)
        piece = super().read(size)
        self.reached[max(0, bisect_right(self._starts, at) - 1)] = at + len(piece)
        return piece


def _near(span: Span) -> Iterable[int]:
    start, end = span
    return range(max(start + 1, end - NEAR), end + 1)


def read_through(file: BinaryIO, fmt: Format, frames: int) -> None:
    """Decodes every frame; raises what Pillow raises where one is damaged."""
    with open_image(file, fmt) as image:
        image.draft(None, (1, 1))  # a JPEG's bytes are all read, damage is found all the same, in half the time
        for number in range(frames):
            if number:
                image.seek(number)
            image.load()
