"""Chunks of a body in pieces after each of which others have their turn."""

from collections.abc import Iterator
from typing import Final

JSON_MARKS: Final = (b'"', b"\\", b",", b":", b"[", b"{", b"]", b"}")
_PIECE: Final = 64 * 1024  # decoded in less than a millisecond
_MOST_MARKS: Final = 128
"""Marks in a piece, each of which may cost some microseconds."""


def pieces(chunk: bytes, marks: tuple[bytes, ...]) -> Iterator[bytes]:
    """A chunk in pieces that take about the same time to decode: what costs are the marks between values."""
    for start in range(0, len(chunk), _PIECE):
        yield from _halved(chunk[start : start + _PIECE], marks)


def _halved(piece: bytes, marks: tuple[bytes, ...]) -> Iterator[bytes]:
    if len(piece) <= _MOST_MARKS or _count(piece, marks) <= _MOST_MARKS:
        yield piece
        return
    middle = len(piece) // 2
    yield from _halved(piece[:middle], marks)
    yield from _halved(piece[middle:], marks)


def _count(piece: bytes, marks: tuple[bytes, ...]) -> int:
    """Looking whether there are any takes a thirtieth of counting them: base64 has none, and is nearly all there is."""
    return sum(piece.count(mark) for mark in marks if mark in piece)
