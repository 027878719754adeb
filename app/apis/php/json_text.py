"""Strings as PHP writes them into JSON: as it does by itself, and with every HEX flag set (glue.md §3.2)."""

import re
from json.encoder import encode_basestring_ascii
from typing import Final

_DELETE: Final = "\x7f"  # the one ASCII character that PHP leaves and Python escapes
_SHORT: Final = {"\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_HEX: Final = "<>&'\""
_RARE: Final = re.compile(r"[^ !#-%(-;=?-\[\]-\x7f]")
"""Whatever needs more than its slashes escaped: all but printable ASCII, and of that `"&'<>` and the backslash."""


class _Escapes(dict[int, str]):
    """What `str.translate` asks for each code point that is not in the table: those above ASCII."""

    def __missing__(self, code: int) -> str:
        if code < 0x10000:
            return f"\\u{code:04x}"
        high, low = divmod(code - 0x10000, 0x400)
        return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


_TABLE: Final = _Escapes(
    {code: f"\\u{code:04x}" for code in range(0x20)}
    | {code: chr(code) for code in range(0x20, 0x80)}
    | {ord(char): f"\\u{ord(char):04X}" for char in _HEX}
    | {ord(char): text for char, text in _SHORT.items()}
)


def json_text(text: str) -> str:
    """`json_encode($text)`: with its quotes, `/` escaped, non-ASCII as lower-case `\\u…`."""
    escaped = _DELETE.join(encode_basestring_ascii(part)[1:-1] for part in text.split(_DELETE))
    return '"' + escaped.replace("/", "\\/") + '"'


def quoted(text: str) -> str:
    """The same with every HEX flag, which escapes what HTML is made of, too."""
    if _RARE.search(text):
        return f'"{text.translate(_TABLE)}"'
    # URLs are most of what is written, and a slash is all that they need escaped.
    escaped = text.replace("/", "\\/")
    return f'"{escaped}"'


def quoted_or_null(text: str | None) -> str:
    return "null" if text is None else quoted(text)
