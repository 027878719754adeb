"""JSON bodies. A picture in one, as a data URI, may be nearly all of it: it is cut out in slices, and the small rest
parsed at one go. Source: spree.md, section 7."""

import asyncio
import codecs
import json
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import orjson

from app.dialects.spree.errors import Malformed
from app.dialects.spree.texts import decoded_in_slices

_MUCH: Final = 256 * 1024  # bytes from which on it is worth looking for a picture
_SLICE: Final = 256 * 1024
_MOST_SIGNS: Final = 20_000  # what JSON may have of these, which is more than any document needs
_SIGNS: Final = (b",", b":", b"[", b"{")
_LONG_NUMBER: Final = re.compile(rb"\d{19}")
_LONGEST_NUMBER: Final = 30  # digits that are kept exactly
_PICTURE: Final = b'"data:'
_CONTROLS: Final = bytes(range(0x20))


async def read_json(chunks: AsyncIterator[bytes], charset: str | None) -> Any:
    """The value of a body, {} for an empty one; Malformed, Undecodable, and what `chunks` raises."""
    data = await _received(chunks)
    if charset:
        data = (await decoded_in_slices(data, charset)).encode()
    data = data.removeprefix(codecs.BOM_UTF8)
    cut = await _picture(data) if len(data) > _MUCH else None
    if cut is None:
        return _parsed(data) if data.strip() else {}
    start, end, picture = cut
    sign = secrets.token_hex(16)
    return _with(_parsed(data[:start] + sign.encode() + data[end:]), sign, picture)


async def _received(chunks: AsyncIterator[bytes]) -> bytes:
    """The body, refused while it arrives where it would make very many objects."""
    kept, signs = [], 0
    async for chunk in chunks:
        signs += sum(map(chunk.count, _SIGNS))
        if signs > _MOST_SIGNS:
            raise Malformed("JSON of too many values")
        kept.append(chunk)
    return b"".join(kept)


async def _picture(data: bytes) -> tuple[int, int, str] | None:
    """Where the text of a data URI begins and ends, and what it says; None where there is none that is plain.

    Quotes inside of a text have a backslash before them. So this one begins a text, or ends one: then no JSON follows,
    whatever is cut out of it.
    """
    quote = data.find(_PICTURE)
    end = data.find(b'"', quote + 1)
    if quote < 0 or end < 0 or data[quote - 1 : quote] == b"\\":
        return None
    pieces = []
    for piece in _slices(data, quote + 1, end):
        plain = piece.replace(b"\\/", b"/")
        if not plain.isascii() or b"\\" in plain or len(plain.translate(None, _CONTROLS)) < len(plain):
            return None
        pieces.append(plain.decode("ascii"))
        await asyncio.sleep(0)
    return quote + 1, end, "".join(pieces)


def _slices(data: bytes, start: int, end: int) -> Iterator[bytes]:
    """Cut behind no backslash."""
    while start < end:
        cut = min(start + _SLICE, end)
        cut -= cut < end and data[cut - 1 : cut] == b"\\"
        yield data[start:cut]
        start = cut


def _with(document: Any, sign: str, picture: str) -> Any:
    """The document with its picture where its sign is."""
    if isinstance(document, dict):
        for place in (document, document.get("image")):
            if isinstance(place, dict):
                place.update({key: picture for key, value in place.items() if value == sign})
    return document


def _parsed(text: bytes) -> Any:
    try:
        document = orjson.loads(text)
        # the fast parser rounds integers of more than 64 bits, and a refusal names the id that was asked for
        return json.loads(text, parse_int=_number) if _LONG_NUMBER.search(text) else document
    except (orjson.JSONDecodeError, RecursionError) as error:
        raise Malformed(str(error)) from None


def _number(digits: str) -> float:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else float(digits)
