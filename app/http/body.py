"""Request bodies, bounded in bytes and time while they arrive."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import hdrs, web

from app.errors import BodyBroken, BodyTooLarge, BodyTooSlow, EncodingNotAccepted
from app.http.appkeys import SETTINGS
from app.http.retries.fingerprint import Fingerprint

LEAST_RATE: Final = 64 * 1024
"""Bytes a second that a body comes at, once its time is up: who sends much over a slow line is no worse a client."""


WATCHED: Final = web.RequestKey("watched", Fingerprint)
"""What is given each piece of a body as well."""


async def body_chunks(request: web.Request, limit: int) -> AsyncIterator[bytes]:
    """The body as it arrives. Raises BodyTooLarge beyond `limit` bytes, BodyTooSlow where its time is up and the whole
    of it came at less than `LEAST_RATE` since, BodyBroken, and EncodingNotAccepted for a compressed one."""
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").strip().lower() not in {"identity", ""}:
        raise EncodingNotAccepted(request.headers[hdrs.CONTENT_ENCODING][:100])
    if (announced := request.content_length or 0) > limit:
        raise BodyTooLarge(f"{announced} bytes announced, {limit} allowed")
    settings, clock = request.app[SETTINGS], asyncio.get_running_loop().time
    deadline = clock() + settings.body_seconds
    received, watched = 0, request.get(WATCHED)
    while chunk := await _next(request, min(deadline, clock() + settings.body_idle_seconds)):
        received += len(chunk)
        deadline += len(chunk) / LEAST_RATE
        if received > limit:
            raise BodyTooLarge(f"more than {limit} bytes")
        if watched is not None:
            watched.update(chunk)
        yield chunk


async def read_body(request: web.Request, limit: int) -> bytes:
    """The whole body; raises what `body_chunks` raises."""
    return b"".join([chunk async for chunk in body_chunks(request, limit)])


async def _next(request: web.Request, deadline: float) -> bytes:
    try:
        async with asyncio.timeout_at(deadline):
            return await request.content.readany()
    except TimeoutError as error:
        raise BodyTooSlow from error
    except web.RequestPayloadError as error:
        raise BodyBroken(str(error)) from error
