"""Takes everything out of a JPEG that is not needed to show it, without touching its scans."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.errors import ImageUndecodable
from app.raster import exif, iptc, xmp
from app.raster.buffer import Buffer

_SOI, _EOI, _SOS, _COM = 0xD8, 0xD9, 0xDA, 0xFE
_APP0, _APP1, _APP2, _APP13, _APP14 = 0xE0, 0xE1, 0xE2, 0xED, 0xEE
_BARE: Final = frozenset((0x01, *range(0xD0, 0xD8)))
_CODING: Final = frozenset((*range(0xC0, 0xD0), _SOS, 0xDB, 0xDC, 0xDD))
"""Frames, tables, scans, restart intervals: what the decoder works with."""

_MARKER: Final = re.compile(rb"\xff[^\x00\xff]")
_SCAN_END: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_JFIF_LENGTH, _ADOBE_LENGTH = 14, 12
_ICC: Final = b"ICC_PROFILE\0"
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"


@dataclass(frozen=True, slots=True)
class Segment:
    """A marker with its payload; a scan's `data` are the coded bytes that follow its payload."""

    marker: int
    payload: bytes
    data: bytes = b""


def segments(data: Buffer, *, scans: bool = True) -> Iterator[Segment]:
    """From the first marker behind SOI to the last before EOI, or to the end of a file cut off inside a scan.

    Without `scans` only to the first scan. ImageUndecodable when the file ends before that.
    """
    at, scanned = 2, False
    while (found := _MARKER.search(data, at)) is not None:
        marker, at = data[found.start() + 1], found.end()
        if marker == _EOI:
            break
        if marker in _BARE or marker == _SOI:
            continue
        payload = _payload(data, at, scanned=scanned)
        if payload is None:
            return
        at += 2 + len(payload)
        coded = b""
        if marker == _SOS and not scans:
            return
        if marker == _SOS:
            scanned, end = True, _scan_end(data, at)
            coded, at = data[at:end], end
        yield Segment(marker, payload, coded)
    if not scanned:
        raise ImageUndecodable("jpeg: no scan")


def exif_of(data: Buffer) -> bytes | None:
    """The first Exif block in front of the scans."""
    for segment in segments(data, scans=False):
        if segment.marker == _APP1 and segment.payload.startswith(exif.HEADER):
            return segment.payload
    return None


def clean(data: Buffer, *, keep_copyright: bool) -> bytes:
    """The same scans, colour markers and orientation, and a copyright notice where wanted; nothing else."""
    parts = [b"\xff\xd8"]
    for segment in segments(data):
        payload = _kept(segment, keep_copyright=keep_copyright)
        if payload is not None:
            parts += (struct.pack(">BBH", 0xFF, segment.marker, len(payload) + 2), payload, segment.data)
    parts.append(b"\xff\xd9")
    return b"".join(parts)


def _payload(data: Buffer, at: int, *, scanned: bool) -> bytes | None:
    """None where the file ends inside a segment behind its first scan."""
    length = int.from_bytes(data[at : at + 2], "big")
    if length < 2 or at + length > len(data):
        if scanned:
            return None
        raise ImageUndecodable("jpeg: a segment runs past the end")
    return data[at + 2 : at + length]


def _scan_end(data: Buffer, at: int) -> int:
    found = _SCAN_END.search(data, at)
    return found.start() if found else len(data)


def _kept(segment: Segment, *, keep_copyright: bool) -> bytes | None:
    """What stays of a segment's payload; None where the whole segment goes."""
    payload = segment.payload
    if segment.marker in _CODING:
        return payload
    match segment.marker:
        case 0xE0 if payload.startswith(b"JFIF\0") and len(payload) >= _JFIF_LENGTH:
            return payload[: _JFIF_LENGTH - 2] + b"\0\0"  # a thumbnail of no pixels
        case 0xE1 if payload.startswith(exif.HEADER):
            block = exif.reduced(payload, keep_copyright=keep_copyright)
            return exif.HEADER + block if block else None
        case 0xE1 if payload.startswith(_XMP) and keep_copyright:
            packet = xmp.copyright_only(payload)
            return _XMP + packet if packet else None
        case 0xE2 if payload.startswith(_ICC):
            return payload
        case 0xED if keep_copyright:
            return iptc.copyright_only(payload)
        case 0xEE if payload.startswith(b"Adobe"):
            return payload[:_ADOBE_LENGTH]
        case _:
            return None
