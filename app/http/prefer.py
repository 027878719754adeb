"""What a client would rather have: `Prefer: wait=N`, RFC 7240."""

import re
from collections.abc import Iterable
from typing import Final

MOST_SECONDS: Final = 50
"""Many proxies give an answer up after 60."""

_NAME: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_WORD: Final = rf'(?:{_NAME}|"(?:[^"\\]|\\.)*")'
_PREFERENCE: Final = re.compile(
    rf"[ \t,]*(?P<name>{_NAME})[ \t]*(?:=[ \t]*(?P<value>{_WORD})?)?[ \t]*"
    rf"(?P<parameters>(?:;[ \t]*{_NAME}[ \t]*(?:=[ \t]*{_WORD}?)?[ \t]*)*)(?:,|$)"
)
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
