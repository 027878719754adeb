"""The copyright notice inside a Photoshop block (IPTC-IIM record 2, dataset 116)."""

import struct
from collections.abc import Iterator
from typing import Final

_SIGNATURE: Final = b"Photoshop 3.0\0"
_RESOURCE: Final = b"8BIM"
_IPTC: Final = 0x0404
_CHARACTER_SET: Final = (1, 90)
_NOTICE: Final = (2, 116)
_LONGEST: Final = 0x7FFF


def copyright_only(payload: bytes) -> bytes | None:
    """The same kind of block with the notice (and its character set) alone; None where there is no notice."""
    found = [item for block in _iptc_blocks(payload) for item in datasets(block)]
    if not any((record, number) == _NOTICE for record, number, _ in found):
        return None
    wanted = [item for item in found if item[:2] in (_CHARACTER_SET, _NOTICE)]
    body = b"".join(struct.pack(">BBBH", 0x1C, record, number, len(text)) + text for record, number, text in wanted)
    header = _RESOURCE + struct.pack(">HHI", _IPTC, 0, len(body))
    return _SIGNATURE + header + body + b"\0" * (len(body) % 2)


def _iptc_blocks(payload: bytes) -> Iterator[bytes]:
    at = len(_SIGNATURE) if payload.startswith(_SIGNATURE) else len(payload)
    while payload[at : at + 4] == _RESOURCE and at + 7 <= len(payload):
        kind = int.from_bytes(payload[at + 4 : at + 6], "big")
        name = payload[at + 6] + 1
        at += 6 + name + name % 2
        size = int.from_bytes(payload[at : at + 4], "big")
        if kind == _IPTC:
            yield payload[at + 4 : at + 4 + size]
        at += 4 + size + size % 2


def datasets(block: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Record, number and value of each dataset of an IPTC block, up to the first that is damaged."""
    at = 0
    while at + 5 <= len(block) and block[at] == 0x1C:
        record, number, length = struct.unpack_from(">BBH", block, at + 1)
        if length > _LONGEST or at + 5 + length > len(block):
            return
        yield record, number, block[at + 5 : at + 5 + length]
        at += 5 + length
