"""How an AVIF tells its colours by numbers (ISO/IEC 14496-12 §12.1.5, ISO/IEC 23008-12 §6.5.5)."""

from collections.abc import Iterator

from app.raster.buffer import Buffer
from app.raster.clean.avif.boxes import Box, Reader, boxes
from app.raster.clean.avif.items import primary

_NUMBERED = 1
"""The flag of `ipma` by which the numbers of properties take two bytes."""


def code_points(data: Buffer) -> tuple[int, int] | None:
    """Primaries and transfer of the primary picture in ITU-T H.273's numbers; None where it does not tell them.

    ImageUndecodable where a box runs past the end.
    """
    meta = _child(data, Box(b"", 0, 0, len(data)), b"meta")
    inner = {box.name: box for box in boxes(data, meta.start + 4, meta.end)} if meta else {}
    if b"pitm" not in inner or b"iprp" not in inner:
        return None
    shelf, links = (_child(data, inner[b"iprp"], name) for name in (b"ipco", b"ipma"))
    if shelf is None or links is None:
        return None
    properties = list(boxes(data, shelf.start, shelf.end))
    for number in _properties_of(primary(data, inner[b"pitm"]), Reader(data, links.start)):
        if 0 < number <= len(properties) and _is_nclx(data, properties[number - 1]):
            reader = Reader(data, properties[number - 1].start + 4)
            return reader.number(2), reader.number(2)
    return None


def _child(data: Buffer, parent: Box, name: bytes) -> Box | None:
    return next((box for box in boxes(data, parent.start, parent.end) if box.name == name), None)


def _is_nclx(data: Buffer, box: Box) -> bool:
    return box.name == b"colr" and data[box.start : box.start + 4] == b"nclx"


def _properties_of(item: int, reader: Reader) -> Iterator[int]:
    """The places of an item's properties in `ipco`, the first of which is 1."""
    version, flags = reader.number(1), reader.number(3)
    wide = flags & _NUMBERED
    for _ in range(reader.number(4)):
        owner = reader.number(4 if version else 2)
        for _ in range(reader.number(1)):
            number = reader.number(2) & 0x7FFF if wide else reader.number(1) & 0x7F
            if owner == item:
                yield number
