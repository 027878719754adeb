"""`Content-Digest` of a request's body, RFC 9530: checked where it is sent."""

import base64
import binascii
import hashlib
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from aiohttp import web

from app.apis.v1.errors import Malformed, MalformedHead, Mistake

HEADER: Final = "Content-Digest"
_KNOWN: Final = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
_MEMBER: Final = re.compile(
    r"[ \t]*(?P<name>[a-z*][a-z0-9_.*-]*)\s*=\s*:(?P<digest>[A-Za-z0-9+/=]*):"
    r"(?:; *[a-z*][a-z0-9_.*-]*(?:=[!-+\--:<-~]*)?)*[ \t]*",
    re.ASCII,
)
"""A member of a dictionary of RFC 8941, with parameters that mean nothing here."""


async def checked(request: web.Request, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The body as it comes; Malformed at its end where it is not the one that was announced, and at once for a header
    that is none."""
    digest = ContentDigest(request.headers.getall(HEADER, []))
    async for chunk in chunks:
        digest.update(chunk)
        yield chunk
    digest.check()


class ContentDigest:
    """Fed with the body as it arrives. Algorithms other than SHA-256 and SHA-512 are not looked at."""

    def __init__(self, values: Sequence[str]) -> None:
        """Malformed for values of the header that are none."""
        given = dict(map(_member, ",".join(values).split(","))) if values else {}
        self._wanted = {name: digest for name, digest in given.items() if name in _KNOWN}
        self._found: dict[str, Any] = {name: _KNOWN[name]() for name in self._wanted}

    def update(self, piece: bytes) -> None:
        for digest in self._found.values():
            digest.update(piece)

    def check(self) -> None:
        """Malformed, with the mistake `digest_mismatch`, where the body is another one."""
        for name, digest in self._found.items():
            if digest.digest() != self._wanted[name]:
                reported = f"The body's {name} is not the one that {HEADER} says."
                raise Malformed(reported, [Mistake("", "digest_mismatch", reported)])


def _member(text: str) -> tuple[str, bytes]:
    found = _MEMBER.fullmatch(text)
    try:
        if found is not None:
            return found["name"], base64.b64decode(found["digest"], validate=True)
    except binascii.Error:
        pass
    raise MalformedHead(f"{HEADER} is no list of digests such as sha-256=:…:.")
