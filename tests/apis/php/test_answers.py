"""What PHP 8.2 answers, recorded (`record.py`), is what this module answers."""

import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from app.apis.php.base64_text import Base64Decoder
from app.apis.php.json_text import json_text, quoted
from app.apis.php.markup import htmlspecialchars
from app.apis.php.query import build_query, parse_query
from app.apis.php.values import is_numeric, php_empty, php_float, php_int, php_text, trim, valid_int
from tests.apis.php.record import FILE

ANSWERS: Final = json.loads(FILE.read_text())


def asked(value: Any) -> Any:
    """An input as it reaches us: the text that its bytes are."""
    return _raw(value).decode("utf-8", "surrogateescape") if isinstance(value, str) else value


def answered(value: Any) -> Any:
    """A recorded answer: pairs are tables, and of bytes the text that is sent."""
    if isinstance(value, list):
        return {answered(name): answered(member) for name, member in value}
    return _raw(value).decode("utf-8", "replace") if isinstance(value, str) else value


def _raw(text: str) -> bytes:
    return text.encode("latin-1")


def _base64(text: str) -> Any:
    decoder = Base64Decoder()
    data = decoder.feed(text.encode("utf-8", "surrogateescape")) + decoder.finish()
    return False if decoder.bad else data.decode("utf-8", "replace")


OURS: Final[dict[str, Callable[[Any], Any]]] = {
    "parse_str": parse_query,
    "intval": php_int,
    "strval": php_text,
    "is_numeric": is_numeric,
    "floatval": lambda text: php_text(php_float(text)),
    "empty": php_empty,
    "trim": trim,
    "filter_int": lambda text: False if (number := valid_int(text)) is None else number,
    "htmlspecialchars": htmlspecialchars,
    "json": json_text,
    "json_hex": quoted,
    "http_build_query": lambda pairs: build_query((asked(name), asked(value)) for name, value in pairs),
    "base64_decode": _base64,
}


@pytest.mark.parametrize("function", OURS)
def test_each_recorded_answer_of_php_is_given(function: str) -> None:
    """For every input that was recorded the answer is PHP's, type and order included."""
    wrong = [
        (given, expected, ours)
        for given, reported in ANSWERS[function]
        if not _same(ours := OURS[function](asked(given)), expected := answered(reported))
    ]
    assert wrong == []


def _same(ours: Any, expected: Any) -> bool:
    if isinstance(expected, dict):
        return bool(_listed(ours) == _listed(expected))
    return type(ours) is type(expected) and ours == expected


def _listed(value: Any) -> Any:
    return [(name, _listed(member)) for name, member in value.items()] if isinstance(value, dict) else value


def test_all_that_was_recorded_is_tried() -> None:
    """No function was asked about for nothing, and it was PHP 8.2 that answered."""
    assert set(ANSWERS) == {*OURS, "version"}
    assert ANSWERS["version"].startswith("8.2.")
