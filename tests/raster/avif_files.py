"""AVIF files into which something is put, with every offset moved along."""

import struct

from app.raster.clean.avif.boxes import Box, boxes

_FOLDERS = {b"meta": 4, b"iprp": 0, b"ipco": 0, b"moov": 0, b"trak": 0, b"mdia": 0, b"minf": 0, b"stbl": 0, b"stsd": 8}
_FOLDERS |= {b"iinf": 6, b"av01": 78, b"dinf": 0, b"dref": 8}


def found(data: bytes, *path: bytes) -> list[Box]:
    """The first box of each name, each within the one before."""
    at, end, way = 0, len(data), []
    for name in path:
        way.append(next(box for box in boxes(data, at, end) if box.name == name))
        at, end = way[-1].start + _FOLDERS.get(name, 0), way[-1].end
    return way


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content


def put_in(data: bytes, content: bytes, *path: bytes) -> bytes:
    """`content` at the end of the box at `path`, in front of the coded pixels."""
    way = found(data, *path)
    grown = bytearray(data)
    for one in way:
        struct.pack_into(">I", grown, one.head, one.end - one.head + len(content))
    _move(grown, data, len(content), way[-1].end)
    return bytes(grown[: way[-1].end] + content + grown[way[-1].end :])


def behind_pixels(data: bytes, content: bytes) -> bytes:
    """`content` at the end of the box of coded pixels, of which no table speaks."""
    (coded,) = found(data, b"mdat")
    grown = bytearray(data)
    struct.pack_into(">I", grown, coded.head, coded.end - coded.head + len(content))
    return bytes(grown[: coded.end] + content + grown[coded.end :])


def in_the_last_item(data: bytes, content: bytes) -> bytes:
    """`content` behind the units of the item that lies last."""
    *_, places = found(data, b"meta", b"iloc")
    grown = bytearray(behind_pixels(data, content))
    (count,) = struct.unpack_from(">H", data, places.start + 6)
    last = max((struct.unpack_from(">I", data, at)[0], at) for at in range(places.start + 14, places.end, 14))[1]
    assert count
    struct.pack_into(">I", grown, last + 4, struct.unpack_from(">I", data, last + 4)[0] + len(content))
    return bytes(grown)


def _move(grown: bytearray, data: bytes, by: int, behind: int) -> None:
    *_, places = found(data, b"meta", b"iloc")
    for at in range(places.start + 14, places.end, 14):  # of Pillow's: one extent, four bytes for each number
        _moved(grown, at, by, behind)
    for moov in (one for one in boxes(data, 0, len(data)) if one.name == b"moov"):
        for track in (one for one in boxes(data, moov.start, moov.end) if one.name == b"trak"):
            at, end = track.start, track.end
            for name in (b"mdia", b"minf", b"stbl", b"stco"):
                inner = next(one for one in boxes(data, at, end) if one.name == name)
                at, end = inner.start, inner.end
            for place in range(at + 8, end, 4):
                _moved(grown, place, by, behind)


def _moved(grown: bytearray, at: int, by: int, behind: int) -> None:
    (offset,) = struct.unpack_from(">I", grown, at)
    if offset >= behind:
        struct.pack_into(">I", grown, at, offset + by)
