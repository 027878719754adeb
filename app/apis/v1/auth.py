"""Who calls: `Authorization: Bearer KEY`, RFC 6750, and nowhere else. Source: native.md, section 1."""

import re
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from aiohttp import hdrs, web

from app.access.accounts import ApiKey, NativeRole
from app.apis.v1.call import Caller
from app.apis.v1.errors import Forbidden, Unauthenticated
from app.http.ready import Guard

FindKey: TypeAlias = Callable[[str], Awaitable[ApiKey | None]]
"""From a key's text to the key; None for one that is unknown to this API, or revoked."""

RANKS: Final[dict[NativeRole, int]] = {"reader": 1, "editor": 2, "admin": 3}
"""Each role may what those before it may."""

_BEARER: Final = re.compile(r"bearer +(?P<key>[^\s,]+) *", re.IGNORECASE)


class Callers:
    def __init__(self, find_key: FindKey) -> None:
        self._find_key = find_key

    async def caller(self, request: web.Request) -> Caller:
        """Unauthenticated for a request without a key that is known here."""
        given = request.headers.getall(hdrs.AUTHORIZATION, [])
        found = _BEARER.fullmatch(given[0]) if len(given) == 1 else None
        key = await self._find_key(found["key"]) if found else None
        if key is None or key.role == "customer":
            raise Unauthenticated
        return Caller(key.id, key.name, key.role)

    def guard(self, role: NativeRole) -> Guard:
        """Lets requests to documents that were shown to somebody of this role."""

        async def is_let(request: web.Request) -> bool:
            return RANKS[(await self.caller(request)).role] >= RANKS[role]

        return is_let


def authorise(caller: Caller, role: NativeRole) -> None:
    """Forbidden where the caller's role does not suffice."""
    if RANKS[caller.role] < RANKS[role]:
        raise Forbidden(f"{caller.role} instead of {role}")
