import pytest

from app.apis.spree.errors import (
    Invalid,
    KeyMissing,
    KeyUnknown,
    Malformed,
    NoSuchAction,
    NotAcceptable,
    Unauthorised,
    Unusable,
    document,
)
from app.errors import BodyTooLarge, Busy, DatabaseUnavailable, ImageNotFound, ProductNotFound

NOT_FOUND = '{"error":"The resource you were looking for could not be found."}'


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (KeyMissing(), 401, '{"error":"You must specify an API key."}'),
        (KeyUnknown("a<\u00e9\u2028"), 401, '{"error":"Invalid API key (a\\u003c\u00e9\\u2028) specified."}'),
        (Unauthorised(), 401, '{"error":"You are not authorized to perform that action."}'),
        (ProductNotFound(), 404, NOT_FOUND),
        (ImageNotFound("secret"), 404, NOT_FOUND),
        (NoSuchAction(), 404, '{"status":404,"error":"Not Found"}'),
        (Malformed("x"), 400, '{"status":400,"error":"Bad Request"}'),
        (Unusable("a text"), 422, '{"exception":"a text"}'),
        (
            Invalid({"b": ["y"], "a": ["x"]}),
            422,
            '{"error":"Invalid resource. Please fix errors and try again.","errors":{"b":["y"],"a":["x"]}}',
        ),
        (BodyTooLarge(), 413, '{"exception":"Request entity too large."}'),
        (DatabaseUnavailable("secret"), 503, '{"exception":"Service temporarily unavailable."}'),
        (ValueError("secret"), 500, '{"status":500,"error":"Internal Server Error"}'),
    ],
)
def test_each_error_has_its_document(error: Exception, status: int, body: str) -> None:
    """Each error has its status and its JSON, and no reason meant for operators."""
    reported = document(error)
    assert (reported.status, reported.body.decode()) == (status, body)
    assert reported.content_type == "application/json; charset=utf-8"


def test_a_busy_service_says_when_to_come_back() -> None:
    """A busy service says when to come back."""
    assert document(Busy()).headers == {"Retry-After": "1"}


def test_other_formats_are_not_acceptable() -> None:
    """XML is refused in XML, any other format without a word."""
    reported = document(NotAcceptable("xml"))
    assert (reported.status, reported.content_type) == (406, "application/xml")
    assert b'<status type="integer">406</status>\n  <error>Not Acceptable</error>\n</hash>' in reported.body
    assert (document(NotAcceptable("html")).status, document(NotAcceptable("html")).body) == (406, b"")
