"""Which API answers a path, and in whose words it tells a failure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from aiohttp import hdrs, web

ApiName = Literal["v1", "openmage", "spree", "delivery", "service", "glue"]

RouteOf = Callable[[str], str | None]
"""From a raw path without its query to the route's pattern, as `/docs` describes it; None where nothing is routed."""

ErrorDocument = Callable[[web.Request, Exception], web.StreamResponse]
"""From a failure to the API's document. The failure is a ProductImagesError, an
`web.HTTPException` of status 400 or more (such as a wrong method), or a bug, which is a 500."""

_NAMES: Final[tuple[ApiName, ...]] = ("glue", "v1", "openmage", "spree", "delivery", "service")
_PREFIXES: Final = re.compile(
    "/(?:"
    "(v1(?![^/]))|"
    "(api/rest|oauth/|admin/oauth_authorize)|"
    "(api|spree/)|"
    "(/*media/)|"
    r"(health/|metrics|docs|openapi\.json|favicon\.ico|robots\.txt|console)"
    ")"
)
"""One group for each name but the first, in their order."""

PROTECTED: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
}
"""Of an answer that no page is made of: a browser guesses no type, loads nothing for it and shows it in no frame."""
UNKEPT: Final[Mapping[str, str]] = {**PROTECTED, hdrs.CACHE_CONTROL: "no-store"}
"""The same of one that holds for this moment only. Without a word caches may keep a 404, 405, 414 or 501 for long."""


def described_by(image: int) -> Mapping[str, str]:
    """The header that leads from an image of one API to what the native one says of it. Source: native.md 3, "Link"."""
    return {hdrs.LINK: f'</v1/images/{image}>; rel="describedby"'}


@dataclass(frozen=True, slots=True)
class Api:
    """Whether the API's answers carry `X-Request-Id`, and `X-Runtime`, the seconds that they took.

    `headers` are those of each answer that does not say otherwise. Ready documents bring theirs along; so do all
    answers of an API whose specification lists what they carry.
    """

    error_document: ErrorDocument
    sends_request_id: bool = False
    sends_runtime: bool = False
    route_of: RouteOf = lambda _: None
    """For an API that finds its way itself: the router knows it by one pattern."""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_signed(self) -> bool:
        """Whether headers of its answers differ from one to the next."""
        return self.sends_request_id or self.sends_runtime


def api_name(raw_path: str) -> ApiName:
    """The API that answers a path as it stood in the request line, still percent-encoded."""
    match = _PREFIXES.match(raw_path)
    return _NAMES[(match and match.lastindex) or 0]


APIS: Final[web.AppKey[Mapping[ApiName, Api]]] = web.AppKey("apis", Mapping[ApiName, Api])
