"""Boxes, of which an AVIF is made (ISO/IEC 14496-12 §4.2)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.errors import ImageUndecodable
from app.raster.buffer import Buffer

_KINDS_OF_LAYERS: Final = tuple(
    b"urn:mpeg:" + name for name in (b"mpegB:cicp:systems:auxiliary:alpha", b"hevc:2015:auxid:1", b"avc:2015:auxid:1")
)
"""How alpha is called."""
_TIMES_USED: Final = 8


@dataclass(frozen=True, slots=True)
class Box:
    """A named span of the file: bytes `start` to `end` are its content, `head` is where its length stands."""

    name: bytes
    head: int
    start: int
    end: int


def boxes(data: Buffer, at: int, end: int) -> Iterator[Box]:
    """The boxes side by side between two offsets; ImageUndecodable when one runs past `end`."""
    while at + 8 <= end:
        size, name, start = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8], at + 8
        if size == 1:
            size, start = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        stop = end if size == 0 else at + size
        if not start <= stop <= end:
            raise ImageUndecodable("avif: a box runs past the end")
        yield Box(name, at, start, stop)
        at = stop


@dataclass(slots=True)
class Reader:
    """Takes one number after the other, from `at` on; ImageUndecodable behind the end."""

    data: Buffer
    at: int

    def number(self, size: int) -> int:
        """Of `size` bytes, the most significant first."""
        if self.at + size > len(self.data):
            raise ImageUndecodable("avif: a box is cut short")
        value = int.from_bytes(self.data[self.at : self.at + size], "big")
        self.at += size
        return value


def version_of(data: Buffer, box: Box) -> int:
    """Of a box that has one, in front of all else; ImageUndecodable where the file ends before."""
    return Reader(data, box.start).number(1)


@dataclass(slots=True)
class ByteBudget:
    """How many bytes the parts of a file may have together, however often they lie over each other."""

    left: int

    @classmethod
    def of(cls, data: Buffer) -> "ByteBudget":
        """No honest file uses its bytes more often than this."""
        return cls(_TIMES_USED * len(data) + 1000)

    def spend(self, length: int) -> None:
        """ImageUndecodable where there is nothing left; that a part is looked at counts, too."""
        self.left -= max(1, length)
        if self.left < 0:
            raise ImageUndecodable("avif: parts lie over each other too often")


def emptied(result: bytearray, start: int, end: int) -> None:
    """Zeros between two offsets, as far as there are bytes: the file is as long as before."""
    result[start:end] = bytes(len(result[start:end]))


def freed(result: bytearray, box: Box) -> None:
    """The box becomes free space, full of zeros."""
    result[box.head + 4 : box.head + 8] = b"free"
    emptied(result, box.start, box.end)


def without_words_behind_kind(result: bytearray, box: Box) -> None:
    """Of a box that says what an auxiliary picture is for, only that it is alpha is kept."""
    start = box.start + 4
    kind = bytes(result[start : box.end]).partition(b"\0")[0]
    emptied(result, start + len(kind) if kind in _KINDS_OF_LAYERS else start, box.end)
