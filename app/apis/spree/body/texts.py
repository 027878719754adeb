"""Texts of a request in the charset that was declared for them; what is none in it is refused. Source: spree.md,
section 7, and RFC 7578, sections 4.5 and 4.6."""

import asyncio
import codecs
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Final

from app import percent
from app.apis.spree.errors import Malformed, Undecodable, Unusable
from app.apis.spree.validation import has_controls

_SLICE: Final = 64 * 1024  # bytes that are decoded in less than a millisecond
LONGEST_TEXT: Final = 65_535  # characters of a text that is no picture
_CHARSET: Final = re.compile(r';\s*charset\s*=\s*"?([^\s";,]{1,40})', re.IGNORECASE)
_NO_CHARSETS: Final = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"})
"""What Python decodes as a text and no client means."""


def begins_text(head: bytes, charset: str | None) -> bool:
    """Whether what begins so may be a text in that charset; Undecodable for an unknown one."""
    if has_controls(head):
        return False
    try:
        codecs.getincrementaldecoder(_known(charset))().decode(head)
    except UnicodeError:
        return False
    return True


def without_nul(text: str) -> str:
    """The text; Unusable where it has what no column of the original holds."""
    if "\x00" in text:
        raise Unusable("string contains null byte")
    return text


def declared_charset(content_type: str) -> str | None:
    """The charset that a Content-Type header names."""
    found = _CHARSET.search(content_type)
    return found[1] if found else None


def decoded(data: bytes, charset: str | None) -> str:
    """`data` in that charset, UTF-8 where none was declared; Undecodable."""
    try:
        return data.decode(_known(charset))
    except UnicodeError as error:
        raise Undecodable(str(error)) from None


def decoded_pairs(encoded: bytes, charset: str | None, most: int) -> list[tuple[str, str]]:
    """Names and values of an urlencoded form or of a query; Undecodable, and Malformed for more than `most`."""
    return [(_field(name, charset), _field(value, charset)) for name, value in split_pairs(encoded, most)]


def split_pairs(encoded: bytes, most: int) -> list[tuple[bytes, bytes]]:
    """The same as they are spelled; Malformed."""
    if encoded.count(b"&") >= most:
        raise Malformed(f"more than {most} fields")
    split = (pair.partition(b"=") for pair in encoded.split(b"&") if pair)
    return [(name, value) for name, _, value in split]


class LongText(str):
    """The beginning of a text that is longer than any but a picture's, and all of it as `pieces`: to join them would
    keep others waiting."""

    __slots__ = ("pieces",)
    pieces: tuple[str, ...]

    @staticmethod
    def of(pieces: Sequence[str]) -> str:
        """Nothing but the text itself, where it is not longer than others may be."""
        if sum(map(len, pieces)) <= LONGEST_TEXT:
            return "".join(pieces)
        text = LongText("".join(_beginning(pieces)))
        text.pieces = tuple(pieces)
        return text


def _beginning(pieces: Sequence[str]) -> Iterator[str]:
    """Those that are together too long for a text."""
    length = 0
    for piece in pieces:
        yield piece
        length += len(piece)
        if length > LONGEST_TEXT:
            return


async def decoded_pieces(chunks: AsyncIterator[bytes], charset: str | None) -> AsyncIterator[str]:
    """A body in that charset, UTF-8 where none was declared, as it comes, without a byte order mark; others have their
    turn between two pieces. Undecodable."""
    decoder, started = codecs.getincrementaldecoder(_known(charset))(), False
    try:
        async for chunk in chunks:
            for start in range(0, len(chunk), _SLICE):
                piece = decoder.decode(chunk[start : start + _SLICE])
                if piece:
                    yield piece if started else piece.removeprefix("\ufeff")
                    started = True
                if len(chunk) > _SLICE:
                    await asyncio.sleep(0)
        yield decoder.decode(b"", final=True)
    except UnicodeError as error:
        raise Undecodable(str(error)) from None


async def decoded_in_slices(data: bytes, charset: str | None) -> str:
    """As `decoded`, for long data: others have their turn again and again."""
    if len(data) <= _SLICE:
        return decoded(data, charset)
    decoder, pieces = codecs.getincrementaldecoder(_known(charset))(), []
    try:
        for start in range(0, len(data), _SLICE):
            pieces.append(decoder.decode(data[start : start + _SLICE], final=start + _SLICE >= len(data)))
            await asyncio.sleep(0)
    except UnicodeError as error:
        raise Undecodable(str(error)) from None
    return "".join(pieces)


def _field(spelled: bytes, charset: str | None) -> str:
    return decoded(percent.decoded_bytes(spelled.replace(b"+", b" ")), charset)


def _known(charset: str | None) -> str:
    """The name of a codec; Undecodable for a charset that nobody knows."""
    if charset is None:
        return "utf-8"
    try:
        codec = codecs.lookup(charset)
    except (LookupError, ValueError):
        raise Undecodable("an unknown charset") from None
    is_text = codec._is_text_encoding  # as `bytes.decode` asks; a library has no public name for it
    if not is_text or codec.name.replace("_", "-") in _NO_CHARSETS:
        raise Undecodable("an unknown charset")
    return codec.name
