"""How PHP, which the original is written in, reads values: clients have come to rely on it."""

import re
from typing import Final, TypeAlias

from app.apis.php.table import Table
from app.percent import decoded_plus

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"

_INT_MAX: Final = 2**63 - 1
_NUMBER: Final = re.compile(r"[ \t\n\r\v\f]*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")
_NAME: Final = re.compile(r"([^\[]+)((?:\[[^\]]*\])*)")
_SUBKEY: Final = re.compile(r"\[([^\]]*)\]")
_MOST_SUBKEYS: Final = 16
MOST_VARIABLES: Final = 1000
"""Parameters of one query that are read; PHP too ignores those behind them."""


def php_int(value: Value) -> int:
    """`(int) $value`: the number that a text begins with, truncated, within 64 bits; 0 if there is none."""
    if isinstance(value, str):
        match = _NUMBER.match(value)
        return _int_of_number(match[1]) if match else 0
    if isinstance(value, list | dict):
        return int(bool(value))
    return _saturated(value or 0)


def _int_of_number(text: str) -> int:
    digits = text.lstrip("+-")
    if not digits.isdigit():
        return _saturated(float(text))
    size = int(digits.lstrip("0")[:20] or "0")
    return _saturated(-size if text.startswith("-") else size)


def _saturated(number: float) -> int:
    return int(max(-_INT_MAX, min(number, _INT_MAX)))


def is_numeric(text: str) -> bool:
    """`is_numeric($text)`: a whole text that is a number, white space around it allowed."""
    match = _NUMBER.match(text)
    return bool(match) and not text[match.end() :].strip(" \t\n\r\v\f") if match else False


def php_text(value: Value) -> str:
    """`(string) $value` of anything but a list."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, int) and abs(value) <= _INT_MAX:
        return str(value)
    return _float_text(float(value)) if isinstance(value, int | float) else ""


def _float_text(number: float) -> str:
    text = f"{number:.14G}"
    mantissa, exponent, power = text.partition("E")
    if not exponent:
        return text
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{power[0]}{power[1:].lstrip('0')}"


def php_empty(value: Value) -> bool:
    """`empty($value)`: also the text `0`."""
    return not value or value == "0"


def parse_name(encoded: str) -> tuple[str, list[str]]:
    """The name of a query parameter and its subkeys: `types[]` → (`types`, [``]); an unusable name is empty."""
    match = _NAME.match(decoded_plus(encoded).lstrip(" "))
    if match is None:
        return "", []
    return re.sub("[ .]", "_", match[1]), _SUBKEY.findall(match[2])[:_MOST_SUBKEYS]


def parse_query(query: str) -> dict[str, Value]:
    """`parse_str($query)`: lists are dictionaries with the keys `0`, `1` …; of equal names the last counts."""
    values: dict[str, Value] = {}
    for pair in query.split("&")[:MOST_VARIABLES]:
        name, _, value = pair.partition("=")
        assign(values, parse_name(name), decoded_plus(value))
    return values


def assign(values: dict[str, Value], parsed: tuple[str, list[str]], value: str) -> None:
    """Sets what a parameter of that name sets, making the dictionaries on the way."""
    name, subkeys = parsed
    if not name:
        return
    place = values
    for key in subkeys:
        inner = place.get(name)
        if not isinstance(inner, Table):
            inner = place[name] = Table()
        place, name = inner, key or inner.next_index()
    place[name] = value
