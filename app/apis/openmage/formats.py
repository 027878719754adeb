"""The three output formats, and how libxml writes a text, byte for byte."""

import re
from collections.abc import Mapping
from typing import Final, Literal

Format = Literal["xml", "json", "query"]

CONTENT_TYPES: Final[Mapping[Format, str]] = {
    "xml": "application/xml; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "query": "text/plain; charset=utf-8",
}

_NOT_PLAIN_XML: Final = re.compile("[&<>]|[^\t\n -\x7f]")
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"}


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
