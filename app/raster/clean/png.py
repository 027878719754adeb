"""Takes everything out of a PNG that is not needed to show it; the compressed pixels stay as they are."""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from app.errors import ImageUndecodable
from app.raster import exif, xmp
from app.raster.buffer import Buffer

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"

_KEPT: Final = frozenset(
    b"IHDR PLTE IDAT IEND tRNS acTL fcTL fdAT "  # pixels and animation
    b"gAMA cHRM sRGB iCCP cICP mDCV cLLI sBIT "  # colour
    b"bKGD pHYs".split()  # presentation
)
_TEXT: Final = (b"tEXt", b"zTXt", b"iTXt")
_NOTICE: Final = b"Copyright\0"
_XMP: Final = b"XML:com.adobe.xmp\0\0\0\0\0"


def chunks(data: Buffer) -> Iterator[tuple[bytes, int, int]]:
    """Each chunk's type with the start and end of its body, up to and with IEND; ImageUndecodable when cut short."""
    at = len(SIGNATURE)
    while True:
        head = data[at : at + 8]
        length = int.from_bytes(head[:4], "big")
        start, end = at + 8, at + 8 + length
        if len(head) < 8 or end + 4 > len(data):
            raise ImageUndecodable("png: a chunk runs past the end")
        yield head[4:], start, end
        if head[4:] == b"IEND":
            return
        at = end + 4


def exif_of(data: Buffer) -> bytes | None:
    return next((data[start:end] for kind, start, end in chunks(data) if kind == b"eXIf"), None)


def clean(data: Buffer, *, keep_copyright: bool) -> bytes:
    """The same pixels, colour and orientation, and a copyright notice where wanted; nothing behind IEND."""
    parts = [SIGNATURE]
    for kind, start, end in chunks(data):
        if kind in _KEPT:
            parts.append(data[start - 8 : end + 4])
        elif kind == b"eXIf":
            parts.append(_chunk(kind, exif.reduced(data[start:end], keep_copyright=keep_copyright)))
        elif kind in _TEXT and keep_copyright:
            parts.append(_chunk(kind, _notice(data[start:end])))
    return b"".join(parts)


def _notice(text: bytes) -> bytes:
    """What a text chunk says of copyright; empty where it says nothing."""
    if text.startswith(_NOTICE):
        return text
    packet = xmp.copyright_only(text) if text.startswith(_XMP) else b""
    return _XMP + packet if packet else b""


def _chunk(kind: bytes, body: bytes) -> bytes:
    if not body:
        return b""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
