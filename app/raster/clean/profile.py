"""Takes out of an ICC profile what tells of its owner's machine and no colour engine reads (ICC.1:2022)."""

import struct
from collections.abc import Sequence
from typing import Final, NamedTuple

_HEADER: Final = 128
_SIZE_AT, _SIGNATURE_AT, _ID_AT = 0, 36, 84
_ENTRY: Final = 12
_MOST_TAGS: Final = 256
_PUBLIC: Final = frozenset(
    b"desc cprt dmnd dmdd vued tech view lumi meas wtpt bkpt chad chrm cicp rXYZ gXYZ bXYZ rTRC gTRC bTRC kTRC "
    b"A2B0 A2B1 A2B2 B2A0 B2A1 B2A2 D2B0 D2B1 D2B2 D2B3 B2D0 B2D1 B2D2 B2D3 A2B3 B2A3 gamt pre0 pre1 pre2 "
    b"ncol ncl2 clro clrt clot ciis rig0 rig2 resp pseq psid aarg aagg aabg".split()
)
"""What colours are reckoned with, and what a profile must say of itself. Not among them: serial numbers and names of
screens (`mmod`, `dscm`), their calibration (`vcgt`, `ndin`, `calt`), measurements and notes of the maker."""


class _Tag(NamedTuple):
    name: bytes
    start: int
    size: int


def without_private(profile: bytes) -> bytes:
    """The profile without private tags, its other tags byte for byte; as it is where there are none, or where it is
    no profile."""
    tags = _tags(profile)
    kept = [tag for tag in tags if tag.name in _PUBLIC]
    return profile if len(kept) == len(tags) else _written(profile, kept)


def _tags(profile: bytes) -> Sequence[_Tag]:
    """None at all where the table is broken."""
    if profile[_SIGNATURE_AT : _SIGNATURE_AT + 4] != b"acsp" or len(profile) < _HEADER + 4:
        return ()
    (count,) = struct.unpack_from(">I", profile, _HEADER)
    if count > _MOST_TAGS or _HEADER + 4 + count * _ENTRY > len(profile):
        return ()
    entries = profile[_HEADER + 4 : _HEADER + 4 + count * _ENTRY]
    tags = [_Tag(*fields) for fields in struct.iter_unpack(">4sII", entries)]
    return tags if all(tag.start + tag.size <= len(profile) for tag in tags) else ()


def _written(profile: bytes, tags: Sequence[_Tag]) -> bytes:
    """Tags that shared their data still do. The checksum in the header becomes none."""
    at = _HEADER + 4 + _ENTRY * len(tags)
    places: dict[tuple[int, int], int] = {}
    table, body = struct.pack(">I", len(tags)), b""
    for tag in tags:
        span = tag.start, tag.size
        if span not in places:
            places[span] = at + len(body)
            data = profile[tag.start : tag.start + tag.size]
            body += data + bytes(-len(data) % 4)
        table += struct.pack(">4sII", tag.name, places[span], tag.size)
    head = bytearray(profile[:_HEADER])
    struct.pack_into(">I", head, _SIZE_AT, at + len(body))
    head[_ID_AT : _ID_AT + 16] = bytes(16)
    return bytes(head) + table + body
