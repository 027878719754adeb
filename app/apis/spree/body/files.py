"""The file of one request on its way to disk, and the place that it takes there. Source: spree.md, sections 3 and 7."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Final, Literal

from app.apis.spree.body.params import Upload
from app.errors import BodyTooSlow, FileTooLarge
from app.http.bodies.multipart import pass_over
from app.http.body import LEAST_RATE
from app.service.pictures.intake import Intake, Spool

_HEAD: Final = 1024  # bytes kept to tell what kind of file it is

Standing = Literal["admin", "unknown", "refused"]
"""What is known of a caller before the body is read; who sends a key in it is unknown until then."""


class Files:
    """The file of one request, in a spool that is opened when the first byte comes.

    Who is refused has no right to upload: the files are read through and take up neither space nor a slot. Who is
    unknown has a place among strangers of his `address`, and from then on `seconds`, or as long as he sends 64 KiB in
    each, for the rest of his body. `is_admin` says whether a key is an admin's. `announced` is the body's length in
    bytes as far as it is known; the disc keeps room for what admins announce.
    """

    def __init__(
        self,
        stack: AsyncExitStack,
        intake: Intake,
        standing: Standing,
        *,
        address: str,
        seconds: float,
        is_admin: Callable[[str], Awaitable[bool]],
        announced: int = 0,
    ) -> None:
        self._stack = stack
        self._intake = intake
        self.standing = standing
        self._address = address
        self._seconds = seconds
        self._is_admin = is_admin
        self._announced = announced
        self._place = AsyncExitStack()
        self._spool: Spool | None = None
        self._end: float | None = None
        self.key = ""
        """What the body has said so far of the key that goes with its file."""

    @property
    def spool(self) -> Spool:
        if self._spool is None:
            raise LookupError("no file was received")
        return self._spool

    async def receive(self, name: str, chunks: AsyncIterator[bytes], declared: str | None = None) -> Upload:
        """Spools a file; of several the last one counts. One beyond the limit is only read through."""
        if self.standing == "refused":
            await pass_over(chunks)
            return Upload(name, b"")
        spool = await self._fresh()
        head, too_large = b"", False
        async for chunk in chunks:
            if len(head) < _HEAD:
                head = (head + chunk)[:_HEAD]
            if not too_large:
                too_large = not await _fits(spool, chunk)
        await spool.finish()
        return Upload(name, head, too_large, declared)

    async def reserve(self) -> None:
        """Takes the slot of an upload already; Busy."""
        await self._fresh()

    async def admit(self) -> None:
        """The caller has turned out to be an admin: what he sent lies among the uploads from now on; Busy."""
        self.standing = "admin"
        if self._spool is not None and self._end is not None:
            self._stack.enter_context(self._intake.slots.take())
            await self._place.aclose()

    async def in_time(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The body, BodyTooSlow once a stranger holds a place for longer than he may."""
        while chunk := await self._next(chunks):
            yield chunk
            if self._end is not None:
                self._end += len(chunk) / LEAST_RATE

    async def _next(self, chunks: AsyncIterator[bytes]) -> bytes:
        if self._end is None:
            return await anext(chunks, b"")
        try:
            async with asyncio.timeout_at(self._end):
                return await anext(chunks, b"")
        except TimeoutError as error:
            raise BodyTooSlow("a stranger's file") from error

    async def _fresh(self) -> Spool:
        if self._spool is None:
            await self._take_place()
            self._spool = await self._stack.enter_async_context(
                self._intake.file(self._announced if self.standing == "admin" else 0)
            )
        else:
            await self._spool.restart()
        return self._spool

    async def _take_place(self) -> None:
        await self._stack.enter_async_context(self._place)
        if self.standing == "unknown" and self.key and await self._is_admin(self.key):
            self.standing = "admin"
        if self.standing == "admin":
            self._place.enter_context(self._intake.slots.take())
        else:
            await self._place.enter_async_context(self._intake.strangers.place(self._address))
            self._end = asyncio.get_running_loop().time() + self._seconds


async def _fits(spool: Spool, chunk: bytes) -> bool:
    try:
        await spool.write(chunk)
    except FileTooLarge:
        return False
    return True
