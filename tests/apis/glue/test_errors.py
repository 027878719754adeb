"""Errors in the words of the dialect."""

from http import HTTPStatus
from pathlib import Path

import pytest
from aiohttp import web

from app.apis.glue.errors import NoEncoder, Refused, RouteNotFound, SkuMissing, answer_to
from app.apis.glue.match import match
from app.errors import Busy, DatabaseUnavailable, ImageNotFound, Misconfigured, ProductNotFound, Rejected

GOLDEN = Path(__file__).parent / "golden"
ABSTRACT = "/abstract-products/x/abstract-product-image-sets"
CONCRETE = "/concrete-products/x/concrete-product-image-sets"


@pytest.mark.parametrize(
    ("path", "error", "status", "golden"),
    [
        (ABSTRACT, ProductNotFound(), 404, "error_303.json"),
        (CONCRETE, ProductNotFound(), 404, "error_304.json"),
        ("/abstract-products/x", ProductNotFound(), 404, "error_301.json"),
        ("/concrete-products/x", ProductNotFound(), 404, "error_302.json"),
        ("/abstract-product-image-sets", SkuMissing(), 404, "error_301.json"),
        ("/concrete-product-image-sets", SkuMissing(), 404, "error_302.json"),
        ("/abstract-products", SkuMissing(), 400, "error_311.json"),
        ("/concrete-products", SkuMissing(), 400, "error_312.json"),
        ("/nothing", RouteNotFound(), 404, "error_not_found.json"),
        ("/nothing", web.HTTPNotFound(), 404, "error_not_found.json"),
        (ABSTRACT, RouteNotFound(), 404, "error_not_found.json"),
        (ABSTRACT, web.HTTPMethodNotAllowed("POST", ["GET"]), 404, "error_not_found.json"),
        (ABSTRACT, ImageNotFound(), 404, "error_not_found.json"),
        (ABSTRACT, Rejected(), 400, "error_400.json"),
        (ABSTRACT, DatabaseUnavailable(), 503, "error_503.json"),
    ],
)
def test_each_error_has_its_document(path: str, error: Exception, status: int, golden: str) -> None:
    """Each error has its status and its document, byte for byte."""
    answer = answer_to(error, match(path))
    assert (answer.status, answer.body) == (status, (GOLDEN / golden).read_bytes())
    assert not answer.is_plain


@pytest.mark.parametrize("error", [RuntimeError("private"), Misconfigured("private")])
def test_an_unexpected_failure_is_plain_text(error: Exception) -> None:
    """An unexpected failure is plain text and tells nothing."""
    answer = answer_to(error, None)
    assert (answer.status, answer.body, answer.is_plain) == (500, b"Internal Server Error", True)


def test_a_refusal_is_plain_text_without_a_language() -> None:
    """A refusal is its text and nothing else."""
    answer = answer_to(Refused(HTTPStatus.NOT_ACCEPTABLE, "Not acceptable."), None)
    assert (answer.status, answer.body, answer.is_plain, answer.has_language) == (406, b"Not acceptable.", True, False)


def test_a_format_without_encoder_keeps_the_headers_of_a_document() -> None:
    """A format that cannot be written is told in text, under the headers of a document."""
    answer = answer_to(NoEncoder(), match(ABSTRACT))
    assert (answer.status, answer.body, answer.is_plain) == (415, b"Unsupported Media Type", False)


@pytest.mark.parametrize(("error", "seconds"), [(DatabaseUnavailable(), "5"), (Busy(), "1")])
def test_a_service_that_is_away_says_when_to_come_back(error: Exception, seconds: str) -> None:
    """A service that is away says when to come back."""
    assert answer_to(error, None).headers == {"Retry-After": seconds}
