"""What a rule file may say: the members of a set and of its rules, each read strictly and told by its place."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, TypeAlias

from app.model import SOURCE_FORMATS

Place: TypeAlias = tuple[str | int, ...]
"""Of a value: names of members, and how many rules come before."""
Read: TypeAlias = Callable[[Any], Any]
"""Makes something of a value; Strange."""

_ID: Final = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_LONGEST: Final = 500
_LARGEST: Final = 2**53
"""What every reader of JSON takes as it is."""
_FORMATS: Final = sorted({*SOURCE_FORMATS, "bmp"})


@dataclass(frozen=True, slots=True)
class Mistake:
    place: Place
    detail: str


class Strange(Exception):
    """A value that says nothing; its text is a sentence."""


@dataclass(slots=True)
class Table:
    """A table of a file, and the mistakes found in it so far. What is asked for is known; `leave` tells the rest."""

    values: Mapping[str, Any]
    place: Place
    mistakes: list[Mistake]
    _known: set[str] = field(default_factory=set)

    def need(self, name: str, read: Read) -> Any:
        """None where it is missing or strange."""
        if name not in self.values:
            self._known.add(name)
            self.wrong(f"{name} is missing.")
        return self.may(name, read)

    def may(self, name: str, read: Read, default: Any = None) -> Any:
        self._known.add(name)
        if name not in self.values:
            return default
        try:
            return read(self.values[name])
        except Strange as strange:
            self.wrong(f"{name} {strange}", name)
            return default

    def leave(self) -> None:
        """Tells members that nobody asked for."""
        for name in self.values:
            if name not in self._known:
                self.wrong(f"{printable(name)} means nothing here.", name)

    def wrong(self, detail: str, *below: str | int) -> None:
        self.mistakes.append(Mistake((*self.place, *below), detail))


def printable(value: Any) -> str:
    """A value as a sentence may hold it: on one line, and of no more digits than Python writes."""
    try:
        shown = str(value)[:_LONGEST]
    except ValueError:
        return "a number of that many digits"
    return shown if shown.isprintable() else ascii(shown)


def text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST or not value.isprintable():
        raise Strange(f"has to be a text of one line, up to {_LONGEST} characters.")
    return value


def name(value: Any) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise Strange("has to be a word of a-z, 0-9 and _, up to 64 characters, that begins with a letter.")
    return value


def day(value: Any) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise Strange("has to be a day such as 2026-01-31, without quotes.")
    return value


def number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LARGEST:
        raise Strange(f"has to be a number from 0 to {_LARGEST}.")
    return value


def formats(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(one in _FORMATS for one in value):
        raise Strange(f"has to be a list of some of these: {', '.join(_FORMATS)}.")
    return tuple(value)


def one_of(words: Sequence[str]) -> Read:
    def read(value: Any) -> Any:
        if value not in words:
            raise Strange(f"cannot be {printable(value)}; it has to be one of: {', '.join(words)}.")
        return value

    return read
