"""A multipart body taken apart while it arrives: no part is ever held as a whole."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final

from app.errors import BodyBroken

_BOUNDARY: Final = re.compile(r'boundary=(?:"([^"]{1,200})"|"?([^";,]{1,200}))', re.IGNORECASE)
_MOST_HEADER_BYTES: Final = 8 * 1024
_FOLD: Final = re.compile(rb"\r\n[ \t]+")


@dataclass(frozen=True, slots=True)
class Part:
    """`headers` by lower-case name, unfolded, bytes that are no UTF-8 as lone surrogates; `content` can be read once,
    and what is not read is passed over."""

    headers: Mapping[str, str]
    content: AsyncIterator[bytes]


async def parts(chunks: AsyncIterator[bytes], content_type: str) -> AsyncIterator[Part]:
    """The parts of a body whose Content-Type is `content_type`, in order; BodyBroken."""
    boundary = boundary_of(content_type)
    if not boundary:
        raise BodyBroken("a multipart body without a boundary")
    scanner = _Scanner(chunks, b"\r\n--" + boundary.encode("utf-8", "surrogateescape"))
    await pass_over(scanner.content())
    while await scanner.opens_part():
        part = Part(await scanner.headers(), scanner.content())
        yield part
        await pass_over(part.content)


def boundary_of(content_type: str) -> str:
    """What stands between the parts of a body of this Content-Type, in quotes with any sign that RFC 2046 allows; empty
    where none is named."""
    found = _BOUNDARY.search(content_type)
    return (found[1] or found[2]).strip() if found else ""


async def pass_over(content: AsyncIterator[bytes]) -> None:
    async for _ in content:
        pass


class _Scanner:
    """Through the body, of which `_data` from `_at` on is in hand. A chunk that is all content goes on uncopied."""

    def __init__(self, chunks: AsyncIterator[bytes], delimiter: bytes) -> None:
        self._chunks = chunks
        self._delimiter = delimiter
        self._data = b"\r\n"  # the first delimiter may open the body
        self._at = 0

    async def content(self) -> AsyncIterator[bytes]:
        """Everything up to the next delimiter, which is consumed."""
        while (end := self._data.find(self._delimiter, self._at)) < 0:
            if (safe := self._where_it_may_begin()) > self._at:
                yield self._take(safe)
            await self._more()
        if end > self._at:
            yield self._take(end)
        self._at += len(self._delimiter)

    def _where_it_may_begin(self) -> int:
        """Where a delimiter may begin whose end is still to come; behind all that is in hand if nowhere."""
        at = max(self._at, len(self._data) - len(self._delimiter) + 1)
        while (at := self._data.find(self._delimiter[:1], at)) >= 0:
            if self._delimiter.startswith(self._data[at:]):
                return at
            at += 1
        return len(self._data)

    async def opens_part(self) -> bool:
        """Whether the delimiter just consumed opens a part; the other one ends the body."""
        while len(self._data) < self._at + 2:
            await self._more()
        if self._data.startswith(b"--", self._at):
            await pass_over(self._chunks)
            return False
        return True

    async def headers(self) -> Mapping[str, str]:
        while (end := self._data.find(b"\r\n\r\n", self._at, self._at + _MOST_HEADER_BYTES)) < 0:
            if len(self._data) - self._at > _MOST_HEADER_BYTES:
                raise BodyBroken("the headers of a part are too long")
            await self._more()
        lines = _FOLD.sub(b" ", self._take(end + 4)).decode("utf-8", "surrogateescape").split("\r\n")
        pairs = (line.partition(":") for line in lines if ":" in line)
        return {name.strip().lower(): value.strip() for name, _, value in pairs}

    def _take(self, end: int) -> bytes:
        """What is in hand up to that place; the last of it is not held any longer than whoever gets it wants it."""
        taken = self._data[self._at : end]
        self._data, self._at = (b"", 0) if end == len(self._data) else (self._data, end)
        return taken

    async def _more(self) -> None:
        chunk = await anext(self._chunks, None)
        if chunk is None:
            raise BodyBroken("the multipart body ends too early")
        self._data, self._at = self._data[self._at :] + chunk, 0
