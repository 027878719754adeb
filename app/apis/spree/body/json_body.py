"""JSON bodies, read as they come: long texts, such as a picture as a data URI, are taken out in slices, and the rest,
which is small, is parsed at one go. Source: spree.md, section 7."""

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator
from itertools import count
from typing import Any, Final

import orjson

from app.apis.spree.body.texts import LongText, decoded_pieces
from app.apis.spree.errors import Malformed, Undecodable
from app.errors import BodyTooLarge

_MOST_SIGNS: Final = 20_000  # what JSON may have of these, which is more than any document needs
_SIGNS: Final = (b",", b":", b"[", b"{")
_SHORT: Final = 1024  # bytes of a text that are no trouble
_SHORTER: Final = 64  # where there are many of them
_MUCH: Final = 128 * 1024  # bytes of texts that are short
_MOST_REST: Final = 1024 * 1024
"""Most bytes of a body without its long texts, parsed in four milliseconds: what few signs hold together is less."""
_LITTLE: Final = 32 * 1024  # bytes that the slow parser reads in less than a millisecond
_LONG_NUMBER: Final = re.compile(rb"[0-9]{19}")
_LONGEST_NUMBER: Final = 30  # digits that are kept exactly
_STEPS: Final = 500  # texts and what is between them, read in a millisecond
_BLANKS: Final = re.compile(rb"[ \t\r\n]{16,}")
_UNITS: Final = re.compile(
    rb'(?:[^"\\]++|\\[^u]|\\u(?![dD][89abAB])[0-9a-fA-F]{4}'
    rb"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})*+"
)
"""Whole characters and escapes, behind each of which a text may be cut."""
_LONGEST_UNIT: Final = 12  # a surrogate pair, escaped


async def read_json(chunks: AsyncIterator[bytes], charset: str | None) -> Any:
    """The value of a body, {} for an empty one; Malformed, Undecodable, and what `chunks` raises. BodyTooLarge where it
    has much besides long texts, of which those deeper than all that anybody reads are left out."""
    reader = _Reader()
    try:
        async for piece in decoded_pieces(_few_signs(chunks), charset):
            await reader.feed(piece.encode())
    except Undecodable as error:
        raise error if charset else Malformed(str(error)) from None
    rest = reader.finish()
    document = _parsed(rest) if rest.strip() else {}
    if len(rest) > _LITTLE:
        await asyncio.sleep(0)
    if reader.has_long_number:
        # the fast parser rounds integers of more than 64 bits, and a refusal names the id that was asked for
        document = _exactly(rest) if len(rest) <= _LITTLE else await asyncio.to_thread(_exactly, rest)
    return _with(document, reader.texts)


async def _few_signs(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The body, refused while it arrives where it would make very many objects."""
    signs = 0
    async for chunk in chunks:
        signs += sum(map(chunk.count, _SIGNS))
        if signs > _MOST_SIGNS:
            raise Malformed("JSON of too many values")
        yield chunk


class _Reader:
    """Fed with pieces of a document, none of which ends within a character. `texts`: the long ones by the sign that
    stands for each in what `finish` gives."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.has_long_number = False
        self._sign = secrets.token_hex(16)
        self._rest = bytearray()
        self._unread = b""
        self._in_text = False
        self._held = bytearray()  # the beginning of the text that is being read
        self._pieces: list[str] = []  # the same, decoded, of a long one

    async def feed(self, piece: bytes) -> None:
        data, position = self._unread + piece, 0
        for step in count(1):
            end = self._text(data, position) if self._in_text else self._between(data, position)
            if end in (position, len(data)):
                self._unread = data[end:]
                break
            position = end
            if step % _STEPS == 0:
                await asyncio.sleep(0)
        if len(self._rest) > _MOST_REST:
            raise BodyTooLarge(f"more than {_MOST_REST} bytes besides long texts")

    def finish(self) -> bytes:
        if self._unread or self._in_text:
            raise Malformed("a text without an end")
        return bytes(self._rest)

    def _between(self, data: bytes, position: int) -> int:
        quote = data.find(b'"', position)
        end = len(data) if quote < 0 else quote + 1
        before = max(0, len(self._rest) - 18)  # a number may have begun in the piece before
        self._rest += _BLANKS.sub(b" ", data[position:end])
        self.has_long_number = self.has_long_number or _LONG_NUMBER.search(self._rest, before) is not None
        self._in_text = quote >= 0
        return end

    def _text(self, data: bytes, position: int) -> int:
        match = _UNITS.match(data, position)
        end = match.end() if match else position
        self._held += data[position:end]
        if self._pieces or len(self._held) > (_SHORT if len(self._rest) < _MUCH else _SHORTER):
            self._unload()
        if data[end : end + 1] == b'"':
            self._end_text()
            return end + 1
        if len(data) - end >= _LONGEST_UNIT:
            raise Malformed("an escape that is none")
        return end

    def _unload(self) -> None:
        if self._held:
            self._pieces.append(_parsed(b'"' + self._held + b'"'))
            self._held.clear()

    def _end_text(self) -> None:
        if self._pieces:
            sign = f"{self._sign}{len(self.texts)}"
            self.texts[sign] = LongText.of(self._pieces)
            self._held += sign.encode()
            self._pieces = []
        self._rest += self._held + b'"'
        self._held.clear()
        self._in_text = False


def _with(document: Any, texts: dict[str, str]) -> Any:
    """The document with its long texts where their signs are."""
    if texts and isinstance(document, dict):
        for place in (document, document.get("image")):
            if isinstance(place, dict):
                place.update({key: texts[value] for key, value in place.items() if _is_sign(value, texts)})
    return document


def _is_sign(value: object, texts: dict[str, str]) -> bool:
    return isinstance(value, str) and value in texts


def _parsed(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Malformed(str(error)) from None


def _exactly(text: bytes) -> Any:
    try:
        return json.loads(text, parse_int=_number)
    except RecursionError as error:
        raise Malformed(str(error)) from None


def _number(digits: str) -> float:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else float(digits)
