"""Texts of a request in the charset that was declared for them; what is none in it is refused. Source: spree.md,
section 7, and RFC 7578, sections 4.5 and 4.6."""

import asyncio
import codecs
import re
from typing import Final

from app import percent
from app.dialects.spree.errors import Malformed, Undecodable
from app.dialects.spree.validation import has_controls

_SLICE: Final = 64 * 1024  # bytes that are decoded in less than a millisecond
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
