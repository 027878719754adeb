"""Which room answers a path, and in whose words it tells a failure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from aiohttp import web

RoomName = Literal["openmage", "spree", "delivery", "service", "glue"]

ErrorDocument = Callable[[web.Request, Exception], web.StreamResponse]
"""From a failure to the room's document. The failure is a ProductImagesError, an
`web.HTTPException` of status 400 or more (such as a wrong method), or a bug, which is a 500."""

_PREFIXES: Final[tuple[tuple[str, RoomName], ...]] = (
    ("/api/rest", "openmage"),
    ("/oauth/", "openmage"),
    ("/admin/oauth_authorize", "openmage"),
    ("/api", "spree"),
    ("/spree/", "spree"),
    ("/media/", "delivery"),
    ("/health/", "service"),
    ("/metrics", "service"),
    ("/docs", "service"),
    ("/openapi.json", "service"),
    ("/console", "service"),
)


@dataclass(frozen=True, slots=True)
class Room:
    """`tells_request_id`: whether the room's answers carry `X-Request-Id`."""

    error_document: ErrorDocument
    tells_request_id: bool = False


def room_name(raw_path: str) -> RoomName:
    """The room that answers a path as it stood in the request line, still percent-encoded."""
    for prefix, name in _PREFIXES:
        if raw_path.startswith(prefix):
            return name
    return "glue"


ROOMS: Final[web.AppKey[Mapping[RoomName, Room]]] = web.AppKey("rooms", Mapping[RoomName, Room])
