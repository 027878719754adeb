"""Fetching a file that somebody else names, without being led to places that only we can reach.

The address is judged when the socket is made, after all name resolution and for every redirect, so
that no spelling of a host and no resolver that changes its mind gets round it.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
from aiohttp import hdrs
from aiohttp.abc import AbstractResolver
from yarl import URL

from app.errors import FetchFailed, FetchRefused, ProductImagesError
from app.service.foreign.addresses import AllowedNetwork, allowed_network, is_public, parsed
from app.service.foreign.urls import CONTROLS
from app.settings import Settings

_PORTS: Final = (80, 443)
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


class _AddressRefused(OSError):
    """Raised where sockets are made; an OSError, so that the next address of the host is tried."""


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
            raise _told(error) from error

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
            raise _told(error) from error

    def _session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            socket_factory=self._guarded_socket,
            resolver=self._resolver,
            use_dns_cache=False,
            force_close=True,
        )
        return aiohttp.ClientSession(
            connector=connector,
            connector_owner=True,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_HEADERS,
            auto_decompress=False,
        )

    def _guarded_socket(self, address: Any) -> socket.socket:
        family, kind, protocol, _, where = address
        host, port = where[:2]
        if not may_connect(host, port, self._allowed):
            raise _AddressRefused(f"{host} port {port} is not public")
        return socket.socket(family, kind, protocol)

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


def may_connect(host: str, port: int, allowed: tuple[AllowedNetwork, ...] = ()) -> bool:
    """Whether a socket may be opened to this address: a public one at the web's ports, or an allowed one."""
    address = parsed(host)
    if any(address in one.network and one.port in (None, port) for one in allowed):
        return True
    return port in _PORTS and is_public(address)


def _told(error: Exception) -> FetchRefused | FetchFailed:
    reason = f"{type(error).__name__}: {error}"
    is_bad = isinstance(error, ValueError) and not isinstance(error, OSError)  # such as a host that IDNA cannot encode
    return FetchRefused(reason) if is_bad or _was_refused(error) else FetchFailed(reason)


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


def _was_refused(error: BaseException) -> bool:
    causes: list[BaseException | None] = [error]
    while (cause := causes.pop()) is not None:
        if isinstance(cause, _AddressRefused):
            return True
        causes.append(cause.__cause__ or cause.__context__)
    return False
