"""Fetching a file that somebody else names, without being led to places that only we can reach.

The address is judged when the socket is made (`guard`), for every redirect, too.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

import aiohttp
from aiohttp import hdrs
from aiohttp.abc import AbstractResolver
from yarl import URL

from app.errors import FetchFailed, FetchRefused, ProductImagesError
from app.service.foreign.addresses import allowed_network
from app.service.foreign.guard import guarded, was_refused
from app.service.foreign.urls import CONTROLS
from app.settings import Settings

_REDIRECTS: Final = 3
_REDIRECT_STATUSES: Final = (301, 302, 303, 307, 308)
_CHUNK: Final = 64 * 1024  # bytes
_HEADERS: Final = {hdrs.USER_AGENT: "product-images", hdrs.ACCEPT: "image/*", hdrs.ACCEPT_ENCODING: "identity"}


@dataclass(frozen=True, slots=True)
class Remote:
    """An answer: its Content-Disposition (empty if none), the last segment of its path that names anything, and its
    bytes, which end at most one chunk behind the largest image accepted."""

    disposition: str
    segment: str
    chunks: AsyncIterator[bytes]


class Fetcher:
    """`resolver` replaces the system's."""

    def __init__(self, settings: Settings, resolver: AbstractResolver | None = None) -> None:
        self._seconds = settings.fetch_seconds
        self._largest = settings.max_image_bytes
        self._allowed = tuple(map(allowed_network, settings.fetch_allowed_networks))
        self._resolver = resolver

    @asynccontextmanager
    async def open(self, text: str) -> AsyncIterator[Remote]:
        """What is at a URL; FetchRefused, FetchFailed. The time limit covers the block, too."""
        try:
            async with AsyncExitStack() as stack:
                await stack.enter_async_context(asyncio.timeout(self._seconds))
                yield await self._answered(stack, text)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _translated(error) from error

    async def _answered(self, stack: AsyncExitStack, text: str) -> Remote:
        """Until the first byte all hangs on what strangers wrote: the address, name servers, redirects, headers. So
        whatever goes wrong with it, in whichever library, is a refusal or a failure of this one address."""
        try:
            session = await stack.enter_async_context(self._session())
            url, response = await stack.enter_async_context(self._followed(session, text))
            disposition = response.headers.get(hdrs.CONTENT_DISPOSITION, "")
            return Remote(disposition, last_segment(url.raw_path), self._chunks(response))
        except ProductImagesError:
            raise
        except Exception as error:
            raise _translated(error) from error

    def _session(self) -> aiohttp.ClientSession:
        connector = guarded(self._allowed, self._resolver)
        return aiohttp.ClientSession(
            connector=connector,
            connector_owner=True,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_HEADERS,
            auto_decompress=False,
        )

    @asynccontextmanager
    async def _followed(
        self, session: aiohttp.ClientSession, text: str
    ) -> AsyncIterator[tuple[URL, aiohttp.ClientResponse]]:
        url = _usable(text)
        for _ in range(_REDIRECTS + 1):
            async with session.get(url, allow_redirects=False) as response:
                if response.status not in _REDIRECT_STATUSES:
                    _check(response)
                    yield url, response
                    return
                url = _usable(response.headers.get(hdrs.LOCATION, ""), base=url)
        raise FetchFailed(f"more than {_REDIRECTS} redirects")

    async def _chunks(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        received = 0
        async for chunk in response.content.iter_chunked(_CHUNK):
            yield chunk
            received += len(chunk)
            if received > self._largest:
                return


def last_segment(path: str) -> str:
    """The last segment of a URL's path that is not empty; empty where there is none."""
    return path.rstrip("/").rpartition("/")[2]


def _translated(error: Exception) -> FetchRefused | FetchFailed:
    reason = f"{type(error).__name__}: {error}"
    is_bad = isinstance(error, ValueError) and not isinstance(error, OSError)  # such as a host that IDNA cannot encode
    return FetchRefused(reason) if is_bad or was_refused(error) else FetchFailed(reason)


def _usable(text: str, base: URL | None = None) -> URL:
    if CONTROLS.search(text):
        raise FetchRefused("a control character in an address")
    try:
        url = URL(text) if base is None else base.join(URL(text))
    except ValueError as error:
        raise FetchRefused(f"no URL: {error}") from None
    if url.scheme not in ("http", "https") or not url.host or url.raw_user is not None:
        raise FetchRefused(f"not a plain http or https URL: {url.scheme}")
    return url


def _check(response: aiohttp.ClientResponse) -> None:
    if response.status != 200:
        raise FetchFailed(f"answered {response.status}")
    if response.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        raise FetchFailed("answered in a compressed form")
