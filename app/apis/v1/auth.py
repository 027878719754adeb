"""Who calls: `Authorization: Bearer KEY`, RFC 6750, or the cookie of a session of the console. Source: native.md, 1."""

import re
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from aiohttp import hdrs, web

from app.access.accounts import ApiKey, NativeRole
from app.access.sessions import CHANGE_TOKEN, COOKIE, Session, is_change_token
from app.apis.v1.call import Caller
from app.apis.v1.errors import Forbidden, NoChangeToken, Unauthenticated
from app.http.ready import Guard

FindKey: TypeAlias = Callable[[str], Awaitable[ApiKey | None]]
"""From a key's text to the key; None for one that is unknown to this API, or revoked."""

FindSession: TypeAlias = Callable[[str], Awaitable[Session | None]]
"""From a cookie's value to the session; None where there is none, or no more."""

RANKS: Final[dict[NativeRole, int]] = {"reader": 1, "editor": 2, "admin": 3}
"""Each role may what those before it may."""

_BEARER: Final = re.compile(r"bearer +(?P<key>[^\s,]+) *", re.IGNORECASE)


class Callers:
    """Whoever sends `Authorization` is who it says; a cookie is looked at where there is none."""

    def __init__(self, find_key: FindKey, find_session: FindSession) -> None:
        self._find_key = find_key
        self._find_session = find_session

    async def caller(self, request: web.Request) -> Caller:
        """Unauthenticated for a request without a key, or a session, that is known here. NoChangeToken for a change by
        a session that does not say it itself, but a page of another origin through it."""
        if hdrs.AUTHORIZATION in request.headers or COOKIE not in request.cookies:
            return await self._by_key(request)
        return await self._by_session(request, request.cookies[COOKIE])

    async def _by_key(self, request: web.Request) -> Caller:
        given = request.headers.getall(hdrs.AUTHORIZATION, [])
        found = _BEARER.fullmatch(given[0]) if len(given) == 1 else None
        key = await self._find_key(found["key"]) if found else None
        if key is None or key.role == "customer":
            raise Unauthenticated
        return Caller(key.id, key.name, key.role)

    async def _by_session(self, request: web.Request, token: str) -> Caller:
        session = await self._find_session(token)
        if session is None:
            raise Unauthenticated
        is_read = request.method in {hdrs.METH_GET, hdrs.METH_HEAD}
        if not is_read and not is_change_token(request.headers.get(CHANGE_TOKEN, ""), token):
            raise NoChangeToken
        if session.key_id is None:
            return Caller(session.id, session.name, session.role, "session", "console")
        return Caller(session.key_id, session.name, session.role, "key", "console")

    def guard(self, role: NativeRole) -> Guard:
        """Lets requests to documents that were shown to somebody of this role."""

        async def is_let(request: web.Request) -> bool:
            return RANKS[(await self.caller(request)).role] >= RANKS[role]

        return is_let


def authorise(caller: Caller, role: NativeRole) -> None:
    """Forbidden where the caller's role does not suffice."""
    if RANKS[caller.role] < RANKS[role]:
        raise Forbidden(f"{caller.role} instead of {role}")
