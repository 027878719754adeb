"""Blanks private items of an AVIF where they stand: no byte moves, so every offset in the file stays true."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.errors import ImageUndecodable
from app.raster.buffer import Buffer
from app.raster.clean import exif
from app.raster.clean.profile import without_private
from app.raster.clean.result import Cleaned

_NEEDED: Final = frozenset((b"ftyp", b"meta", b"moov", b"mdat"))
_PICTURE: Final = frozenset((b"av01", b"grid", b"iovl", b"iden", b"tmap"))
"""Item types that carry pixels or say how they are put together."""
_PROFILES: Final = (b"prof", b"rICC")
_EMPTY_TIFF: Final = b"MM\0*\0\0\0\x08\0\0\0\0\0\0"
_RDF: Final = b"<rdf:RDF"
_FILE, _ITEM_DATA = 0, 1
"""Where `iloc` says that an item's bytes lie."""


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


def clean(data: Buffer, *, keep_copyright: bool) -> Cleaned:
    """The same coded pixels, rotation and colour; Exif, XMP and everything unknown blanked, nothing behind them.

    Doubtful always: too many ways lead from an item to its pixels.
    """
    top, end = list(_top(data)), end_of(data)
    result = bytearray(data[:end])
    moving = any(box.name == b"moov" for box in top)
    for box in top:
        if box.name == b"meta":
            _blank_items(result, box, [] if moving else top, keep_copyright=keep_copyright)
            _blank_profiles(result, box)
        elif box.name not in _NEEDED and box.end <= end:
            result[box.head + 4 : box.head + 8] = b"free"
            result[box.start : box.end] = bytes(box.end - box.start)
    return Cleaned(bytes(result), doubtful=True, behind=len(data) - end)


def end_of(data: Buffer) -> int:
    """Behind the last box that is needed; ImageUndecodable where one of them runs past the end of the file."""
    return max((box.end for box in _top(data) if box.name in _NEEDED), default=0)


def with_packet(data: bytes, upload: Buffer, packet: bytes) -> bytes:
    """The cleaned file with an XMP packet where the upload had one; unchanged where it had none, or a shorter one."""
    inner = next((dict(_inner(upload, box)) for box in _top(upload) if box.name == b"meta"), {})
    if b"iinf" not in inner or b"iloc" not in inner:
        return data
    kinds = dict(_kinds(upload[:], inner[b"iinf"]))
    spans = [span for item, *span in _spans(upload[:], inner) if kinds.get(item) == b"mime"]
    for start, end in spans:
        if _RDF in upload[start:end] and len(packet) <= end - start <= len(data) - start:
            return data[:start] + packet.ljust(end - start) + data[end:]
    return data


def _inner(data: Buffer, meta: Box) -> Iterator[tuple[bytes, Box]]:
    return ((box.name, box) for box in boxes(data, meta.start + 4, meta.end))


def _top(data: Buffer) -> Iterator[Box]:
    """Top-level boxes up to the first thing behind the last needed one that is none."""
    found = set()
    try:
        for box in boxes(data, 0, len(data)):
            found.add(box.name)
            yield box
    except ImageUndecodable:
        if not found >= {b"ftyp", b"meta", b"mdat"}:
            raise


def _blank_items(result: bytearray, meta: Box, top: list[Box], *, keep_copyright: bool) -> None:
    """Keeps the items that make up the picture; the rest of `top`'s data boxes becomes zeros.

    Where frames lie in tracks `top` is empty: items alone do not tell then which data are needed.
    """
    view = bytes(result)
    inner = {box.name: box for box in boxes(view, meta.start + 4, meta.end)}
    if b"iinf" not in inner or b"iloc" not in inner:
        raise ImageUndecodable("avif: no items")
    kinds = dict(_kinds(view, inner[b"iinf"]))
    spans = [(kinds.get(item, b""), start, end) for item, start, end in _spans(view, inner)]
    for box in (*(box for box in top if box.name == b"mdat"), *(box for box in inner.values() if box.name == b"idat")):
        result[box.start : box.end] = bytes(box.end - box.start)
    for kind, start, end in spans:
        if kind in _PICTURE:
            result[start:end] = view[start:end]
        else:
            result[start:end] = _blank(view[start:end], kind, keep_copyright=keep_copyright)


def _blank_profiles(result: bytearray, meta: Box) -> None:
    """What is private in them; zeros behind their new end."""
    view, path = bytes(result), [meta]
    for name in (b"iprp", b"ipco", b"colr"):
        skip = 4 if name == b"iprp" else 0
        path = [box for one in path for box in boxes(view, one.start + skip, one.end) if box.name == name]
    for box in path:
        if view[box.start : box.start + 4] in _PROFILES:
            profile = view[box.start + 4 : box.end]
            result[box.start + 4 : box.end] = without_private(profile).ljust(len(profile), b"\0")


def _spans(data: bytes, inner: dict[bytes, Box]) -> Iterator[tuple[int, int, int]]:
    """Each item's number with the start and end of each of its extents in the file."""
    item_data = inner[b"idat"].start if b"idat" in inner else 0
    for item, origin, offset, length in _places(data, inner[b"iloc"]):
        start = offset + (item_data if origin == _ITEM_DATA else 0)
        end = start + length if length else len(data)
        if end > len(data):
            raise ImageUndecodable("avif: an item runs past the end")
        yield item, start, end


def _blank(body: bytes, kind: bytes, *, keep_copyright: bool) -> bytes:
    """As many bytes as before: a decoder may refuse an Exif item that is no Exif."""
    if kind != b"Exif" or len(body) < 4 + len(_EMPTY_TIFF):
        return bytes(len(body))
    block = exif.reduced(body[4 + int.from_bytes(body[:4], "big") :], keep_copyright=keep_copyright)
    fits = block if block and len(block) + 4 <= len(body) else _EMPTY_TIFF
    return (bytes(4) + fits).ljust(len(body), b"\0")


def _kinds(data: bytes, iinf: Box) -> Iterator[tuple[int, bytes]]:
    """Each item's number and four-letter type."""
    wide = data[iinf.start] > 0
    for box in boxes(data, iinf.start + (8 if wide else 6), iinf.end):
        version = data[box.start]
        number, kind_at = (4, 10) if version >= 3 else (2, 8)
        at = box.start + 4
        yield int.from_bytes(data[at : at + number], "big"), data[box.start + kind_at : box.start + kind_at + 4]


def _places(data: bytes, iloc: Box) -> Iterator[tuple[int, int, int, int]]:
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


@dataclass(slots=True)
class Reader:
    """Takes one number after the other, from `at` on; ImageUndecodable behind the end."""

    data: Buffer
    at: int

    def number(self, size: int) -> int:
        if self.at + size > len(self.data):
            raise ImageUndecodable("avif: a box is cut short")
        value = int.from_bytes(self.data[self.at : self.at + size], "big")
        self.at += size
        return value
