"""Where a TIFF or HEIC ends, neither of which says so: behind the last byte that its own tables speak of."""

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from app.errors import ImageUndecodable
from app.model import ConvertedFormat
from app.raster.buffer import Buffer
from app.raster.clean import avif

_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes of one value of each type."""
_NUMBERS: Final = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
"""The types of what is an offset or a length."""
_SPANS: Final = {273: 279, 324: 325, 288: 289, 513: 514}
"""Strips, tiles, unused bytes, a picture within the picture: where each begins, and the tag of how long it is."""
_DIRECTORIES: Final = (330, 34665, 34853, 40965)
"""Where further directories begin: pictures of other sizes, Exif, place, interoperability."""
_FILLED_UP: Final = 16
"""To a multiple of so many bytes files are filled up with zeros, for a page that may follow."""
_READ: Final = {*_DIRECTORIES, *_SPANS, *_SPANS.values()}
_MOST_NUMBERS: Final = 100_000
"""Of a directory or a field of it, and of all together, in a file whose end is looked for."""


def bytes_behind(data: Buffer, source: ConvertedFormat) -> int:
    """How many bytes follow a file's end; none where that cannot be told, or where they only fill it up."""
    end = _ENDS[source](data)
    if end is None or (len(data) - end < _FILLED_UP and not any(data[end:])):
        return 0
    return len(data) - end


def _of_heic(data: Buffer) -> int | None:
    try:
        return avif.end_of(data)
    except ImageUndecodable:
        return None


def end_of_tiff(data: Buffer) -> int | None:
    """Behind the last byte that its tables speak of, which may lie behind the file's end. LookupError where that cannot
    be told; struct.error, OverflowError where a table does not lie in the file."""
    return max((at for directory in _directories(data) for at in _ends(directory)), default=None)


def _of_tiff(data: Buffer) -> int | None:
    try:
        return end_of_tiff(data)
    except (struct.error, OverflowError, LookupError):
        return None


_ENDS: Final[Mapping[ConvertedFormat, Callable[[Buffer], int | None]]] = {"tiff": _of_tiff, "heic": _of_heic}


@dataclass(frozen=True, slots=True)
class _Directory:
    """`fields` holds the numbers of those tags that are places or lengths; `ends` is where it and each of its values
    end; `following` where the next one begins, or 0; `size` counts its entries and the numbers."""

    fields: Mapping[int, tuple[int, ...]]
    ends: tuple[int, ...]
    following: int
    size: int


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a file writes its tables: the byte order, and formats of a place, of a count of entries, and of an entry up
    to its value."""

    order: str
    place: str
    count: str
    entry: str

    def read(self, data: Buffer, kind: str, at: int) -> tuple[int, ...]:
        numbers: tuple[int, ...] = struct.unpack_from(self.order + kind, data, at)
        return numbers

    def size(self, kind: str) -> int:
        return struct.calcsize(self.order + kind)


def _directories(data: Buffer) -> Iterator[_Directory]:
    """All of them, each once; LookupError where they are too large."""
    order = "<" if data[:2] == b"II" else ">"
    is_big = b"+" in data[2:4]
    shape = _Shape(order, "Q", "Q", "HHQ") if is_big else _Shape(order, "I", "H", "HHI")
    waiting, seen, left = list(shape.read(data, shape.place, 8 if is_big else 4)), {0}, _MOST_NUMBERS
    while waiting:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        directory = _directory(data, shape, at)
        left -= directory.size
        if left < 0:
            raise LookupError("too many")
        waiting += [place for tag in _DIRECTORIES for place in directory.fields.get(tag, ())]
        waiting.append(directory.following)
        yield directory


def _directory(data: Buffer, shape: _Shape, at: int) -> _Directory:
    (count,) = shape.read(data, shape.count, at)
    inline, head = shape.size(shape.place), shape.size(shape.entry)
    first = at + shape.size(shape.count)
    behind = first + count * (head + inline)
    (following,) = shape.read(data, shape.place, behind)
    if count > _MOST_NUMBERS:
        raise LookupError("too many entries")
    fields: dict[int, tuple[int, ...]] = {}
    ends = [behind + inline]
    for start in range(first, behind, head + inline):
        tag, kind, values = shape.read(data, shape.entry, start)
        size, place = values * _SIZES.get(kind, 1), start + head
        if size > inline:
            (place,) = shape.read(data, shape.place, place)
            ends.append(place + size)
        if tag in _READ and tag not in fields:
            if values > _MOST_NUMBERS:
                raise LookupError("too many numbers")
            fields[tag] = shape.read(data, f"{values}{_NUMBERS[kind]}", place)
    return _Directory(fields, tuple(ends), following, 1 + count + sum(map(len, fields.values())))


def _ends(directory: _Directory) -> Iterator[int]:
    """LookupError where it does not say how long its pixels are."""
    yield from directory.ends
    for starts, lengths in _SPANS.items():
        if starts in directory.fields:
            pairs = zip(directory.fields[starts], directory.fields[lengths], strict=False)
            yield from (start + length for start, length in pairs)
