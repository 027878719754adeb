"""Answers that are held back until it is decided what became of a picture. Source: RFC 7240; native.md, section 3."""

from typing import Final

from aiohttp import web

from app.apis.v1.call import Call
from app.http.prefer import wait_of
from app.http.ready import ReadyResponse

PREFER: Final = "Prefer"
APPLIED: Final = "Preference-Applied"


async def seconds_waited_for(call: Call, image: int) -> int | None:
    """Returns when the image is in no process any more, or the client's time is over: of how many seconds that was.
    None, at once, where none was asked for or nobody may wait. ImageNotFound."""
    seconds = wait_of(call.request.headers.getall(PREFER, ()))
    if seconds is None:
        return None
    found = await call.room.images.image(image)
    file = found.picture.file
    if found.state != "processing" or file is None:
        return seconds
    return seconds if await call.room.waiting.until_decided(file.sha256, seconds) else None


def applied(response: web.StreamResponse, seconds: int | None) -> web.StreamResponse:
    """The answer, which tells that it was held back; then it is none for whoever asks the same next."""
    if seconds is not None:
        response.headers[APPLIED] = f"wait={seconds}"
        if isinstance(response, ReadyResponse):
            response.document = None
    return response
