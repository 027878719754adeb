"""Large files on their way from the store to clients, piece by piece."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from app.errors import ObjectMissing, StoreUnavailable
from app.http.conditions import ByteRange
from app.store import ObjectBody, ObjectStore
from app.store.protocol import CHUNK

_LEAST: Final = 16 * 1024
"""Bytes of a piece, however many files are on their way; `CHUNK` are the most."""
_TOGETHER: Final = 3 * 1024 * 1024
"""Bytes that the pieces of a process are meant to have together; those of files that were opened while fewer were on
their way are larger."""
_PROMPT_SECONDS: Final = 1.0
"""While few files are on their way, one whose client takes each piece within them stays open: that is one request to
the store, however large it is."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A body that lies in the store, where it has `size` bytes, and is streamed from there."""

    store: ObjectStore
    key: str
    size: int

    @asynccontextmanager
    async def opened(self, part: ByteRange, piece: int) -> AsyncIterator[ObjectBody]:
        """A part in pieces of so many bytes. ObjectMissing, StoreUnavailable."""
        async with self.store.open(self.key, start=part.start, end=part.end, piece=piece) as stored:
            if stored.size != self.size:
                raise StoreUnavailable(f"{self.key} has {stored.size} bytes instead of {self.size}")
            yield stored


class Streams:
    """Counts the files that are on their way, so that pieces are smaller where they are many.

    A client who does not take its piece costs that piece and no more: neither a connection to the store nor an open
    file waits for it longer than a moment. What it lacks is asked for anew when it goes on.
    """

    def __init__(self) -> None:
        self._count = 0

    async def send(self, request: web.Request, response: web.StreamResponse, source: Stored, part: ByteRange) -> None:
        """Sends a part. Raises ObjectMissing while nothing has been sent, StoreUnavailable also later."""
        with self._counted():
            position, is_prompt = await self._while_prompt(request, response, source, part, whole=True)
            while position < part.end:
                rest = ByteRange(position, part.end)
                with _as_lost(source):
                    position, is_prompt = await self._while_prompt(request, response, source, rest, whole=is_prompt)

    async def _while_prompt(
        self, request: web.Request, response: web.StreamResponse, source: Stored, part: ByteRange, *, whole: bool
    ) -> tuple[int, bool]:
        """Sends from an open object until the client lets a piece wait, and then waits without the object; a piece
        alone where files are many or the last piece waited. Where the next one begins, and whether none waited."""
        piece, position, late = self._piece(), part.start, None
        end = part.end if whole and piece == CHUNK else min(part.start + piece, part.end)
        async with source.opened(ByteRange(part.start, end), piece) as stored:
            async for chunk in stored:  # a store that fails before the headers can still be reported
                if not response.prepared:
                    await response.prepare(request)
                position += len(chunk)
                late = await _late(response, chunk)
                if late is not None:
                    break
        if not response.prepared:  # there was nothing to send
            await response.prepare(request)
        if late is not None:
            await late
        return position, late is None

    def _piece(self) -> int:
        return max(_LEAST, min(CHUNK, _TOGETHER // self._count))

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self._count += 1
        try:
            yield
        finally:
            self._count -= 1


async def _late(response: web.StreamResponse, chunk: bytes) -> "asyncio.Task[None] | None":
    """Sends a piece. None once the client has room for it; else, after a moment, what is to be waited for."""
    sending = asyncio.create_task(response.write(chunk))
    try:
        await asyncio.wait({sending}, timeout=_PROMPT_SECONDS)
    except asyncio.CancelledError:
        sending.cancel()
        raise
    if not sending.done():
        return sending
    sending.result()
    return None


@contextmanager
def _as_lost(source: Stored) -> Iterator[None]:
    """What is gone by now cannot be told as missing any more: a part of it has been sent."""
    try:
        yield
    except ObjectMissing as error:
        raise StoreUnavailable(f"{source.key} went missing while it was being sent") from error


STREAMS: Final = web.AppKey("streams", Streams)
