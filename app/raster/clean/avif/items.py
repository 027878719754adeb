"""The items of an AVIF, and which of them make up the picture (ISO/IEC 14496-12 §8.11, ISO/IEC 23008-12 §6)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from app.errors import ImageUndecodable
from app.raster.buffer import Buffer
from app.raster.clean.avif.boxes import Box, ByteBudget, Reader, boxes, version_of

PICTURES: Final = frozenset((b"av01", b"grid", b"iovl", b"iden", b"tmap"))
"""Item types that carry pixels or say how they are put together."""
_FILE, _ITEM_DATA = 0, 1
"""Where `iloc` says that an item's bytes lie."""
_PARTS, _LAYERS, _MULTIPLIED = b"dimg", b"auxl", b"prem"
"""References from a picture to what it is put together of, from alpha to what it belongs to, and of what was
multiplied by which alpha."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Where bytes of an item lie in the file."""

    item: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An item as `iinf` lists it: bytes `text` to `end` of the file are its name and, of some, its media type."""

    item: int
    kind: bytes
    text: int
    end: int


@dataclass(frozen=True, slots=True)
class Items:
    """All that a `meta` box tells of its items; `shown` are the numbers of those that the picture needs."""

    entries: tuple[Entry, ...]
    extents: tuple[Extent, ...]
    shown: frozenset[int]

    @property
    def kinds(self) -> Mapping[int, bytes]:
        return {entry.item: entry.kind for entry in self.entries}


def items_of(data: Buffer, meta: Box) -> Items:
    """ImageUndecodable where the tables of items are missing or broken."""
    inner = inner_of(data, meta)
    if b"iinf" not in inner or b"iloc" not in inner:
        raise ImageUndecodable("avif: no items")
    entries = tuple(_entries(data, inner[b"iinf"]))
    pictures = frozenset(entry.item for entry in entries if entry.kind in PICTURES)
    shown = pictures & _needed(data, inner) if b"pitm" in inner else pictures
    return Items(entries, tuple(_extents(data, inner)), shown)


def inner_of(data: Buffer, meta: Box) -> dict[bytes, Box]:
    """What stands in a `meta` box, by name."""
    return {box.name: box for box in boxes(data, meta.start + 4, meta.end)}


def primary(data: Buffer, pitm: Box) -> int:
    """The number of the item that is shown first."""
    return Reader(data, pitm.start + 4).number(4 if version_of(data, pitm) else 2)


def _needed(data: Buffer, inner: Mapping[bytes, Box]) -> frozenset[int]:
    """The primary item, what it is put together of, the alpha of all these, and what stands for it on other screens."""
    references = list(_references(data, inner[b"iref"])) if b"iref" in inner else []
    first = primary(data, inner[b"pitm"])
    needed: set[int] = set()
    waiting = [first, *_alternatives(data, inner, first)]
    while waiting:
        item = waiting.pop()
        if item in needed:
            continue
        needed.add(item)
        waiting += [to for name, begin, to in references if begin == item and name in (_PARTS, _MULTIPLIED)]
        waiting += [begin for name, begin, to in references if to == item and name == _LAYERS]
    return frozenset(needed)


def _references(data: Buffer, iref: Box) -> Iterator[tuple[bytes, int, int]]:
    """What each is, the item from which, and the one to which it leads."""
    size = 4 if version_of(data, iref) else 2
    for box in boxes(data, iref.start + 4, iref.end):
        reader = Reader(data, box.start)
        begin = reader.number(size)
        for _ in range(min(reader.number(2), (box.end - box.start) // size)):
            yield box.name, begin, reader.number(size)


def _alternatives(data: Buffer, inner: Mapping[bytes, Box], item: int) -> Iterator[int]:
    if b"grpl" not in inner:
        return
    for box in boxes(data, inner[b"grpl"].start, inner[b"grpl"].end):
        reader = Reader(data, box.start + 8)
        group = [reader.number(4) for _ in range(min(reader.number(4), (box.end - box.start) // 4))]
        if box.name == b"altr" and item in group:
            yield from group


def _entries(data: Buffer, iinf: Box) -> Iterator[Entry]:
    wide = version_of(data, iinf) > 0
    for box in boxes(data, iinf.start + (8 if wide else 6), iinf.end):
        number, kind_at = (4, 10) if version_of(data, box) >= 3 else (2, 8)
        kind, at = box.start + kind_at, box.start + 4
        yield Entry(int.from_bytes(data[at : at + number], "big"), data[kind : kind + 4], kind + 4, box.end)


def _extents(data: Buffer, inner: Mapping[bytes, Box]) -> Iterator[Extent]:
    budget = ByteBudget.of(data)
    item_data = inner[b"idat"].start if b"idat" in inner else 0
    for item, origin, offset, length in _places(data, inner[b"iloc"]):
        start = offset + (item_data if origin == _ITEM_DATA else 0)
        end = start + length if length else len(data)
        if not start <= end <= len(data):
            raise ImageUndecodable("avif: an item runs past the end")
        budget.spend(end - start)
        yield Extent(item, start, end)


def _places(data: Buffer, iloc: Box) -> Iterator[tuple[int, int, int, int]]:
    """Each extent: item number, origin, offset and length."""
    reader = Reader(data, iloc.start)
    version = reader.number(1)
    reader.number(3)
    sizes = reader.number(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    for _ in range(reader.number(4 if version >= 2 else 2)):
        item = reader.number(4 if version >= 2 else 2)
        origin = reader.number(2) & 15 if version else _FILE
        reader.number(2)
        base = reader.number(base_size)
        for _ in range(reader.number(2)):
            reader.number(index_size)
            offset = reader.number(offset_size)
            yield item, origin, base + offset, reader.number(length_size)
