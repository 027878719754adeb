"""By what a retry is told from another request: what differs with every try does not count."""

import hashlib
import re
from collections.abc import Callable
from typing import Final

from aiohttp import hdrs, web

from app.percent import decoded

Take = Callable[[bytes], None]

_MULTIPART: Final = "multipart/form-data"
_DIGEST_BYTES: Final = 32
_BOUNDARY: Final = re.compile(r'boundary="?([^";,]{1,200})"?', re.IGNORECASE)


class Fingerprint:
    """`variant` is what else the answer depends on. `update` is given the body as it arrives."""

    def __init__(self, request: web.Request, variant: str) -> None:
        self._hash = hashlib.blake2b(digest_size=_DIGEST_BYTES)
        is_parts = request.content_type == _MULTIPART
        media_type = _MULTIPART if is_parts else request.headers.get(hdrs.CONTENT_TYPE, "")
        target = request.rel_url.raw_path, _query(request.rel_url.raw_query_string)
        for one in (request.method, *target, media_type, variant):
            self._add(one.encode("utf-8", "surrogateescape"))
        boundary = _boundary(request) if is_parts else b""
        self._body = _Pieces(self._hash.update, b"--" + boundary) if boundary else _Whole(self._hash.update)
        self.update = self._body.update

    def digest(self) -> bytes:
        """Of the request, once all of its body was given."""
        self._body.end()
        return self._hash.digest()

    def _add(self, part: bytes) -> None:
        self._hash.update(b"%d:%b" % (len(part), part))


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
        *whole, last = (self._rest + chunk).split(self._delimiter)
        for piece in whole:
            self._add(piece)
            self._close()
        kept = min(len(last), len(self._delimiter) - 1)  # a delimiter may have begun there
        self._add(last[: len(last) - kept])
        self._rest = last[len(last) - kept :]

    def end(self) -> None:
        self._add(self._rest)
        self._close()

    def _add(self, piece: bytes) -> None:
        self._take(piece)
        self._length += len(piece)

    def _close(self) -> None:
        self._take(b"\0%d\0" % self._length)
        self._length = 0


def _boundary(request: web.Request) -> bytes:
    found = _BOUNDARY.search(request.headers[hdrs.CONTENT_TYPE])
    return found[1].strip().encode("utf-8", "surrogateescape") if found else b""


def _query(query: str) -> str:
    """Without a credential: Spree's `token`, and the parameters of OAuth."""
    return "&".join(pair for pair in query.split("&") if not _is_credential(decoded(pair.partition("=")[0], "replace")))


def _is_credential(name: str) -> bool:
    return name == "token" or name.startswith("oauth_")
