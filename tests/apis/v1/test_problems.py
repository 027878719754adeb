"""Every error as a problem document, byte for byte; and what `/docs/problems` says of each code."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import orjson
from aiohttp import web

from app import errors as core
from app.apis.v1 import errors as native
from app.apis.v1.errors import Mistake, problem_of, response
from app.apis.v1.problems import CODES
from app.db.errors import ConstraintViolated, TransactionConflict
from tests.apis.v1.conftest import Shop

GOLDEN: Final = Path(__file__).with_name("golden") / "problems.txt"
"""A line for each error: its name, the status, the headers beyond the type, the body."""
_EXCESS: Final = core.Excess("MAX_PIXELS", 100, 101)
_MISTAKES: Final = (
    Mistake("/label", "too_long", "It has 5 characters at most.", 5, 6),
    Mistake("?limit", "unknown", "No."),
)
_MADE: Final[dict[type[Exception], Exception]] = {
    core.Conflict: core.Conflict("It is taken.", {"images": [1, 2]}),
    core.InvalidCommand: core.InvalidCommand("A code has small letters."),
    core.ImageLimitExceeded: core.ImageLimitExceeded("secret", _EXCESS),
    core.FileTooLarge: core.FileTooLarge("secret", core.Excess("MAX_IMAGE_BYTES", 10, 11)),
    core.RenditionDelayed: core.RenditionDelayed("secret", 7),
    core.RateExceeded: core.RateExceeded("secret", 9),
    core.InvalidAddress: core.InvalidAddress("It is no public address."),
    native.MethodNotAllowed: native.MethodNotAllowed("GET, OPTIONS"),
    native.Malformed: native.Malformed("The body is no JSON.", [Mistake("", "digest_mismatch", "It differs.")]),
    native.MalformedHead: native.MalformedHead("A header is none."),
    native.Invalid: native.Invalid(_MISTAKES),
    native.FormatRefused: native.FormatRefused("svg"),
    ConstraintViolated: ConstraintViolated("unique", "secret"),
    TransactionConflict: TransactionConflict("secret"),
    web.HTTPExpectationFailed: web.HTTPExpectationFailed(),
    web.HTTPMethodNotAllowed: web.HTTPMethodNotAllowed("GET", ["POST"]),
    web.HTTPBadRequest: web.HTTPBadRequest(),
    web.HTTPInternalServerError: web.HTTPInternalServerError(),
    ValueError: ValueError("secret"),
}
"""Errors that need more than a reason."""


def every_error() -> Iterator[Exception]:
    """One of each class of `app/errors` and of this API, and some that nobody foresaw."""
    classes = [
        one
        for module in (core, native)
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, core.ProductImagesError) and one.__module__ == module.__name__
    ]
    for one in dict.fromkeys([*classes, *_MADE]):
        yield _MADE[one] if one in _MADE else one("secret")


def written() -> str:
    return "".join(f"{_line(error)}\n" for error in every_error())


def _line(error: Exception) -> str:
    reported = response(problem_of(error))
    assert isinstance(reported.body, bytes)
    headers = {
        name: value for name, value in reported.headers.items() if name not in ("Content-Type", "Content-Length")
    }
    assert reported.headers["Content-Type"] == "application/problem+json"
    shown = " ".join(f"{name}: {value};" for name, value in headers.items())
    return " ".join(filter(None, [type(error).__name__, str(reported.status), shown, reported.body.decode()]))


def test_every_error_is_told_as_it_was() -> None:
    """The bytes are a contract: a class more has a line more, and none changes by accident."""
    assert written() == GOLDEN.read_text(encoding="utf-8")


def test_no_problem_tells_what_is_for_operators() -> None:
    """Reasons stay in the log, but for the sentences of those that are made for whoever asks."""
    assert "secret" not in written()


def test_a_problem_has_the_status_of_its_code() -> None:
    """And its members in the order of the specification; `errors` only where there are any."""
    for error in every_error():
        reported = orjson.loads(problem_of(error).body)
        assert list(reported)[:5] == ["type", "title", "status", "code", "detail"]
        assert (reported["status"], reported["title"]) == (
            CODES[reported["code"]].status,
            CODES[reported["code"]].title,
        )
        assert reported["type"] == f"/docs/problems#{reported['code']}"
        assert reported.get("errors") != []


def test_mistakes_without_an_end_are_not_all_told() -> None:
    """A thousand are listed, so that an answer is bounded."""
    many = native.Invalid([Mistake(f"/{number}", "unknown", "No.") for number in range(5000)])
    assert len(orjson.loads(problem_of(many).body)["errors"]) == 1000


def test_half_a_character_in_a_name_is_told() -> None:
    """What JSON's escapes can name, and no answer can hold, does not break the answer."""
    reported = native.Invalid([Mistake("/\ud800", "unknown", "No.")])
    assert orjson.loads(problem_of(reported).body)["errors"][0]["pointer"] == "/?"


async def test_every_code_has_a_paragraph(shop: Shop) -> None:
    """`/docs/problems` explains each where its `type` leads, and loads nothing from elsewhere."""
    page = await shop.call("GET", "/docs/problems", None)
    text = page.body.decode()

    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert re.findall(r'<h2 id="(\w+)">', text) == list(CODES)
    assert all(meaning.paragraph for meaning in CODES.values())
    assert not re.search(r'(?:src|href)="(?!/)', text)
