"""Puts a packet of marks into a cleaned original, whose coded pixels stay as they are."""

import struct
import zlib
from typing import Final

from app.model import Facts
from app.raster.buffer import Buffer
from app.raster.clean import avif, gif, webp

_JPEG_SPACE: Final = b"http://ns.adobe.com/xap/1.0/\0"
_JPEG_FIRST: Final = (0xE0, 0xE1)
"""Segments that readers want in front: JFIF and Exif."""
_PNG_HEAD: Final = 8 + 12 + 13
"""Of the signature and IHDR, in bytes."""
_PNG_KEYWORD: Final = b"XML:com.adobe.xmp\0\0\0\0\0"
_GIF_HEAD: Final = b"\x21\xff\x0bXMP DataXMP"
_GIF_TRAILER: Final = b"\1" + bytes(range(255, -1, -1)) + b"\0"
"""Wherever a reader that counts in blocks falls into it, it is led to its end."""
_WEBP_HEAD: Final = 12
_WEBP_EXTENDED: Final = b"VP8X"
_HAS_XMP, _HAS_ALPHA = 0x04, 0x10


def embedded(data: bytes, facts: Facts, packet: bytes, upload: Buffer = b"") -> bytes:
    """The file with the packet; unchanged where that is empty. An AVIF has room for it only where `upload`, whose
    places it keeps, had a packet."""
    if not packet:
        return data
    match facts.format:
        case "jpeg":
            return _jpeg(data, packet)
        case "png":
            return in_png(data, packet)
        case "gif":
            return in_gif(data, packet)
        case "webp":
            return _webp(data, facts, packet)
        case "avif":
            return avif.with_packet(data, upload, packet)


def in_png(data: bytes, packet: bytes) -> bytes:
    """Behind the header, where all readers look."""
    kind, body = b"iTXt", _PNG_KEYWORD + packet
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return data[:_PNG_HEAD] + chunk + data[_PNG_HEAD:]


def in_gif(data: bytes, packet: bytes) -> bytes:
    """Behind the screen; extensions are a matter of 1989."""
    at = gif.header_length(data)
    return b"GIF89a" + data[6:at] + _GIF_HEAD + packet + _GIF_TRAILER + data[at:]


def _jpeg(data: bytes, packet: bytes) -> bytes:
    at = 2
    while data[at] == 0xFF and data[at + 1] in _JPEG_FIRST:
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    payload = _JPEG_SPACE + packet
    return data[:at] + struct.pack(">BBH", 0xFF, 0xE1, len(payload) + 2) + payload + data[at:]


def _webp(data: bytes, facts: Facts, packet: bytes) -> bytes:
    """As its last chunk, told by the extended header, which a plain file does not have yet."""
    chunks = data[_WEBP_HEAD:]
    if not chunks.startswith(_WEBP_EXTENDED):
        size = (facts.width - 1).to_bytes(3, "little") + (facts.height - 1).to_bytes(3, "little")
        chunks = webp.chunk(_WEBP_EXTENDED, bytes((_HAS_ALPHA * facts.has_alpha, 0, 0, 0)) + size) + chunks
    content = b"WEBP" + chunks[:8] + bytes((chunks[8] | _HAS_XMP,)) + chunks[9:] + webp.chunk(b"XMP ", packet)
    return b"RIFF" + struct.pack("<I", len(content)) + content
