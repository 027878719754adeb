"""`Content-Digest` of a request's body. Source: RFC 9530; native.md, sections 3 and 13."""

import base64
import binascii
import hashlib
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from aiohttp import web

from app.apis.v1.errors import Malformed, Mistake

HEADER: Final = "Content-Digest"
_ALGORITHMS: Final = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
_MEMBER: Final = re.compile(r"[ \t]*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):[ \t]*(?:,(?=[ \t]*[a-z*])|$)")


async def checked(request: web.Request, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The body as it comes; Malformed at its end where it is not the one that was announced, and at once for a header
    that is none."""
    digests = [(_ALGORITHMS[name](), value) for name, value in announced(request).items() if name in _ALGORITHMS]
    async for chunk in chunks:
        for digest, _ in digests:
            digest.update(chunk)
        yield chunk
    if any(digest.digest() != value for digest, value in digests):
        mistake = Mistake("", "digest_mismatch", "The body is not the one that Content-Digest announces.")
        raise Malformed(mistake.detail, [mistake])


def announced(request: web.Request) -> Mapping[str, Any]:
    """The digests of a request by algorithm; Malformed."""
    text, found, place = ",".join(request.headers.getall(HEADER, [])), {}, 0
    while place < len(text):
        member = _MEMBER.match(text, place)
        if member is None:
            raise Malformed("The header Content-Digest cannot be read.")
        found[member[1]] = _decoded(member[2])
        place = member.end()
    return found


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Malformed("The header Content-Digest cannot be read.") from None
