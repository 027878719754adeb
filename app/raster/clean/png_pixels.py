"""The compressed pixels of a PNG: where they end, and whether they are whole."""

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from app.errors import ImageUndecodable
from app.raster.clean.png_chunks import Header, chunks, header_of, written

_BLOCK: Final = 1 << 20
_LAST_FILTER: Final = 4
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Of each colour type."""
_PLAIN: Final = ((0, 0, 1, 1),)
_INTERLACED: Final = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
"""Of each of Adam7's passes: its first column and row, and its steps."""


class _Pass(NamedTuple):
    """Rows of `stride` bytes, each with a filter's number in front, from `start` to `end` of the inflated stream."""

    start: int
    end: int
    stride: int


def trimmed(data: bytes) -> tuple[bytes, bool]:
    """A cleaned file without what follows the pixels inside their own chunks; and whether all that is left was copied:
    a stream that went on behind its last row, or did not end, is compressed anew.

    ImageUndecodable where pixels are missing or none.
    """
    shape = header_of(data)
    whole = size = shape.width, shape.height
    result: list[tuple[bytes, bytes]] = []
    copied = True
    for kind, group in groupby(chunks(data), key=lambda one: one.kind):
        bodies = [data[one.start : one.end] for one in group]
        if kind == b"fcTL":
            size = struct.unpack_from(">II", bodies[-1], 4)
        elif kind == b"IDAT":
            bodies, sound = _trimmed(bodies, _passes(shape, whole), front=0)
            copied &= sound
        elif kind == b"fdAT":
            bodies, sound = _trimmed(bodies, _passes(shape, size), front=4)
            copied &= sound
        result += ((kind, body) for body in bodies)
    return written(result), copied


def _trimmed(bodies: Sequence[bytes], passes: Sequence[_Pass], *, front: int) -> tuple[list[bytes], bool]:
    """One frame's bodies, and whether they were copied; the first `front` bytes of each are none of the stream."""
    stream = _Stream(passes)
    kept = [body[: front + stream.take(body[front:])] for body in bodies]
    stream.close()
    if stream.sound:
        return [body for body in kept if body], True
    again = _compressed_again((body[front:] for body in bodies), passes[-1].end)
    return [bodies[0][:front] + again, *(body[:front] for body in bodies[1:] if front)], False


def _passes(shape: Header, size: tuple[int, int]) -> list[_Pass]:
    """How a frame of that size lies in its inflated stream."""
    bits = shape.depth * _CHANNELS.get(shape.colour, 1)
    passes, at = [], 0
    for left, top, across, down in _INTERLACED if shape.interlaced else _PLAIN:
        columns, rows = -(-(size[0] - left) // across), -(-(size[1] - top) // down)
        if columns > 0 and rows > 0:
            stride = 1 + (columns * bits + 7) // 8
            passes.append(_Pass(at, at + stride * rows, stride))
            at += stride * rows
    if not passes:
        raise ImageUndecodable("png: no pixels")
    return passes


class _Stream:
    """One frame's compressed stream, taken in piece by piece."""

    def __init__(self, passes: Sequence[_Pass]) -> None:
        self._inflate = zlib.decompressobj()
        self._passes = passes
        self._whole = passes[-1].end
        self._at = 0
        self.sound = True

    def take(self, piece: bytes) -> int:
        """How many bytes of the piece belong to the stream; ImageUndecodable where they are none of pixels."""
        if self._inflate.eof or not self.sound:
            return 0
        rest = piece
        while rest and self.sound and not self._inflate.eof:
            rest = self._taken(rest)
        return len(piece) - len(self._inflate.unused_data)

    def _taken(self, rest: bytes) -> bytes:
        try:
            rows = self._inflate.decompress(rest, min(_BLOCK, self._whole - self._at) or 1)
        except zlib.error as error:
            if self._at < self._whole:
                raise ImageUndecodable(f"png: {error}") from error
            rows = b"more"
        if rows and self._at == self._whole:
            self.sound = False
            return b""
        _check_filters(self._passes, self._at, rows)
        self._at += len(rows)
        return self._inflate.unconsumed_tail

    def close(self) -> None:
        """Behind the last piece: ImageUndecodable where pixels are missing. `sound` tells then whether the stream
        ended with its pixels, and as it should."""
        if self._at < self._whole:
            raise ImageUndecodable("png: pixels are missing")
        self.sound &= self._inflate.eof


def _check_filters(passes: Sequence[_Pass], at: int, rows: bytes) -> None:
    for one in passes:
        first = max(at, one.start)
        first += -(first - one.start) % one.stride
        filters = rows[first - at : max(0, one.end - at) : one.stride]
        if filters and max(filters) > _LAST_FILTER:
            raise ImageUndecodable("png: unknown filter")


def _compressed_again(pieces: Iterable[bytes], size: int) -> bytes:
    """The same rows, `size` bytes of them, in a stream that ends where they end."""
    deflate = zlib.compressobj()
    return b"".join(map(deflate.compress, _rows(pieces, size))) + deflate.flush()


def _rows(pieces: Iterable[bytes], missing: int) -> Iterator[bytes]:
    inflate = zlib.decompressobj()
    for piece in pieces:
        rest = piece
        while missing and rest and not inflate.eof:
            rows = inflate.decompress(rest, min(_BLOCK, missing))
            missing -= len(rows)
            yield rows
            rest = inflate.unconsumed_tail
