"""Answers that are held back until it is decided what became of a picture. Source: RFC 7240; native.md, section 3.

Those to writes are held back once all is committed and kept: a waiter has neither a transaction nor an upload's slot,
and a retry is answered with what was said first, at once.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from app.apis.v1.call import Call
from app.errors import ProductImagesError
from app.http.prefer import wait_of
from app.http.ready import ReadyResponse
from app.http.retries.answers import REPLAYED
from app.model import segment_of

PREFER: Final = "Prefer"
APPLIED: Final = "Preference-Applied"


@dataclass(frozen=True, slots=True)
class _Wish:
    """Who wrote `image` would rather hear what became of it; `show` answers anew."""

    call: Call
    image: int
    show: Callable[[], Awaitable[web.Response]]


_WISH: Final = web.RequestKey("wish_to_wait", _Wish)


def may_wait(call: Call, image: int, show: Callable[[], Awaitable[web.Response]]) -> None:
    """Of a write that has succeeded: its answer may be held back, if the client would rather have it so."""
    call.request[_WISH] = _Wish(call, image, show)


async def held_back(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """The answer to a write once it is decided what became of its image, or at once. Whatever goes wrong meanwhile:
    the write has succeeded, and its answer stands."""
    wish = request.get(_WISH)
    if wish is None or REPLAYED in response.headers:
        return response
    try:
        seconds = await seconds_waited_for(wish.call, wish.image)
        return response if seconds is None else applied(await wish.show(), seconds)
    except ProductImagesError:
        return response


async def seconds_waited_for(call: Call, image: int) -> int | None:
    """Returns when the image is in no process any more, or the client's time is over: of how many seconds that was.
    None, at once, where none was asked for or nobody may wait. ImageNotFound."""
    seconds = wait_of(call.request.headers.getall(PREFER, ()))
    if seconds is None:
        return None
    found = await call.services.images.image(image)
    file = found.picture.file
    if found.state != "processing" or file is None:
        return seconds
    shown = segment_of(file.sha256, found.edit_key)
    return seconds if await call.services.waiting.until_decided(shown, seconds) else None


def applied(response: web.StreamResponse, seconds: int | None) -> web.StreamResponse:
    """The answer, which tells that it was held back; then it is none for whoever asks the same next."""
    if seconds is not None:
        response.headers[APPLIED] = f"wait={seconds}"
        if isinstance(response, ReadyResponse):
            response.document = None
    return response
