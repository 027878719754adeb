"""Reads the two Exif fields that a cleaned image keeps and writes a block that holds nothing else."""

import struct
from dataclasses import dataclass
from typing import Final

ORIENTATION: Final = 0x0112
COPYRIGHT: Final = 0x8298
HEADER: Final = b"Exif\0\0"

_BYTE, _ASCII, _SHORT, _LONG = 1, 2, 3, 4
_INTEGERS: Final = {_BYTE: "B", _SHORT: "H", _LONG: "I"}
_ENTRY: Final = 12
_LONGEST_COPYRIGHT: Final = 4096


@dataclass(frozen=True, slots=True)
class Kept:
    """`orientation` is 1…8; `copyright` holds the field's bytes without the closing zero."""

    orientation: int = 1
    copyright: bytes = b""


NOTHING: Final = Kept()


def parse(raw: bytes | None) -> Kept:
    """The fields to keep of an Exif block, with or without its `Exif` header; damage reads as absence."""
    body = (raw or b"").removeprefix(HEADER)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(body[:4])
    if order is None:
        return NOTHING
    fields = _first_directory(body, order)
    orientation = fields.get(ORIENTATION, 1)
    notice = fields.get(COPYRIGHT, b"")
    return Kept(
        orientation if isinstance(orientation, int) and orientation in range(1, 9) else 1,
        notice if isinstance(notice, bytes) else b"",
    )


def build(kept: Kept) -> bytes:
    """A TIFF block with what is worth keeping; empty when nothing is."""
    entries, notice = [], kept.copyright + b"\0" * (1 + (len(kept.copyright) + 1) % 2)
    if kept.orientation != 1:
        entries.append(struct.pack(">HHIHH", ORIENTATION, _SHORT, 1, kept.orientation, 0))
    if kept.copyright:
        offset = 8 + 2 + _ENTRY * (len(entries) + 1) + 4
        length = len(kept.copyright) + 1
        value = notice.ljust(4, b"\0") if length <= 4 else struct.pack(">I", offset)
        entries.append(struct.pack(">HHI", COPYRIGHT, _ASCII, length) + value)
        notice = b"" if length <= 4 else notice
    if not entries:
        return b""
    tail = notice if kept.copyright else b""
    return b"MM\0*\0\0\0\x08" + struct.pack(">H", len(entries)) + b"".join(entries) + bytes(4) + tail


def _first_directory(body: bytes, order: str) -> dict[int, int | bytes]:
    try:
        (start,) = struct.unpack_from(order + "I", body, 4)
        (count,) = struct.unpack_from(order + "H", body, start)
        starts = range(start + 2, start + 2 + count * _ENTRY, _ENTRY)
        return dict(_field(body, order, at) for at in starts if at + _ENTRY <= len(body))
    except struct.error:
        return {}


def _field(body: bytes, order: str, at: int) -> tuple[int, int | bytes]:
    tag, kind, count = struct.unpack_from(order + "HHI", body, at)
    if kind in _INTEGERS and count == 1:
        return tag, struct.unpack_from(order + _INTEGERS[kind], body, at + 8)[0]
    if tag != COPYRIGHT or kind != _ASCII or count > _LONGEST_COPYRIGHT:
        return tag, b""
    start = at + 8 if count <= 4 else struct.unpack_from(order + "I", body, at + 8)[0]
    return tag, bytes(body[start : start + count]).rstrip(b"\0 ")


def reduced(raw: bytes, *, keep_copyright: bool) -> bytes:
    """`raw` with nothing but the orientation and, where wanted, the copyright; empty when neither is set."""
    kept = parse(raw)
    return build(kept if keep_copyright else Kept(kept.orientation))
