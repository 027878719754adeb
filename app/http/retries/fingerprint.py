"""By what a retry is told from another request: what differs with every try does not count.

A caller could only pass off a request of his own as another one of his own: a hash will do that nobody hits by chance,
and it takes a twentieth of the time of SHA-256, of which a body as large as a picture would cost a twenty-fifth of all
that is done to it.
"""

import hashlib
from collections.abc import Callable
from typing import Final

from aiohttp import hdrs, web
from xxhash import xxh3_128

from app.http.bodies.multipart import boundary_of
from app.percent import decoded

Buffer = bytes | memoryview
Take = Callable[[Buffer], None]

_MULTIPART: Final = "multipart/form-data"


FORMER_BYTES: Final = hashlib.sha256().digest_size
"""The length of digests as they were kept before, which tells them from those of now."""


class Fingerprint:
    """`variant` is what else the answer depends on; `update` is given the body as it arrives. `also_former`: the digest
    of before is reckoned as well."""

    def __init__(self, request: web.Request, variant: str, *, also_former: bool = False) -> None:
        self._hash = xxh3_128()
        self._former = hashlib.sha256() if also_former else None
        is_parts = request.content_type == _MULTIPART
        media_type = _MULTIPART if is_parts else request.headers.get(hdrs.CONTENT_TYPE, "")
        target = request.rel_url.raw_path, _query(request.rel_url.raw_query_string)
        for one in (request.method, *target, media_type, variant):
            self._add(one.encode("utf-8", "surrogateescape"))
        boundary = _boundary(request) if is_parts else b""
        take = self._hash.update if self._former is None else self._take
        self._body = _Pieces(take, b"--" + boundary) if boundary else _Whole(take)
        self.update = self._body.update

    def end(self) -> None:
        """All of the body was given."""
        self._body.end()

    @property
    def digest(self) -> bytes:
        """Of the request, once it has ended."""
        return self._hash.digest()

    @property
    def former_digest(self) -> bytes | None:
        return None if self._former is None else self._former.digest()

    def _add(self, part: bytes) -> None:
        self._take(b"%d:%b" % (len(part), part))

    def _take(self, piece: Buffer) -> None:
        self._hash.update(piece)
        if self._former is not None:
            self._former.update(piece)


class _Whole:
    """A body that is sent as it was."""

    def __init__(self, take: Take) -> None:
        self.update = take

    def end(self) -> None:
        """Nothing is held back."""


class _Pieces:
    """A body of parts: what stands between boundaries counts, and the length of each piece."""

    def __init__(self, take: Take, delimiter: bytes) -> None:
        self._take = take
        self._delimiter = delimiter
        self._rest = b""
        self._length = 0

    def update(self, chunk: bytes) -> None:
        data, start = self._rest + chunk, 0
        seen = memoryview(data)
        while (end := data.find(self._delimiter, start)) >= 0:
            self._add(seen[start:end])
            self._close()
            start = end + len(self._delimiter)
        kept = max(start, len(data) - len(self._delimiter) + 1)  # a delimiter may have begun there
        self._add(seen[start:kept])
        self._rest = data[kept:]

    def end(self) -> None:
        self._add(self._rest)
        self._close()

    def _add(self, piece: Buffer) -> None:
        self._take(piece)
        self._length += len(piece)

    def _close(self) -> None:
        self._take(b"\0%d\0" % self._length)
        self._length = 0


def _boundary(request: web.Request) -> bytes:
    return boundary_of(request.headers[hdrs.CONTENT_TYPE]).encode("utf-8", "surrogateescape")


def _query(query: str) -> str:
    """Without a credential: Spree's `token`, and the parameters of OAuth."""
    return "&".join(pair for pair in query.split("&") if not _is_credential(decoded(pair.partition("=")[0], "replace")))


def _is_credential(name: str) -> bool:
    return name == "token" or name.startswith("oauth_")
