"""`data:` URIs, decoded piece by piece. Source: spree.md, section 7."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from typing import Final

import pybase64

from app.apis.spree.body.texts import LongText, without_nul
from app.http.bodies.media_type import media_type

NAME: Final = "data"
"""What a file from a data URI is called."""

_DATA_URI: Final = re.compile(r"data:([-\w]+/[-\w+.]+)?;base64,")
_LONGEST_HEAD: Final = 1024  # characters before the base64
_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_FOREIGN: Final = bytes(set(range(256)) - set(_ALPHABET))
_PIECE: Final = 64 * 1024  # characters decoded at a time


def payload_start(text: str) -> int | None:
    """Where the base64 of a data URI begins, None for any other text."""
    found = _DATA_URI.match(text, 0, _LONGEST_HEAD)
    return None if found is None else found.end()


def declared(text: str) -> str | None:
    """The media type of a data URI, if it has one."""
    found = _DATA_URI.match(text, 0, _LONGEST_HEAD)
    return None if found is None else media_type(found[1])


async def decoded(text: str, start: int) -> AsyncIterator[bytes]:
    """The bytes of the base64 that begins at `start`; foreign characters are skipped, padding ends it. Unusable for a
    NUL, which the original refuses in any text."""
    left = b""
    for piece in _pieces(text, start):
        payload, padding, _ = piece.partition("=")
        left += payload.encode("ascii", "ignore").translate(None, _FOREIGN)
        whole = len(left) // 4 * 4
        if whole:
            yield pybase64.b64decode(left[:whole], validate=True)
        left = left[whole:]
        if padding:
            break
        await asyncio.sleep(0)  # others have their turn, also where nothing is in a piece
    if len(left) > 1:
        yield pybase64.b64decode(left + b"=" * (4 - len(left)), validate=True)


def _pieces(text: str, start: int) -> Iterator[str]:
    """A text from `start` on in short pieces."""
    for piece in text.pieces if isinstance(text, LongText) else (text,):
        for low in range(start, len(piece), _PIECE):
            yield without_nul(piece[low : low + _PIECE])
        start = max(0, start - len(piece))
