"""`/console`: the page under every address below, its files, and its session. Source: console.md, section 1."""

import asyncio
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final

import orjson
from aiohttp import hdrs, web

from app.access.accounts import Accounts
from app.access.sessions import CHANGE_TOKEN, COOKIE, SESSION_AGE, Session, Sessions, change_token, is_change_token
from app.console.attempts import Attempts
from app.console.files import PAGE, Files, picture_hosts
from app.http.apis import UNKEPT
from app.http.origin import external_origin
from app.http.rate_limits import RateLimits
from app.settings import Settings

_MOST_BYTES: Final = 1024
"""Of a body that holds a link or a key."""
_SECONDS: Final = 10.0
"""In which all of such a body has to arrive."""


@dataclass(frozen=True, slots=True)
class Console:
    """Deep links answer the page, which needs no session; it finds out itself whether there is one."""

    settings: Settings
    accounts: Accounts
    sessions: Sessions
    limits: RateLimits
    files: Files
    attempts: Attempts

    def routes(self) -> list[web.RouteDef]:
        session = "/console/session"
        return [
            web.get(session, self.show),
            web.post(session, self.open),
            web.delete(session, self.end),
            web.get("/console/files/{name:.*}", self.file),
            web.get(r"/console{rest:(?:/[\s\S]*)?}", self.page),
        ]

    async def page(self, request: web.Request) -> web.Response:
        return self.files.answer(request, PAGE)

    async def file(self, request: web.Request) -> web.Response:
        return self.files.answer(request, request.match_info["name"])

    async def show(self, request: web.Request) -> web.Response:
        """Whose session the request belongs to, and what it needs for changes; 204 where there is none."""
        token = request.cookies.get(COOKIE, "")
        session = await self.sessions.find(token) if token else None
        return self._reported(token, session) if session else web.Response(status=204, headers=UNKEPT)

    async def open(self, request: web.Request) -> web.Response:
        """Of `{"link": …}` or `{"key": …}` a session, and its cookie; 401. Only a page of this origin may send it: a
        form sends no JSON, and others are not answered what they would need to ask before they do."""
        if request.content_type != "application/json":
            return _refusal(415, "unsupported_media_type", "Send JSON.")
        given = await _given(request)
        token = await self._opened(given)
        if token is None or (session := await self.sessions.find(token)) is None:
            await self.attempts.failed(self.limits.subscriber(request))
            return _refusal(401, "unauthenticated", _WORDS["link" if "link" in given else "key"])
        response = self._reported(token, session)
        self._set_cookie(request, response, token)
        return response

    async def end(self, request: web.Request) -> web.Response:
        """The cookie means nothing any more. It takes the token of changes: nobody else logs anybody out."""
        token = request.cookies.get(COOKIE, "")
        if token:
            if not is_change_token(request.headers.get(CHANGE_TOKEN, ""), token):
                return _refusal(403, "forbidden", "X-Change-Token is missing.")
            await self.sessions.end(token)
        response = web.Response(status=204, headers=UNKEPT)
        response.del_cookie(COOKIE, path="/")
        return response

    async def _opened(self, given: dict[str, Any]) -> str | None:
        link, text = given.get("link"), given.get("key")
        if isinstance(link, str):
            return await self.sessions.open_by_link(link)
        key = await self.accounts.native_key(text) if isinstance(text, str) else None
        return await self.sessions.open_by_key(key.id) if key else None

    def _reported(self, token: str, session: Session) -> web.Response:
        reported = {
            "actor": {"kind": "session" if session.key_id is None else "key", "name": session.name},
            "role": session.role,
            "change_token": change_token(token),
            "version": version("product-images"),
            "locales": list(self.settings.locales.values()),
            "max_image_bytes": self.settings.max_image_bytes,
            "external": self.settings.console_external,
            "picture_hosts": picture_hosts(self.settings),
        }
        return _json(200, reported)

    def _set_cookie(self, request: web.Request, response: web.Response, token: str) -> None:
        response.set_cookie(
            COOKIE,
            token,
            path="/",
            max_age=int(SESSION_AGE.total_seconds()),
            httponly=True,
            samesite="Strict",
            secure=external_origin(request, self.settings).scheme == "https",
        )


_WORDS: Final = {
    "link": "This link was opened before, or is older than ten minutes.",
    "key": "No key of the native API reads like this one.",
}


async def _given(request: web.Request) -> dict[str, Any]:
    """The body's members; none where it is no JSON, or longer than a link or a key."""
    try:
        given = orjson.loads(await _body(request))
    except orjson.JSONDecodeError:
        return {}
    return given if isinstance(given, dict) else {}


async def _body(request: web.Request) -> bytes:
    """All of it, in however many parts it arrives; nothing of one that is too long, or too slow."""
    try:
        async with asyncio.timeout(_SECONDS):
            await request.content.readexactly(_MOST_BYTES + 1)
    except asyncio.IncompleteReadError as whole:
        return whole.partial
    except TimeoutError:
        pass
    return b""


def _refusal(status: int, code: str, detail: str) -> web.Response:
    return _json(status, {"status": status, "code": code, "detail": detail})


def _json(status: int, value: dict[str, Any]) -> web.Response:
    return web.Response(
        status=status, body=orjson.dumps(value), headers={hdrs.CONTENT_TYPE: "application/json", **UNKEPT}
    )
