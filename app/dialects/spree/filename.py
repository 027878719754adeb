"""The file name that is kept of the one a client sends. Source: spree.md, section 5.4."""

import re
from typing import Final
from urllib.parse import unquote_to_bytes

UNNAMED: Final = "data"
"""The name of a file that came without a usable one."""

_ESCAPES: Final = re.compile(r"%.?.?", re.DOTALL)
_GOOD_ESCAPE: Final = re.compile(r"%[0-9a-fA-F]{2}")
_REPLACED: Final = str.maketrans(dict.fromkeys("&$+,/:;=?@<>[]{}|\\^~%# \x00", "_"))
_PARAMETER: Final = re.compile(r';\s*([!#$%&\'*+.^_`|~\w-]+)\s*=\s*("(?:\\"|[^"])*"|[^;]*)')
_KEPT_BACKSLASH: Final = re.compile(r'\\[^\\"]')


def sanitised(sent: str) -> str:
    """`sent` without its folders and with the characters that trouble URLs replaced by `_`."""
    if all(_GOOD_ESCAPE.fullmatch(escape) for escape in _ESCAPES.findall(sent)):
        sent = unquote_to_bytes(scrubbed(sent)).decode("utf-8", "replace")
    base = re.split(r"[/\\]", sent)[-1]
    name = scrubbed(base).translate(_REPLACED)
    return name if name.strip(".") else UNNAMED


def scrubbed(text: str) -> str:
    """`text` with what is no Unicode (bytes that a header smuggled in) replaced by `?`."""
    return text.encode("utf-8", "replace").decode()


def disposition_parameter(disposition: str, name: str) -> str | None:
    """A parameter of a Content-Disposition header, unquoted; None where it is missing.

    Backslashes of a Windows path stay: they are escapes only where they stand before quotes or
    one another.
    """
    for key, value in _PARAMETER.findall(disposition):
        if key.lower() == name:
            return _unquoted(value.strip())
    return None


def _unquoted(value: str) -> str:
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return value
    inner = value[1:-1]
    return inner if _KEPT_BACKSLASH.search(inner) else re.sub(r"\\(.)", r"\1", inner)
