"""`If-Match` on writes, which compares id and revision alone, and `If-None-Match: *`. Source: native.md, section 3; RFC
9110, 13.1."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import hdrs, web

from app.errors import PreconditionFailed
from app.service.galleries.v1.input import Revisions

_TAG: Final = re.compile(r'(W/)?"([^"]*)"')
_REVISION: Final = re.compile(r"([0-9]{1,18})(?:-[0-9a-f]*)?", re.ASCII)


def revisions_of(request: web.Request, begins: str) -> Revisions:
    """At which revisions of the thing whose tags begin so the request holds; None: at any."""
    lines = request.headers.getall(hdrs.IF_MATCH, [])
    if not lines or "*" in (line.strip() for line in lines):
        return None
    tags = (tag for line in lines for weak, tag in _TAG.findall(line) if not weak)
    found = (_REVISION.fullmatch(tag.removeprefix(begins)) for tag in tags if tag.startswith(begins))
    return frozenset(int(revision[1]) for revision in found if revision)


def is_to_be_new(request: web.Request) -> bool:
    """Whether the request holds only where there is no such thing yet: `If-None-Match: *`, RFC 9110, 13.1.2."""
    return any(line.strip() == "*" for line in request.headers.getall(hdrs.IF_NONE_MATCH, []))


async def guarded(change: Awaitable[None], current: Callable[[], Awaitable[Any]]) -> None:
    """A change that holds for a revision: where it does not, the refusal brings along what there is now."""
    try:
        await change
    except PreconditionFailed as error:
        raise PreconditionFailed(error.reason, {"current": await current()}) from error
