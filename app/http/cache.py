"""Ready documents of one process: bounded in bytes, dropped by family, filled once per key.

A document belongs to the family of products that it shows (the root product's id), or to none when
it says that an address is unknown. Dropping is exact: a fill that began before a drop is not kept,
and nobody who asks after a drop joins it.

Documents are kept under the address as it was typed: an id, an SKU in any case, a slug or a former one.
Which documents another product or name makes wrong cannot be told from their keys, nor from their
families, so a change of addresses drops everything.
"""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from aiohttp import hdrs
from aiohttp.http import SERVER_SOFTWARE

from app.http.ready import serialised, serialised_head
from app.service.flight import SingleFlight

_ENTRY_BYTES: Final = 1000
"""Reckoned memory of an entry beside its body: key, headers, bookkeeping."""
_MOST_DROPS: Final = 10_000
"""Families remembered as dropped while fills are under way; beyond it none of these fills is kept."""
_MOST_ORIGINS: Final = 16
"""Scheme and host of a document's links are the client's to choose unless settings fix them. So that nobody drives
out all documents by asking under many names, those of so many are kept at a time."""


Origins: TypeAlias = frozenset[str]
NO_ORIGINS: Final[Origins] = frozenset()


@dataclass(frozen=True, slots=True)
class Document:
    """An answer as it goes on the wire. `family` None: it depends on addresses alone."""

    status: int
    headers: dict[str, str]
    body: bytes
    family: int | None
    head: bytes = field(init=False, repr=False, compare=False)
    """`headers` and what belongs to every answer, serialised."""

    def __post_init__(self) -> None:
        # Documents of a room differ in their length and little else, so the rest is often known.
        head = serialised_head(self.status, self.headers | {hdrs.SERVER: SERVER_SOFTWARE})
        object.__setattr__(self, "head", head + serialised({hdrs.CONTENT_LENGTH: str(len(self.body))}))


@dataclass(slots=True)
class _Entry:
    document: Document
    size: int
    expires: float


@dataclass(slots=True)
class _Drops:
    """What was dropped, and when, for as long as fills are under way. `clock` counts drops."""

    clock: int = 0
    everything: int = 0
    families: dict[int, int] = field(default_factory=dict)

    def tick(self) -> int:
        self.clock += 1
        return self.clock

    def note(self, families: Iterable[int]) -> None:
        now = self.tick()
        self.families.update(dict.fromkeys(families, now))
        if len(self.families) > _MOST_DROPS:
            self.everything = now
            self.families.clear()

    def since(self, start: int, family: int | None) -> bool:
        of_family = 0 if family is None else self.families.get(family, 0)
        return max(self.everything, of_family) > start


class DocumentCache:
    """`limit` in bytes; `seconds` is the age at which a document is read anew whatever was heard.

    `hears` says whether changes of other processes are being heard of; while they are not, nothing is kept.
    """

    def __init__(self, limit: int, hears: Callable[[], bool], seconds: float = 60) -> None:
        self._limit = limit
        self._hears = hears
        self._seconds = seconds
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._by_family: dict[int | None, set[Hashable]] = {}
        self._drops = _Drops()
        self._flights: SingleFlight[Hashable, Document] = SingleFlight()
        self._filling = 0
        self._origins: dict[Origins, float] = {}
        self.size = 0
        self.hits = 0
        self.misses = 0

    def __contains__(self, key: Hashable) -> bool:
        return key in self._entries

    def get(self, key: Hashable) -> Document | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.expires < time.monotonic():
            self._remove(key)
            return None
        self._entries.move_to_end(key)
        self.hits += 1
        return entry.document

    async def fill(
        self, key: Hashable, load: Callable[[], Awaitable[Document]], origins: Origins = NO_ORIGINS
    ) -> Document:
        """What `load` gives, asked once however many wait for this key. `origins` is what the document's links
        begin with, as far as that is part of the key."""
        self.misses += 1
        return await self._flights.run_here(key, lambda: self._load(key, load, origins))

    async def _load(self, key: Hashable, load: Callable[[], Awaitable[Document]], origins: Origins) -> Document:
        start = self._drops.clock
        self._filling += 1
        try:
            document = await load()
            if self._hears() and not self._drops.since(start, document.family) and self._admits(origins):
                self._keep(key, document)
            return document
        finally:
            self._filling -= 1
            if not self._filling:
                self._drops.families.clear()

    def drop_families(self, families: Iterable[int]) -> None:
        dropped = tuple(families)
        self._drops.note(dropped)
        for family in dropped:
            self._remove_family(family)
        self._flights.detach()

    def drop_all(self) -> None:
        self._drops.everything = self._drops.tick()
        self._entries.clear()
        self._by_family.clear()
        self.size = 0
        self._flights.detach()

    def _admits(self, origins: Origins) -> bool:
        """Whether documents of these are kept: of those asked for within the last lifetime of a document, the first."""
        if not origins:
            return True
        now = time.monotonic()
        if origins not in self._origins and len(self._origins) >= _MOST_ORIGINS:
            self._origins = {those: until for those, until in self._origins.items() if until >= now}
            if len(self._origins) >= _MOST_ORIGINS:
                return False
        self._origins[origins] = now + self._seconds
        return True

    def _keep(self, key: Hashable, document: Document) -> None:
        size = len(document.body) + _ENTRY_BYTES
        if size > self._limit // 8:
            return
        self._remove(key)
        self._entries[key] = _Entry(document, size, time.monotonic() + self._seconds)
        self._by_family.setdefault(document.family, set()).add(key)
        self.size += size
        while self.size > self._limit:
            self._remove(next(iter(self._entries)))

    def _remove_family(self, family: int | None) -> None:
        for key in tuple(self._by_family.get(family, ())):
            self._remove(key)

    def _remove(self, key: Hashable) -> None:
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        self.size -= entry.size
        keys = self._by_family[entry.document.family]
        keys.discard(key)
        if not keys:
            del self._by_family[entry.document.family]
