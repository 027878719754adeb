"""The headers of answers."""

import pytest

from app.apis.glue.headers import Cors, Headers, named_format

ALWAYS = {
    "Cache-Control": "no-cache, private",
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-XSS-Protection": "1; mode=block",
    "Referrer-Policy": "same-origin",
}


def test_a_document_carries_exactly_these_headers() -> None:
    """A document carries exactly the headers of the specification."""
    assert Headers().of_document(None, "de_DE") == ALWAYS | {
        "Content-Type": "application/vnd.api+json",
        "Content-Language": "de_DE",
    }


def test_plain_text_carries_no_language() -> None:
    """Plain text is said to be HTML in UTF-8, and has no language."""
    assert Headers().of_text() == ALWAYS | {"Content-Type": "text/html; charset=UTF-8"}


def test_configured_headers_are_added() -> None:
    """An allowed origin and transport security are sent where they are configured."""
    headers = Headers(allow_origin="https://shop.example.com", transport_security=True)
    document, text = headers.of_document(None, "en_US"), headers.of_text()
    assert document["Access-Control-Allow-Origin"] == "https://shop.example.com"
    assert "Access-Control-Allow-Origin" not in text
    assert text["Strict-Transport-Security"] == document["Strict-Transport-Security"]
    assert text["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"


@pytest.mark.parametrize(
    ("content_type", "answered"),
    [
        ("application/json", "application/vnd.api+json"),
        ("application/vnd.api+foo", "application/vnd.api+foo"),
        ("APPLICATION/VND.API+Foo; charset=x", "application/vnd.api+Foo"),
        ("application/vnd.api+foo9\r\nX: y", "application/vnd.api+foo"),
        ("application/vnd.api+9", "application/vnd.api+json"),
    ],
)
def test_the_format_of_the_request_is_mirrored(content_type: str, answered: str) -> None:
    """The format that the request names is mirrored, letters only."""
    assert Headers().of_document(content_type, "en_US")["Content-Type"] == answered


def test_the_format_in_accept_is_found_anywhere() -> None:
    """A vendor format is found anywhere in the header, and nowhere else."""
    assert [named_format(text) for text in ("text/html, application/vnd.api+xml", "application/xml", None)] == [
        "xml",
        None,
        None,
    ]


def test_a_preflight_is_told_methods_and_headers() -> None:
    """A preflight is told the methods and headers of the specification."""
    assert Cors().headers == {
        "access-control-allow-methods": "GET, OPTIONS",
        "access-control-allow-headers": "accept, content-type, content-language, accept-language, authorization, "
        "X-Anonymous-Customer-Unique-Id, access-control-allow-origin",
    }
