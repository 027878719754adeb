"""Objects read by way of signed addresses, at a tenth of what the SDK takes for it."""

import os
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self
from urllib.request import getproxies, proxy_bypass

import aiohttp
from aiobotocore.credentials import AioCredentials
from aiohttp import hdrs
from yarl import URL

from app.errors import StoreUnavailable
from app.store.presign import Presigner, Signatory

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client

_CONNECT_SECONDS: Final = 2
_READ_SECONDS: Final = 5
_HAS_IT: Final = frozenset({200, 206})


@dataclass(frozen=True, slots=True)
class S3Response:
    """An object or the `part` of it that was asked for, in the words of Content-Range; `length` bytes to read."""

    length: int
    part: str
    read: Callable[[int], Awaitable[bytes]]
    close: Callable[[], object]

    def whole_size(self, *, ranged: bool) -> int:
        if not ranged:
            return self.length
        total = self.part.rpartition("/")[2]
        if not total.isdecimal():
            raise StoreUnavailable("the server does not answer ranges")
        return int(total)


class S3Reads:
    """Reads where `client` would read; where not all is in order, `client` itself does."""

    def __init__(self, client: "S3Client", bucket: str, credentials: AioCredentials | None, connections: int) -> None:
        self._client = client
        self._bucket = bucket
        self._credentials = credentials
        self._connections = connections
        self._exits = AsyncExitStack()

    async def __aenter__(self) -> Self:
        if self._credentials is not None:
            example = await self._client.generate_presigned_url("get_object", {"Bucket": self._bucket, "Key": "k"})
            self._presigner = Presigner(example.partition("?")[0].removesuffix("k"), self._client.meta.region_name)
        self._session = await self._exits.enter_async_context(
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections, ssl=_tls()),
                timeout=aiohttp.ClientTimeout(sock_connect=_CONNECT_SECONDS, sock_read=_READ_SECONDS),
                headers={hdrs.ACCEPT_ENCODING: "identity"},
                auto_decompress=False,
                proxy=_proxy(URL(self._client.meta.endpoint_url)),
            )
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exits.aclose()

    async def get(self, key: str, wanted: Mapping[str, str]) -> S3Response:
        """An object, or the part named by a `Range` in `wanted`. Raises what the client raises."""
        return await self._from_address(key, wanted) or await self._from_client(key, wanted)

    async def _from_address(self, key: str, wanted: Mapping[str, str]) -> S3Response | None:
        """None where anything is out of order: what is wrong, and whether to try again, the client knows best."""
        url = await self._address(key)
        if url is None:
            return None
        try:
            response = await self._session.get(url, headers=wanted, allow_redirects=False)
        except (aiohttp.ClientError, TimeoutError):
            return None
        if response.status not in _HAS_IT or response.content_length is None:
            response.close()
            return None
        part = response.headers.get(hdrs.CONTENT_RANGE, "")
        return S3Response(response.content_length, part, response.content.read, response.close)

    async def _address(self, key: str) -> URL | None:
        """Without credentials there is nothing to sign with; those of a role change from time to time."""
        if self._credentials is None:
            return None
        held = await self._credentials.get_frozen_credentials()
        if not held.access_key or not held.secret_key:
            return None
        return self._presigner.get(key, Signatory(held.access_key, held.secret_key, held.token), datetime.now(UTC))

    async def _from_client(self, key: str, wanted: Mapping[str, str]) -> S3Response:
        given = await self._client.get_object(Bucket=self._bucket, Key=key, **wanted)  # type: ignore[arg-type]
        body = given["Body"]
        return S3Response(given["ContentLength"], given.get("ContentRange", ""), body.read, body.close)


def _proxy(url: URL) -> str | None:
    """The one that the environment names. Looked for once: the session would do it for every request, in a thread."""
    return None if proxy_bypass(url.host or "") else getproxies().get(url.scheme)


def _tls() -> ssl.SSLContext | bool:
    """Certificates are checked against the authorities that the SDK is told of, or the usual ones."""
    authorities = os.environ.get("AWS_CA_BUNDLE")
    return ssl.create_default_context(cafile=authorities) if authorities else True
