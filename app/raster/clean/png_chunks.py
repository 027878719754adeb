"""A PNG as a row of chunks."""

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from app.errors import ImageUndecodable
from app.raster.buffer import Buffer

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
END: Final = b"\0\0\0\0IEND\xae\x42\x60\x82"

_HEADER: Final = 13
_PIXELS: Final = (b"IDAT", b"fdAT")


@dataclass(frozen=True, slots=True)
class Chunk:
    """`start` to `end` are its body's place in the file; `sound` says that its checksum is right."""

    kind: bytes
    start: int
    end: int
    sound: bool


@dataclass(frozen=True, slots=True)
class Header:
    """What IHDR says: sides in pixels, bits of a sample, colour type, whether it is interlaced."""

    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool


def chunks(data: Buffer) -> Iterator[Chunk]:
    """Each chunk up to IEND, or to the end of a file that is cut off behind its pixels; ImageUndecodable elsewhere."""
    at, pixels = len(SIGNATURE), False
    while True:
        head = data[at : at + 8]
        kind, start, end = head[4:], at + 8, at + 8 + int.from_bytes(head[:4], "big")
        if kind == b"IEND" or (pixels and end > len(data)):
            return
        if len(head) < 8 or end > len(data):
            raise ImageUndecodable("png: a chunk runs past the end")
        yield Chunk(kind, start, end, _is_sound(data, kind, start, end))
        pixels |= kind == b"IDAT"
        at = end + 4


def _is_sound(data: Buffer, kind: bytes, start: int, end: int) -> bool:
    """That of pixels is not looked at: they have another one inside."""
    return kind in _PIXELS or zlib.crc32(data[start - 4 : end]).to_bytes(4, "big") == data[end : end + 4]


def header_of(data: Buffer) -> Header:
    """ImageUndecodable where the first chunk is no sound IHDR."""
    first = next(chunks(data), None)
    if first is None or first.kind != b"IHDR" or not first.sound or first.end - first.start != _HEADER:
        raise ImageUndecodable("png: no header")
    width, height, depth, colour, _, _, interlaced = struct.unpack_from(">IIBBBBB", data, first.start)
    return Header(width, height, depth, colour, bool(interlaced))


def written(pieces: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A file of these chunks (kind and body of each) and IEND."""
    parts = [SIGNATURE]
    for kind, body in pieces:
        parts += (struct.pack(">I", len(body)) + kind, body, struct.pack(">I", zlib.crc32(body, zlib.crc32(kind))))
    return b"".join((*parts, END))
