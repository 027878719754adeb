"""From an error to the words of this dialect (spec §4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from aiohttp import web

from app.apis.glue.match import ResourceType, Target
from app.apis.php.json_text import quoted
from app.errors import NotFound, ProductImagesError, ProductNotFound, Rejected, Unavailable


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """An error as it goes out. A plain one is text without a language; any other is a document."""

    status: int
    body: bytes
    is_plain: bool = False
    has_language: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Rejected):
    """The request is refused before its route is looked at."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class NoEncoder(ProductImagesError):
    """No document can be written in the format that was asked for."""


class RouteNotFound(NotFound):
    """Not Found"""


class SkuMissing(NotFound):
    """The SKU is missing."""


def _document(status: int, detail: str, code: str | None = None) -> ErrorResponse:
    lead = f'"code":{quoted(code)},' if code else ""
    text = f'{{"errors":[{{{lead}"status":{status},"detail":{quoted(detail)}}}]}}'
    return ErrorResponse(status, text.encode())


_NO_ABSTRACT: Final = _document(404, "Abstract product is not found.", "301")
_NO_CONCRETE: Final = _document(404, "Concrete product is not found.", "302")
_NOT_ROUTED: Final = _document(404, "Not Found")
_BAD_REQUEST: Final = _document(400, "Bad Request")
_AWAY: Final = _document(503, "Service Unavailable")
_FAILED: Final = ErrorResponse(500, b"Internal Server Error", is_plain=True, has_language=False)
_UNKNOWN: Final[Mapping[ResourceType, ErrorResponse]] = {
    "abstract-products": _NO_ABSTRACT,
    "concrete-products": _NO_CONCRETE,
    "abstract-product-image-sets": _document(404, "Can`t find abstract product image sets.", "303"),
    "concrete-product-image-sets": _document(404, "Can`t find concrete product image sets.", "304"),
}
_MISSING: Final[Mapping[ResourceType, ErrorResponse]] = {
    "abstract-products": _document(400, "Abstract product sku is not specified.", "311"),
    "concrete-products": _document(400, "Concrete product sku is not specified.", "312"),
    "abstract-product-image-sets": _NO_ABSTRACT,
    "concrete-product-image-sets": _NO_CONCRETE,
}


def answer_to(error: Exception, target: Target | None) -> ErrorResponse:
    """The answer to a request for `target` (None: nothing is routed) that ended in `error`."""
    match error:
        case Refused():
            return ErrorResponse(error.status, error.text.encode(), is_plain=True, has_language=False)
        case NoEncoder():
            return ErrorResponse(415, b"Unsupported Media Type")
        case SkuMissing() if target:
            return _MISSING[target.type]
        case ProductNotFound() if target:
            return _UNKNOWN[target.type]
        case NotFound() | web.HTTPClientError():
            return _NOT_ROUTED
        case Unavailable():
            return ErrorResponse(_AWAY.status, _AWAY.body, headers={"Retry-After": str(error.retry_after)})
        case Rejected():
            return _BAD_REQUEST
        case _:
            return _FAILED
