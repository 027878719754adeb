"""What is checked before the route is looked at, in this order (spec §2, §8)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from app.apis.glue.errors import Refused
from app.apis.glue.headers import ALLOWED_METHODS, Cors
from app.apis.glue.match import ResourceType
from app.apis.glue.query import Query

_METHOD: Final = "Access-Control-Request-Method"
_HEADERS: Final = "Access-Control-Request-Headers"
_PREFLIGHT_INCOMPLETE: Final = (
    "One or more of the required headers (access-control-request-method, access-control-request-headers, origin)"
    " for the options method are missing."
)


def check(method: str, headers: Mapping[str, str], query: Query, main_type: ResourceType | None, cors: Cors) -> None:
    """Raises Refused at the first check that fails. `headers` find names in any case; `main_type` is None
    where the path ends in an unknown resource type."""
    if method == "OPTIONS" and not all(name in headers for name in (_METHOD, _HEADERS, "Origin")):
        raise Refused(HTTPStatus.NOT_IMPLEMENTED, _PREFLIGHT_INCOMPLETE)
    if not query.page_is_sane:
        raise Refused(HTTPStatus.BAD_REQUEST, "Pagination parameters are invalid.")
    if not _cors_allows(headers, main_type, cors):
        raise Refused(HTTPStatus.FORBIDDEN, "Not allowed.")
    if "Accept" not in headers:
        raise Refused(HTTPStatus.NOT_ACCEPTABLE, "Not acceptable.")
    if not headers.get("Content-Type", "present").strip():
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Unsupported media type.")


def _cors_allows(headers: Mapping[str, str], main_type: ResourceType | None, cors: Cors) -> bool:
    method, names = headers.get(_METHOD), headers.get(_HEADERS)
    if method is not None and (main_type is None or method not in ALLOWED_METHODS):
        return False
    return names is None or all(map(cors.allows_header, names.split(",")))
