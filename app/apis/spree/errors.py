"""What goes wrong, in the words of this dialect. Source: spree.md, sections 3, 8 and 11."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp.web import HTTPException

from app.apis.spree.present import json_bytes
from app.apis.spree.validation import NOT_AN_IMAGE
from app.errors import (
    AnswerWithheld,
    BlobBarred,
    BodyBroken,
    BodyTooLarge,
    BodyTooSlow,
    EncodingNotAccepted,
    InvalidHost,
    KeyInFlight,
    KeyMalformed,
    NotFound,
    ProductImagesError,
    RateExceeded,
    Rejected,
    RenditionFailed,
    Unavailable,
)

JSON: Final = "application/json; charset=utf-8"
MISSING_IMAGE: Final = "param is missing or the value is empty: image"
INVALID_RESOURCE: Final = "Invalid resource. Please fix errors and try again."

_XML: Final = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<hash>\n  <status type="integer">406</status>\n  <error>Not Acceptable</error>\n</hash>\n'
)


class Unauthorised(ProductImagesError):
    """You are not authorized to perform that action."""


class KeyMissing(Unauthorised):
    """You must specify an API key."""


class KeyUnknown(Unauthorised):
    """The API key is unknown."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__()

    @property
    def public(self) -> str:
        return f"Invalid API key ({self.key}) specified."


class NoSuchAction(ProductImagesError):
    """Not Found"""


class NotAcceptable(ProductImagesError):
    """Not Acceptable"""

    def __init__(self, suffix: str) -> None:
        super().__init__()
        self.suffix = suffix


class Malformed(Rejected):
    """The request body cannot be parsed."""


class Undecodable(Rejected):
    """Invalid encoding for parameter"""


class Unusable(Rejected):
    """A value that cannot be used; told as an `exception`."""

    @property
    def public(self) -> str:
        return self.reason


class Invalid(Rejected):
    """The resource does not pass validation: field → messages, in the order in which they are told."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__(str(dict(errors)))
        self.errors = errors


_NOT_FOUND: Final = {"error": "The resource you were looking for could not be found."}
_TOO_LARGE: Final = {"exception": "Request entity too large."}
_BAD: Final = {"status": 400, "error": "Bad Request"}
_TOO_MANY: Final = {"exception": "Too many requests."}
_AWAY: Final = {"exception": "Service temporarily unavailable."}

OF_THE_BODY: Final = (Malformed, Undecodable, Unusable, Invalid)
"""Refusals whose cause is in what was sent, and nowhere else."""

_REPORTED: Final[Mapping[type[ProductImagesError], tuple[int, Callable[[ProductImagesError], dict[str, Any]]]]] = {
    Unauthorised: (401, lambda error: {"error": error.public}),
    NoSuchAction: (404, lambda error: {"status": 404, "error": error.public}),
    NotFound: (404, lambda _: _NOT_FOUND),
    RenditionFailed: (404, lambda _: _NOT_FOUND),
    BodyTooLarge: (413, lambda _: _TOO_LARGE),
    Malformed: (400, lambda _: _BAD),
    Undecodable: (400, lambda error: {"exception": error.public}),
    BodyBroken: (400, lambda _: _BAD),
    InvalidHost: (400, lambda _: _BAD),
    KeyMalformed: (400, lambda _: _BAD),
    BodyTooSlow: (408, lambda error: {"exception": error.public}),
    EncodingNotAccepted: (415, lambda error: {"exception": error.public}),
    AnswerWithheld: (409, lambda error: {"exception": error.public}),
    KeyInFlight: (409, lambda error: {"exception": error.public}),
    RateExceeded: (429, lambda _: _TOO_MANY),
    Unavailable: (503, lambda _: _AWAY),
    Rejected: (422, lambda error: {"exception": error.public}),
}


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """An answer, complete but for the headers that every answer carries."""

    status: int
    body: bytes = b""
    content_type: str | None = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def document(error: Exception) -> ErrorBody:
    """The answer that tells `error`; anything unknown is a 500 without details."""
    if isinstance(error, BlobBarred):
        return document(Invalid(NOT_AN_IMAGE))
    if isinstance(error, HTTPException):
        return document(NotFound())
    if isinstance(error, Invalid):
        return ErrorBody(422, json_bytes({"error": INVALID_RESOURCE, "errors": dict(error.errors)}))
    if isinstance(error, NotAcceptable):
        return ErrorBody(406, _XML, "application/xml") if error.suffix == "xml" else ErrorBody(406, b"", None)
    for family, (status, text_of) in _REPORTED.items():
        if isinstance(error, family):
            return ErrorBody(status, json_bytes(text_of(error)), headers=_further(error))
    return ErrorBody(500, json_bytes({"status": 500, "error": "Internal Server Error"}))


def _further(error: ProductImagesError) -> Mapping[str, str]:
    if isinstance(error, Unavailable):
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, RenditionFailed):  # a later version may manage it
        return {"Cache-Control": "public, max-age=60"}
    return {}
