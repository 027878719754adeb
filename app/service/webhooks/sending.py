"""One try at one delivery. Public addresses only; no redirects are followed; little is read of the answer."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import aiohttp
from aiohttp import hdrs
from aiohttp.abc import AbstractResolver

from app.service.foreign.addresses import allowed_network
from app.service.foreign.guard import guarded, was_refused
from app.settings import Settings

_MOST_READ: Final = 64 * 1024
_MOST_KEPT: Final = 1024
_GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one try. `status` None where there was no answer, and then `error` says why; `answer` is the
    beginning of its body."""

    status: int | None
    seconds: float
    answer: str | None = None
    error: str | None = None

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def failure(self) -> str:
        """Why it was not taken, in a few words; empty where it was."""
        return "" if self.is_taken else self.error or f"answered {self.status}"

    @property
    def sort(self) -> str:
        """The same for others than the webhook's owner: nothing of its URL, which errors repeat and which may hold a
        secret."""
        return "taken" if self.is_taken else str(self.status or (self.error or "").partition(":")[0])

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants to hear no more."""
        return self.status == _GONE


class Sender:
    """`resolver` replaces the system's. Open for as long as the block lasts."""

    def __init__(self, settings: Settings, resolver: AbstractResolver | None = None) -> None:
        self._seconds = settings.webhook_seconds
        self._allowed = tuple(map(allowed_network, settings.fetch_allowed_networks))
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=guarded(self._allowed, self._resolver, limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={hdrs.USER_AGENT: "product-images", hdrs.ACCEPT_ENCODING: "identity"},
            auto_decompress=False,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Attempt:
        """What became of it, within WEBHOOK_SECONDS; whatever goes wrong with what a stranger answers is told in it."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._seconds):
                status, answer = await self._posted(url, headers, body)
        except TimeoutError:
            return Attempt(None, time.monotonic() - began, error=f"no answer within {self._seconds} seconds")
        except Exception as error:
            return Attempt(None, time.monotonic() - began, error=_reported(error))
        return Attempt(status, time.monotonic() - began, _text(answer))

    async def _posted(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        assert self._session is not None
        sent = {**headers, hdrs.CONTENT_TYPE: "application/json"}
        async with self._session.post(url, data=body, headers=sent, allow_redirects=False) as response:
            return response.status, await _beginning(response)


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """So much of a body as is read at all; a body that breaks off says as much as it did."""
    found = bytearray()
    try:
        async for chunk in response.content.iter_chunked(_MOST_KEPT):
            found += chunk
            if len(found) >= _MOST_READ:
                break
    except aiohttp.ClientError:
        pass
    return bytes(found[:_MOST_KEPT])


def _reported(error: Exception) -> str:
    """Never what an internal address answers."""
    if was_refused(error):
        return "not a public address"
    return f"{type(error).__name__}: {error}"[:500].replace("\0", "")


def _text(answer: bytes) -> str:
    return answer.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
