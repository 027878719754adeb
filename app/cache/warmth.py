"""A process that begins knows what the one before it was asked for, and asks the database for that before it is ready.

So a restart costs neither its clients nor the database what a cold process would. Documents come the same way as for
any request, with the same care for changes under way: nothing that was kept by a former process is used.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from hashlib import blake2b
from itertools import chain, zip_longest
from typing import Any, Final, NamedTuple, TypeAlias

import orjson

from app.background import in_background, is_set_within
from app.cache.asked import AskedFile, NotToBeRead
from app.cache.documents import DocumentCache
from app.db.listen import Hearing
from app.errors import ProductImagesError, Unavailable
from app.events import CheckFailed, Observe
from app.settings import Settings

Read: TypeAlias = Callable[[Sequence[Any]], Awaitable[None]]
"""Keeps the document ready that a line asks for, its first word left out; ValueError for what is no such line."""

MOST: Final = 50_000
"""Requests that are written down: by Zipf's law nearly all that come."""
_EVERY_SECONDS: Final = 60.0
_DEAF_SECONDS: Final = 0.2
_SLICE: Final = 50
"""Keys that are spelled before others have their turn: unpacking them takes half a millisecond."""
_AT_ONCE: Final = 128
"""Documents asked for at a time while nobody else is served: as many as make two statements."""
_AT_ONCE_BEHIND: Final = 16
"""The same beside clients."""


class Shelf(NamedTuple):
    """Where the documents of a kind of lines are kept, and what reads them."""

    documents: DocumentCache
    read: Read


class Warmth:
    """`shelves` are by the first word of a line. All their documents are told of."""

    def __init__(self, settings: Settings, shelves: Mapping[str, Shelf], hearing: Hearing, observe: Observe) -> None:
        self._file = AskedFile(settings.asked_dir, service_of(settings))
        self._seconds = settings.warm_seconds
        self._shelves = shelves
        self._documents = tuple(dict.fromkeys(shelf.documents for shelf in shelves.values()))
        self._hearing = hearing
        self._observe = observe
        self._at_once = _AT_ONCE
        self._is_warm = asyncio.Event()
        self._is_over = False

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Entered once all is read, or `WARM_SECONDS` have passed, after which reading goes on behind. What is asked
        for is written down for as long as the block lasts, and at its end."""
        async with in_background("warm start", self._warm, self._observe):
            await is_set_within(self._is_warm, self._seconds)
            self._at_once = _AT_ONCE_BEHIND
            async with in_background("requests written down", self._write_again, self._observe):
                yield
        try:
            await self.write()
        except OSError as error:
            self._observe(CheckFailed("requests written down", f"{type(error).__name__}: {error}"))

    async def write(self) -> None:
        """What was asked for lately, the last first; nothing before the warm start has ended, which still needs what
        stands there. Raises OSError."""
        if not self._is_over:
            return
        lines: dict[bytes, None] = {}
        asked = zip_longest(*(documents.asked(MOST) for documents in self._documents))
        for number, line in enumerate(chain.from_iterable(asked), 1):
            if line:
                lines[line] = None
            if len(lines) == MOST:
                break
            if number % _SLICE == 0:
                await asyncio.sleep(0)
        await asyncio.to_thread(self._file.write, list(lines))

    async def _write_again(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            await self.write()

    async def _warm(self) -> None:
        try:
            if lines := await self._lines():
                await self._hearing.begun.wait()
                self._become_warm(True)
                await self._read(lines)
            self._is_over = True
        finally:
            self._become_warm(False)
            self._is_warm.set()

    async def _lines(self) -> list[bytes]:
        try:
            return await asyncio.to_thread(self._file.read)
        except (NotToBeRead, OSError) as error:
            self._observe(CheckFailed("warm start", f"what was asked for lately is not read: {error}"))
            return []

    def _become_warm(self, warming: bool) -> None:
        for documents in self._documents:
            documents.warming = warming

    async def _read(self, lines: Sequence[bytes]) -> None:
        """As many as there is room for; once more from the beginning where changes were not heard of meanwhile, as then
        nothing is kept."""
        wrong: Counter[str] = Counter()
        done = 0
        while done < len(lines) and not all(documents.is_full for documents in self._documents):
            if not self._hearing.listening:
                await asyncio.sleep(_DEAF_SECONDS)
                done = 0
                continue
            some = lines[done : done + self._at_once]
            done += len(some)
            for outcome in await asyncio.gather(*map(self._one, some), return_exceptions=True):
                if isinstance(outcome, Unavailable):
                    raise outcome
                if isinstance(outcome, Exception):
                    wrong[type(outcome).__name__] += 1
        if wrong:
            counts = ", ".join(f"{count} times {what}" for what, count in wrong.items())
            self._observe(CheckFailed("warm start", f"lines of what was asked for lately are left out: {counts}"))

    async def _one(self, line: bytes) -> None:
        name, *asked = orjson.loads(line)
        shelf = self._shelves[name]
        if shelf.documents.is_full:
            return
        try:
            await shelf.read(asked)
        except Unavailable:
            raise
        except ProductImagesError:
            pass  # it is not there any more


def service_of(settings: Settings) -> str:
    """Under the same addresses and languages the same is asked for."""
    addresses = settings.public_url, settings.media_url, settings.glue_base_url, settings.glue_languages
    return blake2b(repr(addresses).encode(), digest_size=8).hexdigest()
