"""Waiting for events, for as long as who waits may see them."""

import asyncio
from collections.abc import Sequence
from typing import Final

from app.apis.v1.call import Call
from app.apis.v1.errors import Unauthenticated
from app.service.feed.cursors import Cursor
from app.service.feed.events import View
from app.service.feed.follower import Shared
from app.service.feed.kinds import Selection

_LOOK_SECONDS: Final = 1.0
"""Longest time after which it is noticed that a key or session has ended, or that a client has left, whether something
happens or not."""


async def news(
    call: Call, place: Cursor, selection: Selection, seconds: float
) -> tuple[Sequence[Shared[View]], Cursor]:
    """What comes behind a place within so many seconds, and where to go on; nothing once they are over, something was
    passed over, the client has left, or the process drains. Unauthenticated as soon as the caller is nobody any
    more."""
    follower, clock = call.services.follower, asyncio.get_running_loop().time
    end = clock() + seconds
    while True:
        wait = min(_LOOK_SECONDS, max(0.0, end - clock()))
        events, reached = await follower.behind(place, selection, wait)
        if not await call.is_let():
            raise Unauthenticated
        if events or reached != place or follower.is_over or call.is_left or clock() >= end:
            return events, reached
