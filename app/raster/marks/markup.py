"""Texts in XML. The standard library's own module for this loads an HTTP client, which no decoder should have at hand
and which is a tenth of the time that a codec child needs to start."""

from typing import Final

_TEXT: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_ATTRIBUTE: Final = _TEXT | str.maketrans({"\t": "&#9;", "\n": "&#10;", "\r": "&#13;"})


def as_text(text: str) -> str:
    """What stands between two tags for `text`."""
    return text.translate(_TEXT)


def as_attribute(text: str) -> str:
    """`text` within quotes: the double ones, unless only those are in it."""
    written = text.translate(_ATTRIBUTE)
    if '"' not in written:
        return f'"{written}"'
    return "'" + written + "'" if "'" not in written else '"' + written.replace('"', "&quot;") + '"'
