"""Query strings as PHP 8.2 reads and writes them."""

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import quote_plus

from app.apis.php.table import Table
from app.percent import decoded_plus, readable

Parameter: TypeAlias = "str | dict[str, Parameter]"
"""A parameter's last value, or a table of parameters by name, in order of first appearance."""
Parameters: TypeAlias = dict[str, Parameter]

MOST_VARIABLES: Final = 1000
"""Parameters of one query that are read; PHP too ignores those behind them."""
_MAX_DEPTH: Final = 64
_SUBKEY: Final = re.compile(r"\[([^\]]*)\]")
_BLANKS: Final = " \t\n\r\v\f"
_UNDERSCORED: Final = str.maketrans(" .[", "___")


class Name(NamedTuple):
    """A parameter's name and its subkeys, of which None stands for the next free number; without a name it is no
    parameter."""

    name: str
    subkeys: Sequence[str | None] = ()


def parse_name(encoded: str) -> Name:
    """`a.b[c][]` → `a_b` and [c, None]. A name ends at a NUL; what stands between subkeys is lost."""
    text = readable(decoded_plus(encoded)).lstrip(" ").partition("\0")[0]
    head, bracket, _ = text.partition("[")
    if not head or not bracket:
        return Name(head.translate(_UNDERSCORED))
    subkeys = _subkeys(text, len(head))
    return Name(head.translate(_UNDERSCORED), subkeys) if subkeys else Name(text.translate(_UNDERSCORED))


def _subkeys(text: str, start: int) -> list[str | None]:
    """At most one more than may be."""
    found: list[str | None] = []
    match = _SUBKEY.match(text, start)
    while match and len(found) <= _MAX_DEPTH:
        key = match[1]
        found.append(None if not key or (len(key) == 1 and key in _BLANKS) else key)
        match = _SUBKEY.match(text, match.end())
    return found


def parse_query(query: str) -> Parameters:
    """`parse_str($query)`; what is no UTF-8 once decoded becomes U+FFFD."""
    values: Parameters = {}
    names: dict[str, Name] = {}  # lists repeat theirs
    for pair in [pair for pair in query.split("&") if pair][:MOST_VARIABLES]:
        encoded, _, value = pair.partition("=")
        name = names.get(encoded) or names.setdefault(encoded, parse_name(encoded))
        assign(values, name, readable(decoded_plus(value)))
    return values


def assign(values: Parameters, name: Name, value: str) -> None:
    """Sets what a parameter of that name sets, making the tables on the way.

    One that is nested too deeply takes away what its name had; one for which a table has no number left does nothing.
    """
    if not name.name:
        return
    if len(name.subkeys) > _MAX_DEPTH:
        values.pop(name.name, None)
        return
    place, last = values, name.name
    for key in name.subkeys:
        inner = place.get(last)
        if not isinstance(inner, Table):
            inner = place[last] = Table()
        index = inner.next_index() if key is None else key
        if index is None:
            return
        place, last = inner, index
    place[last] = value


def build_query(pairs: Iterable[tuple[str, str]]) -> str:
    """`http_build_query`: blanks as `+`, everything but letters, digits, `-`, `_` and `.` percent-encoded."""
    return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in pairs)


def _encoded(text: str) -> str:
    return quote_plus(text, errors="replace").replace("~", "%7E")
