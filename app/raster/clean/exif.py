"""Reads the Exif fields that a cleaned image keeps and writes a block that holds nothing else."""

import struct
from dataclasses import dataclass, replace
from typing import Final

ORIENTATION: Final = 0x0112
COPYRIGHT: Final = 0x8298
HEADER: Final = b"Exif\0\0"

_EXIF, _INTEROPERABILITY = 0x8769, 0xA005
"""Where further directories begin."""
_COLOUR_SPACE, _RULES = 0xA001, 0x0001
_UNCALIBRATED: Final = 0xFFFF
_OPTIONAL_FILE: Final = b"R03"
"""Rules under which colours that are not sRGB are Adobe RGB (DCF 2.0)."""

_BYTE, _ASCII, _SHORT, _LONG = 1, 2, 3, 4
_INTEGERS: Final = {_BYTE: "B", _SHORT: "H", _LONG: "I"}
_TEXTS: Final = (COPYRIGHT, _RULES)
_ENTRY: Final = 12
_LONGEST_TEXT: Final = 4096

Entry = tuple[int, int, int, bytes]
"""Tag, type, count and value, which is padded or too long for its place."""


@dataclass(frozen=True, slots=True)
class Kept:
    """`orientation` is 1…8; `copyright` holds the field's bytes without the closing zero."""

    orientation: int = 1
    copyright: bytes = b""
    adobe_rgb: bool = False


NOTHING: Final = Kept()


def parse(raw: bytes | None) -> Kept:
    """The fields to keep of an Exif block, with or without its `Exif` header; damage reads as absence."""
    body = (raw or b"").removeprefix(HEADER)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(body[:4])
    if order is None or len(body) < 8:
        return NOTHING
    fields = _directory(body, order, struct.unpack_from(order + "I", body, 4)[0])
    orientation = fields.get(ORIENTATION, 1)
    notice = fields.get(COPYRIGHT, b"")
    return Kept(
        orientation if isinstance(orientation, int) and orientation in range(1, 9) else 1,
        notice if isinstance(notice, bytes) else b"",
        _is_adobe_rgb(body, order, fields.get(_EXIF)),
    )


def build(kept: Kept) -> bytes:
    """A TIFF block with what is worth keeping; empty when nothing is."""
    entries: list[Entry] = []
    if kept.orientation != 1:
        entries.append((ORIENTATION, _SHORT, 1, struct.pack(">H", kept.orientation)))
    if kept.copyright:
        entries.append((COPYRIGHT, _ASCII, len(kept.copyright) + 1, kept.copyright + b"\0"))
    further = b""
    if kept.adobe_rgb:
        behind = 8 + len(_written([*entries, _pointer(_EXIF, 0)], 8))
        entries.append(_pointer(_EXIF, behind))
        further = _adobe_rgb(behind)
    return b"MM\0*\0\0\0\x08" + _written(entries, 8) + further if entries else b""


def reduced(raw: bytes, *, keep_copyright: bool) -> bytes:
    """`raw` with the orientation, the colour space and, where wanted, the copyright; empty when nothing is set."""
    kept = parse(raw)
    return build(kept if keep_copyright else replace(kept, copyright=b""))


def _is_adobe_rgb(body: bytes, order: str, start: int | bytes | None) -> bool:
    if not isinstance(start, int):
        return False
    fields = _directory(body, order, start)
    rules = fields.get(_INTEROPERABILITY)
    if fields.get(_COLOUR_SPACE) != _UNCALIBRATED or not isinstance(rules, int):
        return False
    return _directory(body, order, rules).get(_RULES) == _OPTIONAL_FILE


def _adobe_rgb(at: int) -> bytes:
    """The two directories that tell it, to stand at this place."""
    colours: list[Entry] = [
        (_COLOUR_SPACE, _SHORT, 1, struct.pack(">H", _UNCALIBRATED)),
        _pointer(_INTEROPERABILITY, 0),
    ]
    behind = at + len(_written(colours, at))
    colours[-1] = _pointer(_INTEROPERABILITY, behind)
    return _written(colours, at) + _written([(_RULES, _ASCII, 4, _OPTIONAL_FILE + b"\0")], behind)


def _pointer(tag: int, to: int) -> Entry:
    return tag, _LONG, 1, struct.pack(">I", to)


def _written(entries: list[Entry], at: int) -> bytes:
    """A directory, to stand at this place, with the values that are too long for their entries behind it."""
    tail, behind = b"", at + 2 + _ENTRY * len(entries) + 4
    lines = []
    for tag, kind, count, value in entries:
        place = value.ljust(4, b"\0")
        if len(value) > 4:
            place = struct.pack(">I", behind + len(tail))
            tail += value + bytes(len(value) % 2)
        lines.append(struct.pack(">HHI", tag, kind, count) + place)
    return struct.pack(">H", len(entries)) + b"".join(lines) + bytes(4) + tail


def _directory(body: bytes, order: str, start: int) -> dict[int, int | bytes]:
    try:
        (count,) = struct.unpack_from(order + "H", body, start)
        starts = range(start + 2, start + 2 + count * _ENTRY, _ENTRY)
        return dict(_field(body, order, at) for at in starts if at + _ENTRY <= len(body))
    except struct.error:
        return {}


def _field(body: bytes, order: str, at: int) -> tuple[int, int | bytes]:
    tag, kind, count = struct.unpack_from(order + "HHI", body, at)
    if kind in _INTEGERS and count == 1:
        return tag, struct.unpack_from(order + _INTEGERS[kind], body, at + 8)[0]
    if tag not in _TEXTS or kind != _ASCII or count > _LONGEST_TEXT:
        return tag, b""
    start = at + 8 if count <= 4 else struct.unpack_from(order + "I", body, at + 8)[0]
    return tag, bytes(body[start : start + count]).rstrip(b"\0 ")
