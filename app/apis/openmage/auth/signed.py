"""A request as a client of OpenMage signs it."""

from typing import Final

from aiohttp import hdrs, web

from app.access.signature import SignedRequest
from app.http.body import read_body
from app.http.origin import external_origin, known_address
from app.settings import Settings

_FORM: Final = "application/x-www-form-urlencoded"
_MAX_FORM: Final = 64 * 1024
"""Most bytes of a form. No operation accepts one, but its parameters are signed, so that whoever sends one
hears of its content type and not of a wrong signature."""


def has_form(request: web.BaseRequest) -> bool:
    return hdrs.CONTENT_TYPE in request.headers and request.content_type == _FORM


async def read_form(request: web.Request) -> str:
    """The body of a form; raises what `read_body` raises."""
    return (await read_body(request, _MAX_FORM)).decode("utf-8", "replace")


def signed_request(request: web.BaseRequest, settings: Settings, form: str = "") -> SignedRequest:
    """What a signature covers, as it was in front of every trusted proxy; InvalidHost."""
    origin, target = external_origin(request, settings), request.rel_url
    return SignedRequest(
        request.method,
        origin.scheme,
        f"{origin.host}:{origin.port}",
        target.raw_path,
        target.raw_query_string,
        known_address(request, settings),
        form,
    )
