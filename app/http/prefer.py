"""What a client would rather have: `Prefer: wait=N`, RFC 7240."""

import re
from collections.abc import Iterable
from typing import Final

MOST_SECONDS: Final = 50
"""Many proxies give an answer up after 60."""

_NAME: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_WORD: Final = rf'(?:{_NAME}|"(?:[^"\\]|\\.)*")'
_BLANKS: Final = r"[ \t]*+"
_PREFERENCE: Final = re.compile(
    rf"[ \t,]*+(?P<name>{_NAME}+){_BLANKS}(?:={_BLANKS}(?P<value>{_WORD})?+)?+{_BLANKS}"
    rf"(?P<parameters>(?:;{_BLANKS}{_NAME}+{_BLANKS}(?:={_BLANKS}{_WORD}?+)?+{_BLANKS})*+)(?:,|$)"
)
"""Nothing that it has read is read another way: blanks would have two places each, and a header as many ways as it has
blanks, squared."""
_SECONDS: Final = re.compile(r'"?0*([1-9][0-9]*)"?')


def wait_of(headers: Iterable[str]) -> int | None:
    """The seconds, 1…50, for which an answer may be held back; more is cut to 50, and None is whatever else is said.
    Of several the first counts, as for each preference."""
    for name, value in _preferences(", ".join(headers)):
        if name.lower() == "wait":
            seconds = _SECONDS.fullmatch(value)
            return min(int(seconds[1][:3]), MOST_SECONDS) if seconds else None
    return None


def _preferences(text: str) -> Iterable[tuple[str, str]]:
    """Up to the first that is none; an empty one, RFC 9110, 5.6.1, is passed over."""
    place = 0
    while place < len(text) and (found := _PREFERENCE.match(text, place)):
        yield found["name"], found["value"] or ""
        place = found.end()
