"""A multipart body taken apart while it arrives: no part is ever held as a whole."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final

from app.errors import BodyBroken

_BOUNDARY: Final = re.compile(r'boundary="?([^";,]{1,200})"?', re.IGNORECASE)
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
    found = _BOUNDARY.search(content_type)
    boundary = found[1].strip() if found else ""
    if not boundary:
        raise BodyBroken("a multipart body without a boundary")
    scanner = _Scanner(chunks, b"\r\n--" + boundary.encode("utf-8", "surrogateescape"))
    await pass_over(scanner.content())
    while await scanner.opens_part():
        part = Part(await scanner.headers(), scanner.content())
        yield part
        await pass_over(part.content)


async def pass_over(content: AsyncIterator[bytes]) -> None:
    async for _ in content:
        pass


class _Scanner:
    def __init__(self, chunks: AsyncIterator[bytes], delimiter: bytes) -> None:
        self._chunks = chunks
        self._delimiter = delimiter
        self._buffer = bytearray(b"\r\n")  # the first delimiter may open the body

    async def content(self) -> AsyncIterator[bytes]:
        """Everything up to the next delimiter, which is consumed."""
        while (end := self._buffer.find(self._delimiter)) < 0:
            safe = len(self._buffer) - len(self._delimiter) + 1
            if safe > 0:
                yield self._take(safe)
            await self._more()
        if end:
            yield self._take(end)
        self._take(len(self._delimiter))

    async def opens_part(self) -> bool:
        """Whether the delimiter just consumed opens a part; the other one ends the body."""
        while len(self._buffer) < 2:
            await self._more()
        if self._buffer.startswith(b"--"):
            await pass_over(self._chunks)
            return False
        return True

    async def headers(self) -> Mapping[str, str]:
        while (end := self._buffer.find(b"\r\n\r\n", 0, _MOST_HEADER_BYTES)) < 0:
            if len(self._buffer) > _MOST_HEADER_BYTES:
                raise BodyBroken("the headers of a part are too long")
            await self._more()
        lines = _FOLD.sub(b" ", self._take(end + 4)).decode("utf-8", "surrogateescape").split("\r\n")
        pairs = (line.partition(":") for line in lines if ":" in line)
        return {name.strip().lower(): value.strip() for name, _, value in pairs}

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    async def _more(self) -> None:
        chunk = await anext(self._chunks, None)
        if chunk is None:
            raise BodyBroken("the multipart body ends too early")
        self._buffer += chunk
