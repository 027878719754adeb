"""The file name that is kept of the one that a file came with. Source: spree.md, section 5.4."""

import re
from typing import Final

from app.percent import decoded

UNNAMED: Final = "data"
"""The name of a file that came without a usable one."""

_LONGEST_NAME: Final = 255  # bytes
_LONGEST_EXTENSION: Final = 16
_ESCAPES: Final = re.compile(r"%.?.?", re.DOTALL)
_GOOD_ESCAPE: Final = re.compile(r"%[0-9a-fA-F]{2}")
_REPLACED: Final = str.maketrans(dict.fromkeys("&$+,/:;=?@<>[]{}|\\^~%# \x00", "_"))


def sanitised(sent: str) -> str:
    """`sent` without its folders and with the characters that trouble URLs replaced by `_`. A long one is cut, in
    front of its extension, to what file systems take."""
    if all(_GOOD_ESCAPE.fullmatch(escape) for escape in _ESCAPES.findall(sent)):
        sent = decoded(scrubbed(sent))
    base = re.split(r"[/\\]", sent)[-1]
    name = fitting(scrubbed(base).translate(_REPLACED))
    return name if name.strip(".") else UNNAMED


def fitting(name: str) -> str:
    """`name`, cut in front of its extension to 255 bytes."""
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension) > _LONGEST_EXTENSION:
        stem, dot, extension = name, "", ""
    room = _LONGEST_NAME - len(f"{dot}{extension}".encode())
    return f"{stem.encode()[:room].decode('utf-8', 'ignore')}{dot}{extension}"


def scrubbed(text: str) -> str:
    """`text` with what is no Unicode (bytes that a header smuggled in) replaced by `?`."""
    return text.encode("utf-8", "replace").decode()
