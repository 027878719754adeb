"""Events as they come, in one answer that does not end: WHATWG server-sent events. Source: native.md, section 8."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

from aiohttp import hdrs, web

from app.apis.v1.call import Call
from app.apis.v1.errors import Unauthenticated
from app.apis.v1.feed.waiting import news
from app.http.apis import UNKEPT
from app.service.feed.cursors import Cursor
from app.service.feed.events import View
from app.service.feed.follower import Shared
from app.service.feed.kinds import Selection

MEDIA_TYPE: Final = "text/event-stream"
_SILENT_SECONDS: Final = 15.0
"""After so long without an event a comment is sent: proxies give up connections on which nothing comes."""
_AT_ONCE: Final = 64 * 1024
"""Bytes that are handed to a connection at a time: what a reader costs who does not take them. Who takes them too
slowly is cut off as any other client is, and goes on behind the last event that he has."""
_BEGINNING: Final = b"retry: 1000\n\n"


async def stream(call: Call, place: Cursor, selection: Selection, view: View) -> web.StreamResponse:
    """All events behind a place, until the client leaves, may not see them any more, or the process drains. Raises Busy
    where too many follow already, before anything is sent."""
    follower = call.services.follower
    with follower.following():
        response = _opened()
        await response.prepare(call.request)
        if call.request.method == hdrs.METH_HEAD:
            return response
        await response.write(_BEGINNING)
        with suppress(Unauthenticated):
            await _follow(call, response, place, selection, view)
    return response


async def _follow(call: Call, response: web.StreamResponse, place: Cursor, selection: Selection, view: View) -> None:
    """Until the client has left or the process drains. Raises Unauthenticated where the caller is nobody any more."""
    reported = place
    while not (call.services.follower.is_over or call.is_left):
        events, place = await news(call, place, selection, _SILENT_SECONDS)
        for piece in _pieces(events, view):
            await response.write(piece)
            reported = place
        if not events and reported == place:
            await response.write(b":\n\n")
        elif not events:  # what was passed over need not be looked at again by who comes back
            await response.write(f":\nid: {place}\n\n".encode())
            reported = place


def _opened() -> web.StreamResponse:
    response = web.StreamResponse(headers=UNKEPT)
    response.content_type = MEDIA_TYPE
    response.charset = "utf-8"
    response.headers["X-Accel-Buffering"] = "no"  # nginx would hold events back
    return response


def _pieces(events: Sequence[Shared[View]], view: View) -> Iterator[bytes]:
    """The events' lines, put together as far as they may go at once."""
    lines: list[bytes] = []
    size = 0
    for one in events:
        lines.append(_reported(one, view))
        size += len(lines[-1])
        if size >= _AT_ONCE:
            yield b"".join(lines)
            lines, size = [], 0
    if lines:
        yield b"".join(lines)


def _reported(one: Shared[View], view: View) -> bytes:
    event = one.event
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (
        str(event.cursor).encode(),
        event.type.encode(),
        one.as_seen(view),
    )
