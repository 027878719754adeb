"""Takes everything out of a WebP that is not needed to show it; coded frames stay as they are."""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Self

from app.errors import ImageUndecodable
from app.raster.buffer import Buffer
from app.raster.clean import exif, xmp
from app.raster.clean.profile import without_private
from app.raster.clean.result import Cleaned

_RIFF: Final = 12
_FRAME_HEADER: Final = 16
_STILL: Final = frozenset((b"VP8 ", b"VP8L", b"ALPH"))
_ORDERS: Final = (), (b"VP8 ",), (b"VP8L",), (b"ALPH", b"VP8 ")
"""In which the coded pixels of a picture may stand."""
_KEPT: Final = _STILL | {b"VP8X", b"ICCP", b"ANIM"}
_LENGTHS: Final = {b"VP8X": 10, b"ANIM": 6}
"""Of what is there beside pixels; nobody reads what follows."""
_FLAGS: Final = {b"EXIF": 0x08, b"XMP ": 0x04}
_SEE_THROUGH: Final = b"\x10\0\0\0"
"""What an extended header begins with where there is transparency, and nothing else beside pixels."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Coded pixels: `size` as the file tells it, 6 bytes; `parts` are its chunks, names and bodies."""

    size: bytes
    parts: tuple[tuple[bytes, bytes], ...]

    def shorter(self, place: int, length: int) -> Self:
        """With only so many bytes of one part."""
        name, body = self.parts[place]
        return replace(self, parts=(*self.parts[:place], (name, body[:length]), *self.parts[place + 1 :]))


def chunks(data: Buffer, at: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """Each chunk's name and body; ImageUndecodable when one runs past `end`."""
    while at + 8 <= end:
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + size > end:
            raise ImageUndecodable("webp: a chunk runs past the end")
        yield name, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def exif_of(data: Buffer) -> bytes | None:
    return next((body for name, body in _top(data) if name == b"EXIF"), None)


def clean(data: Buffer, *, keep_copyright: bool) -> Cleaned:
    """The same frames, timings, colour profile and orientation, and a copyright notice where wanted."""
    kept = [_reduced(name, body, keep_copyright=keep_copyright) for name, body in _top(data)]
    pairs = [(name, body) for name, body in kept if body]
    flags = sum(_FLAGS.get(name, 0) for name in {name for name, _ in pairs})
    parts = [chunk(name, _flagged(body, flags) if name == b"VP8X" else body) for name, body in pairs]
    frames = (body for name, body in pairs if name == b"ANMF")
    is_odd = _is_odd([name for name, _ in pairs]) or any(map(_is_odd_frame, frames))
    return Cleaned(_file(parts), is_odd, behind=max(0, len(data) - _end(data) - _end(data) % 2))


def _is_odd(names: list[bytes]) -> bool:
    """Whether what there may be once is there twice, or stands where decoders need not look for it."""
    once = [name for name in names if name in _KEPT]
    pixels = tuple(name for name in once if name in _STILL)
    misplaced = b"VP8X" in names[1:] or (pixels and b"ANMF" in names)
    return bool(misplaced) or len(set(once)) < len(once) or pixels not in _ORDERS


def _is_odd_frame(body: bytes) -> bool:
    return tuple(name for name, _ in chunks(body, _FRAME_HEADER, len(body))) not in _ORDERS[1:]


def _file(parts: list[bytes]) -> bytes:
    content = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(content)) + content


def frames(data: bytes) -> list[Frame]:
    """Those of a cleaned file, in order; a still picture is one."""
    top = list(_top(data))
    canvas = next((body[4:10] for name, body in top if name == b"VP8X"), b"")
    still = tuple(part for part in top if part[0] in _STILL)
    moving = [Frame(body[6:12], tuple(chunks(body, _FRAME_HEADER, len(body)))) for name, body in top if name == b"ANMF"]
    return [Frame(canvas, still), *moving] if still else moving


def with_frames(data: bytes, changed: Iterable[Frame]) -> bytes:
    """The cleaned file with the coded pixels of these frames in place of its own."""
    frame = iter(changed)
    still = iter(next(frame).parts) if any(name in _STILL for name, _ in _top(data)) else iter(())

    def replaced(name: bytes, body: bytes) -> bytes:
        if name in _STILL:
            return chunk(*next(still))
        if name == b"ANMF":
            return chunk(name, body[:_FRAME_HEADER] + b"".join(chunk(*part) for part in next(frame).parts))
        return chunk(name, body)

    return _file([replaced(*one) for one in _top(data)])


def alone(frame: Frame) -> bytes:
    """A still picture of one frame."""
    see_through = any(name == b"ALPH" for name, _ in frame.parts)
    head = [chunk(b"VP8X", _SEE_THROUGH + frame.size)] if see_through else []
    return _file(head + [chunk(*part) for part in frame.parts])


def _end(data: Buffer) -> int:
    return 8 + int.from_bytes(data[4:8], "little")


def _top(data: Buffer) -> Iterator[tuple[bytes, bytes]]:
    end = _end(data)
    if end > len(data):
        raise ImageUndecodable("webp: cut short")
    return chunks(data, _RIFF, end)


def _reduced(name: bytes, body: bytes, *, keep_copyright: bool) -> tuple[bytes, bytes]:
    if name == b"ICCP":
        return name, without_private(body)
    if name in _KEPT:
        return name, body[: _LENGTHS.get(name)]
    if name == b"ANMF":
        inner = chunks(body, _FRAME_HEADER, len(body))
        return name, body[:_FRAME_HEADER] + b"".join(chunk(part, data) for part, data in inner if part in _STILL)
    if name == b"EXIF":
        return name, exif.reduced(body, keep_copyright=keep_copyright)
    if name == b"XMP " and keep_copyright:
        return name, xmp.copyright_only(body)
    return name, b""


def _flagged(body: bytes, flags: int) -> bytes:
    """The extended header, telling truly which metadata follow."""
    return bytes((body[0] & ~sum(_FLAGS.values()) | flags,)) + body[1:]


def chunk(name: bytes, body: bytes) -> bytes:
    """As a file of RIFF has it: its length in four bytes, and padded to an even one."""
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
