"""What stands between coded pixels in AV1's units and shows nothing (AV1 bitstream §5.3 to §5.8)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_SHOWN: Final = frozenset((1, 3, 4, 6, 7))
"""Types of units that decoders decode: the sequence's header, frames' headers and tiles."""
_MESSAGE, _PADDING = 5, 15
_LIGHT: Final = (1, 2)
"""Messages that tell how bright a picture is; they are no longer than `_LIGHT_LONGEST` bytes."""
_LIGHT_LONGEST: Final = 27
_HAS_EXTENSION, _HAS_SIZE = 0x04, 0x02
_ENDS: Final = 0x80
"""The bit behind which a unit's last zeros stand; a decoder looks for it."""


@dataclass(frozen=True, slots=True)
class Unit:
    """`head` is where it begins, bytes `start` to `end` are its content."""

    kind: int
    head: int
    start: int
    end: int


def without_words(coded: bytes) -> bytes:
    """As many bytes: units that carry messages, or nothing, become padding without content.

    What does not read as units stays as it is: only a decoder can tell what it does with it, and pixels are compared.
    """
    result = bytearray(coded)
    for unit in _units(coded):
        content = coded[unit.start : unit.end]
        if unit.kind in _SHOWN or not any(content) or _is_light(unit, content):
            continue
        result[unit.head] = coded[unit.head] & ~0x78 | _PADDING << 3
        result[unit.start : unit.end] = bytes((_ENDS,)).ljust(len(content), b"\0")
    return bytes(result)


def _is_light(unit: Unit, content: bytes) -> bool:
    return unit.kind == _MESSAGE and content[0] in _LIGHT and len(content) <= _LIGHT_LONGEST


def _units(coded: bytes) -> Iterator[Unit]:
    at = 0
    while at < len(coded):
        head = coded[at]
        start = at + (2 if head & _HAS_EXTENSION else 1)
        if not head & _HAS_SIZE:
            yield Unit(head >> 3 & 15, at, start, len(coded))
            return
        size, start = _size(coded, start)
        if start + size > len(coded):
            return
        yield Unit(head >> 3 & 15, at, start, start + size)
        at = start + size


def _size(coded: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the least first, and where it ends."""
    value = 0
    for index in range(8):
        byte = coded[at + index] if at + index < len(coded) else 0
        value |= (byte & 0x7F) << (7 * index)
        if not byte & 0x80:
            return value, at + index + 1
    return len(coded), at + 8
