"""Texts as PHP writes them into HTML."""

import html
import re
from typing import Final

_SURROGATE: Final = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")


def htmlspecialchars(text: str) -> str:
    """`htmlspecialchars($text)` of a text that came in a header; each character that is no UTF-8 becomes one U+FFFD."""
    data = text.encode("utf-8", "surrogateescape")
    readable = _SURROGATE.sub(b"\xff", data).decode("utf-8", "replace")
    return html.escape(readable).replace("&#x27;", "&#039;")
