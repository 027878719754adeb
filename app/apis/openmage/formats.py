"""The three output formats and how each writes a text, byte for byte as PHP and libxml do."""

import re
from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring_ascii
from typing import Final, Literal
from urllib.parse import quote_plus

Format = Literal["xml", "json", "query"]

CONTENT_TYPES: Final[Mapping[Format, str]] = {
    "xml": "application/xml; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "query": "text/plain; charset=utf-8",
}

_DELETE: Final = "\x7f"  # the one ASCII character that PHP leaves and Python escapes
_NOT_PLAIN_XML: Final = re.compile("[&<>]|[^\t\n -\x7f]")
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"}


def json_text(text: str) -> str:
    """A JSON string with its quotes: `/` escaped, non-ASCII as lower-case `\\u…`."""
    escaped = _DELETE.join(encode_basestring_ascii(part)[1:-1] for part in text.split(_DELETE))
    return '"' + escaped.replace("/", "\\/") + '"'


def xml_text(text: str) -> str:
    """Character data: all above U+007F as upper-case hexadecimal references, without what XML 1.0 forbids."""
    return _NOT_PLAIN_XML.sub(_reference, text)


def _reference(match: re.Match[str]) -> str:
    character = match[0]
    if character in _ENTITIES:
        return _ENTITIES[character]
    code = ord(character)
    if code < 0x20 or 0xD800 <= code < 0xE000 or code in (0xFFFE, 0xFFFF):
        return ""
    return f"&#x{code:X};"


def query_text(pairs: Iterable[tuple[str, str]]) -> str:
    """`http_build_query`: blanks as `+`, everything but letters, digits, `-`, `_` and `.` percent-encoded."""
    return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in pairs)


def _encoded(text: str) -> str:
    return quote_plus(text, errors="replace").replace("~", "%7E")
