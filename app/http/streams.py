"""Large files on their way from the store to clients, piece by piece."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from app.errors import ObjectMissing, StoreUnavailable
from app.http.conditions import ByteRange
from app.store import ObjectStore
from app.store.protocol import CHUNK

_LEAST: Final = 16 * 1024
"""Bytes of a piece, however many files are on their way; `CHUNK` are the most, and are read at one go."""
_TOGETHER: Final = 2 * 1024 * 1024
"""Bytes that the pieces of a process are meant to have together; those that were read while fewer files were on their
way are larger."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A body that lies in the store, where it has `size` bytes, and is streamed from there."""

    store: ObjectStore
    key: str
    size: int

    async def read(self, part: ByteRange) -> memoryview:
        """All of a part. ObjectMissing, StoreUnavailable."""
        async with self.store.open(self.key, start=part.start, end=part.end) as stored:
            if stored.size != self.size:
                raise StoreUnavailable(f"{self.key} has {stored.size} bytes instead of {self.size}")
            chunks = [chunk async for chunk in stored]
        return memoryview(chunks[0] if len(chunks) == 1 else b"".join(chunks))


class Streams:
    """Counts the files that are on their way, so that pieces are smaller where they are many.

    A client who does not take its piece costs that piece and no more: each is read by itself, so that neither a
    connection to the store nor an open file waits for the client.
    """

    def __init__(self) -> None:
        self._count = 0

    async def send(self, request: web.Request, response: web.StreamResponse, source: Stored, part: ByteRange) -> None:
        """Sends a part. Raises ObjectMissing while nothing has been sent, StoreUnavailable also later."""
        with self._counted():
            first = self._next(part, part.start)
            await _send_first(request, response, await source.read(first))
            position = first.end
            while position < part.end:
                piece = self._next(part, position)
                await response.write(await _read_on(source, piece))
                position = piece.end

    def _next(self, part: ByteRange, position: int) -> ByteRange:
        size = max(_LEAST, min(CHUNK, _TOGETHER // self._count))
        return ByteRange(position, min(position + size, part.end))

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self._count += 1
        try:
            yield
        finally:
            self._count -= 1


async def _send_first(request: web.Request, response: web.StreamResponse, piece: memoryview) -> None:
    await response.prepare(request)
    await response.write(piece)


async def _read_on(source: Stored, piece: ByteRange) -> memoryview:
    """What is gone by now cannot be told as missing any more: a part of it has been sent."""
    try:
        return await source.read(piece)
    except ObjectMissing as error:
        raise StoreUnavailable(f"{source.key} went missing while it was being sent") from error


STREAMS: Final = web.AppKey("streams", Streams)
