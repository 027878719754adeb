"""A request as a client of OpenMage signs it."""

from typing import Final

from aiohttp import web

from app.access.signature import SignedRequest
from app.http.body import read_body
from app.http.origin import client_address, external_origin
from app.settings import Settings

_FORM: Final = "application/x-www-form-urlencoded"
_MAX_FORM: Final = 64 * 1024
"""Most bytes of a form. No operation accepts one, but its parameters are signed, so that whoever sends one
hears of its content type and not of a wrong signature."""


def has_form(request: web.BaseRequest) -> bool:
    return request.content_type == _FORM


async def signed_request(request: web.Request, settings: Settings) -> SignedRequest:
    """What a signature covers, as it was in front of every trusted proxy; InvalidHost, and what `read_body` raises."""
    origin, target = external_origin(request, settings), request.rel_url
    form = await read_body(request, _MAX_FORM) if has_form(request) else b""
    return SignedRequest(
        method=request.method,
        scheme=origin.scheme,
        host=f"{origin.host}:{origin.port}",
        path=target.raw_path,
        query=target.raw_query_string,
        peer=client_address(request, settings),
        form=form.decode("utf-8", "replace"),
    )
