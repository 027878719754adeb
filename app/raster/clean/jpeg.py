"""Takes everything out of a JPEG that is not needed to show it, without touching its scans."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.errors import ImageUndecodable
from app.raster.buffer import Buffer
from app.raster.clean import exif, iptc, xmp
from app.raster.clean.profile import without_private
from app.raster.clean.result import Cleaned

_SOI, _EOI, _SOS, _COM = 0xD8, 0xD9, 0xDA, 0xFE
_APP0, _APP1, _APP2, _APP13, _APP14 = 0xE0, 0xE1, 0xE2, 0xED, 0xEE
_BARE: Final = frozenset((0x01, *range(0xD0, 0xD8)))
_CODING: Final = frozenset((*range(0xC0, 0xD0), _SOS, 0xDB, 0xDC, 0xDD))
"""Frames, tables, scans, restart intervals: what the decoder works with."""
_BETWEEN_SCANS: Final = frozenset((0xC4, 0xCC, _SOS, 0xDB, 0xDC, 0xDD, *range(0xE0, 0xF0), _COM))
"""Segments that may follow a scan; all others inside its coded bytes are damage, over which decoders go on."""

_MARKER: Final = re.compile(rb"\xff[^\x00\xff]")
_NEXT: Final = re.compile(rb"\xff+[^\x00\xff]")
_IN_SCAN: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_DNL: Final = 0xDC
_JFIF_LENGTH, _ADOBE_LENGTH, _LINES_LENGTH = 14, 12, 2
_ICC: Final = b"ICC_PROFILE\0"
_LARGEST_PIECE: Final = 65519
"""Bytes of a profile that fit into one segment."""
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"


@dataclass(frozen=True, slots=True)
class Segment:
    """A marker with its payload; a scan's `data` are the coded bytes that follow its payload."""

    marker: int
    payload: bytes
    data: bytes = b""


class Walk:
    """Through a JPEG, segment by segment. Behind the last one `doubtful` tells whether there was anything that a
    decoder may take in another way, `closed` whether the file came to its proper end, and `behind` how many bytes
    follow that."""

    def __init__(self, data: Buffer) -> None:
        self._data = data
        self.doubtful = False
        self.closed = False
        self.behind = 0

    def segments(self, *, scans: bool = True) -> Iterator[Segment]:
        """From the first marker behind SOI to the last before EOI, or to the end of a file cut off inside a scan.

        Without `scans` only to the first scan's own segment, whose coded bytes are left out. ImageUndecodable when the
        file ends before that.
        """
        at, scanned = 2, False
        while (marker := self._next_marker(at)) is not None and marker[0] != _EOI:
            kind, at = marker
            if kind in _BARE or kind == _SOI:
                self.doubtful = True
                continue
            payload = self._payload(at, scanned=scanned)
            if payload is None:
                return
            at += 2 + len(payload)
            coded = b""
            if kind == _SOS and scans:
                end = self._scan_end(at)
                coded, at = self._data[at:end], end
            scanned |= kind == _SOS
            yield Segment(kind, payload, coded)
            if scanned and not scans:
                return
        if not scanned:
            raise ImageUndecodable("jpeg: no scan")
        self.closed = marker is not None
        self.behind = len(self._data) - marker[1] if marker else 0

    def _next_marker(self, at: int) -> tuple[int, int] | None:
        """The marker next behind `at`, and where what belongs to it begins."""
        found = _MARKER.search(self._data, at)
        if found is None:
            return None
        self.doubtful |= bool(self._data[at : found.start()].strip(b"\xff"))
        return self._data[found.start() + 1], found.end()

    def _payload(self, at: int, *, scanned: bool) -> bytes | None:
        """None where the file ends inside a segment behind its first scan."""
        length = int.from_bytes(self._data[at : at + 2], "big")
        if length < 2 or at + length > len(self._data):
            if scanned:
                self.doubtful = True
                return None
            raise ImageUndecodable("jpeg: a segment runs past the end")
        return self._data[at + 2 : at + length]

    def _scan_end(self, at: int) -> int:
        """Where the coded bytes end: at a marker that may follow them and leads on to another one.

        What only looks like a marker is damage, which decoders leave behind at the next restart.
        """
        while (found := _IN_SCAN.search(self._data, at)) is not None:
            if self._ends_scan(found.start()):
                return found.start()
            self.doubtful = True
            at = found.end()
        return len(self._data)

    def _ends_scan(self, at: int) -> bool:
        marker = self._data[at + 1]
        if marker not in _BETWEEN_SCANS:
            return marker == _EOI
        length = int.from_bytes(self._data[at + 2 : at + 4], "big")
        return length >= 2 and _NEXT.match(self._data, at + 2 + length) is not None


def exif_of(data: Buffer) -> bytes | None:
    """The first Exif block in front of the scans."""
    for segment in Walk(data).segments(scans=False):
        if segment.marker == _APP1 and segment.payload.startswith(exif.HEADER):
            return segment.payload
    return None


def header(data: Buffer) -> bytes:
    """What says how large the picture is and how it is coded, without any of its coded bytes."""
    kept = ((segment, _kept(segment, keep_copyright=False)) for segment in Walk(data).segments(scans=False))
    return b"\xff\xd8" + b"".join(_segment(one.marker, payload) for one, payload in kept if payload is not None)


def clean(data: Buffer, *, keep_copyright: bool) -> Cleaned:
    """The same scans, colour markers and orientation, and a copyright notice where wanted; nothing else."""
    walk, parts, coded = Walk(data), [b"\xff\xd8"], []
    at = len(parts[0])
    for segment in _with_public_profile(list(walk.segments())):
        payload = _kept(segment, keep_copyright=keep_copyright)
        if payload is not None:
            parts += (_segment(segment.marker, payload), segment.data)
            at += 4 + len(payload) + len(segment.data)
            if segment.marker == _SOS:
                coded.append((at - len(segment.data), at))
    parts.append(b"\xff\xd9")
    return Cleaned(b"".join(parts), walk.doubtful, walk.closed, coded=tuple(coded), behind=walk.behind)


def _with_public_profile(segments: list[Segment]) -> list[Segment]:
    """A profile lies in one segment or several, each with its number and how many there are."""
    of_profile = [one for one in segments if one.marker == _APP2 and one.payload.startswith(_ICC)]
    numbers = [tuple(one.payload[len(_ICC) : len(_ICC) + 2]) for one in of_profile]
    if numbers != [(place, len(numbers)) for place in range(1, len(numbers) + 1)]:
        return segments
    profile = b"".join(one.payload[len(_ICC) + 2 :] for one in of_profile)
    public = without_private(profile)
    if public == profile:
        return segments
    pieces = [public[at : at + _LARGEST_PIECE] for at in range(0, len(public), _LARGEST_PIECE)]
    first = segments.index(of_profile[0])
    rest = [one for one in segments if one not in of_profile]
    written = (_ICC + bytes((place, len(pieces))) + piece for place, piece in enumerate(pieces, start=1))
    rest[first:first] = [Segment(_APP2, payload) for payload in written]
    return rest


def _segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def _kept(segment: Segment, *, keep_copyright: bool) -> bytes | None:
    """What stays of a segment's payload; None where the whole segment goes."""
    payload = segment.payload
    if segment.marker in _CODING:
        return payload[:_LINES_LENGTH] if segment.marker == _DNL else payload
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
