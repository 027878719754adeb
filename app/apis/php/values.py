"""How PHP 8.2, which the originals are written in, reads values: clients have come to rely on it."""

import math
import re
from collections.abc import Mapping
from typing import Final, TypeAlias

Value: TypeAlias = "str | int | float | bool | list[Value] | Mapping[str, Value] | None"

_INT_MAX: Final = 2**63 - 1
_INT_MIN: Final = -(2**63)
_BLANKS: Final = " \t\n\r\v\f"
_TRIMMED: Final = " \t\n\r\0\v"
_AROUND_INTEGERS: Final = " \t\n\r\v"
_NUMBER: Final = re.compile(r"[ \t\n\r\v\f]*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")
_INTEGER: Final = re.compile(r"[+-]?(?:0|[1-9][0-9]{0,18})", re.ASCII)


def php_int(value: Value) -> int:
    """`(int) $value`: the number that a text begins with, truncated, within 64 bits; 0 if there is none."""
    if isinstance(value, str):
        match = _NUMBER.match(value)
        return _int_of_number(match[1]) if match else 0
    if isinstance(value, list | Mapping):
        return int(bool(value))
    return _wrapped(value or 0)


def _int_of_number(text: str) -> int:
    """Larger ones than there are become the largest, but one that is infinite is 0."""
    digits = text.lstrip("+-")
    if digits.isdigit():
        size = int(digits.lstrip("0")[:20] or "0")
        return _saturated(-size if text.startswith("-") else size)
    number = float(text)
    return _saturated(int(number)) if math.isfinite(number) else 0


def _saturated(number: int) -> int:
    return max(_INT_MIN, min(number, _INT_MAX))


def _wrapped(number: float) -> int:
    """A number's lowest 64 bits; an integer that has more is a float in PHP."""
    if isinstance(number, int) and _INT_MIN <= number <= _INT_MAX:
        return int(number)
    if not math.isfinite(number):
        return 0
    return (int(float(number)) - _INT_MIN) % 2**64 + _INT_MIN


def php_float(text: str) -> float:
    """`(float) $text`: the number that a text begins with; 0 if there is none."""
    match = _NUMBER.match(text)
    return float(match[1]) if match else 0.0


def is_numeric(text: str) -> bool:
    """`is_numeric($text)`: a whole text that is a number, white space around it allowed."""
    match = _NUMBER.match(text)
    return match is not None and not text[match.end() :].strip(_BLANKS)


def valid_int(text: str) -> int | None:
    """`filter_var($text, FILTER_VALIDATE_INT)`, with None for its false: no zeros in front, within 64 bits."""
    trimmed = text.strip(_AROUND_INTEGERS)
    if not _INTEGER.fullmatch(trimmed):
        return None
    return number if _INT_MIN <= (number := int(trimmed)) <= _INT_MAX else None


def trim(text: str) -> str:
    """`trim($text)`."""
    return text.strip(_TRIMMED)


def php_text(value: Value) -> str:
    """`(string) $value` of anything but a list."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, int) and _INT_MIN <= value <= _INT_MAX:
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
