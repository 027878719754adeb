"""Ready documents of one process: bounded in bytes, dropped by family, filled once per key.

A document belongs to the family of products that it shows (the root product's id), or to none when
it says that an address is unknown. Dropping is exact: a fill that began before a drop is not kept,
and nobody who asks after a drop joins it. Those asked for lately are ready to go; the others are packed.

Documents are kept under the address as it was typed: an id, an SKU in any case, a slug or a former one.
Which documents another product or name makes wrong cannot be told from their keys, nor from their
families, so a change of addresses drops everything.
"""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from app.cache.favourites import NO_USE, Favourites, Use
from app.cache.packed import MOST_DROPS, PackedDocuments, Plain
from app.db.listen import Hearing
from app.http.ready import Document
from app.model import ProductId
from app.service.flight import SingleFlight

_ENTRY_BYTES: Final = 1500
"""Memory of a ready document beside its body and what is written of its key: headers twice, bookkeeping."""
_READY_SHARE: Final = 4
"""A part of the memory is for ready documents. By Zipf's law few are asked for nearly always, and of the others the
more are kept the better."""
_MOST_ORIGINS: Final = 16
"""Scheme and host of a document's links are the client's to choose unless settings fix them. So that nobody drives
out all documents by asking under many names, those of so many are kept at a time: of the ones asked for most."""


Origins: TypeAlias = frozenset[str]
NO_ORIGINS: Final[Origins] = frozenset()


def native(family: ProductId) -> int:
    """The family under which the native API's documents of a family of products are kept: they show more of it, and
    are dropped with it and without it."""
    return -family


class PathKey(NamedTuple):
    """The key of a document that hangs on the path, as it came with its query, and on `rest`. What a request's headers
    make of `rest` may not hang on the path, as far as paths that there are documents for have the same pattern."""

    path: str
    rest: Hashable


@dataclass(slots=True)
class _Entry:
    document: Document
    size: int
    expires: float
    use: Use


@dataclass(slots=True)
class _Drops:
    """What was dropped, and when, for as long as fills are under way. `clock` counts drops."""

    clock: int = 0
    everything: int = 0
    families: dict[int | None, int] = field(default_factory=dict)

    def tick(self) -> int:
        self.clock += 1
        return self.clock

    def note(self, families: Iterable[int | None]) -> None:
        now = self.tick()
        self.families.update(dict.fromkeys(families, now))
        if len(self.families) > MOST_DROPS:
            self.everything = now
            self.families.clear()

    def since(self, start: int, family: int | None) -> bool:
        return max(self.everything, self.families.get(family, 0)) > start


class DocumentCache:
    """`limit` in bytes; `seconds` is the age at which a document is read anew whatever was heard.
    Keys that differ have to differ in their `repr`.

    `hearing` says whether changes of other processes are being heard of. While they are not, nothing is kept; while
    they are late, what is kept is not used.
    """

    def __init__(self, limit: int, hearing: Hearing, seconds: float = 300) -> None:
        self._limit = limit
        self._packed = PackedDocuments(limit - limit // _READY_SHARE)
        self._hearing = hearing
        self._seconds = seconds
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._by_family: dict[int | None, set[Hashable]] = {}
        self._drops = _Drops()
        self._flights: SingleFlight[Hashable, Document] = SingleFlight()
        self._filling = 0
        self._origins: Favourites[Origins] = Favourites(_MOST_ORIGINS, seconds)
        self._ready = 0  # bytes
        self.hits = 0
        self.misses = 0

    @property
    def size(self) -> int:
        return self._ready + self._packed.size

    def __contains__(self, key: Hashable) -> bool:
        return key in self._entries or key in self._packed

    def get(self, key: Hashable) -> Document | None:
        if not self._hearing.current:
            return None
        entry = self._entries.get(key) or self._unpacked(key)
        if entry is None:
            return None
        if entry.expires < time.monotonic():
            self._forget(key)
            return None
        self._entries.move_to_end(key)
        self.hits += 1
        entry.use.count += 1
        return entry.document

    async def fill(
        self, key: Hashable, load: Callable[[], Awaitable[Document]], origins: Origins = NO_ORIGINS
    ) -> Document:
        """What `load` gives, asked once however many wait for this key. `origins` is what the document's links
        begin with, as far as that is part of the key."""
        self.misses += 1
        return await self._flights.run_here(key, lambda: self._load(key, load, origins))

    async def _load(self, key: Hashable, load: Callable[[], Awaitable[Document]], origins: Origins) -> Document:
        use = self._origins.asked(origins) if origins else NO_USE
        start = self._drops.clock
        self._filling += 1
        try:
            document = await load()
            if use and self._hearing.listening and not self._drops.since(start, document.family):
                self._keep(key, document, use)
            return document
        finally:
            self._filling -= 1
            if not self._filling:
                self._drops.families.clear()

    def drop_families(self, families: Iterable[int | None]) -> None:
        """None: what says that an address is unknown. With a family of products its native documents go, too; those
        alone with what `native` makes of it."""
        dropped = tuple(one for family in families for one in _with_native(family))
        self._drops.note(dropped)
        for family in dropped:
            self._remove_family(family)
        self._packed.drop_families(dropped)
        self._flights.detach()

    def drop_all(self) -> None:
        self._drops.everything = self._drops.tick()
        self._entries.clear()
        self._by_family.clear()
        self._packed.clear()
        self._ready = 0
        self._flights.detach()

    def stop_using(self) -> None:
        """Changes are no longer heard of in time: who asks from now on does not join those who have asked before."""
        self._flights.detach()

    def _keep(self, key: Hashable, document: Document, use: Use) -> None:
        self._forget(key)
        entry = _Entry(document, _size(key, document), time.monotonic() + self._seconds, use)
        if entry.size <= self._limit // 8:
            self._make_ready(key, entry)

    def _make_ready(self, key: Hashable, entry: _Entry) -> None:
        self._entries[key] = entry
        self._by_family.setdefault(entry.document.family, set()).add(key)
        self._ready += entry.size
        while self._ready > self._limit // _READY_SHARE:
            self._pack(next(iter(self._entries)))

    def _pack(self, key: Hashable) -> None:
        document, expires, use = self._entries[key].document, self._entries[key].expires, self._entries[key].use
        self._remove(key)
        plain = Plain(document.status, document.headers, document.body, document.family, expires, use.number)
        self._packed.put(key, plain)

    def _unpacked(self, key: Hashable) -> _Entry | None:
        found = self._packed.get(key)
        if found is None:
            return None
        document = Document(found.status, found.headers, found.body, found.family)
        entry = _Entry(document, _size(key, document), found.expires, self._origins.of(found.use))
        self._make_ready(key, entry)
        return entry

    def _forget(self, key: Hashable) -> None:
        self._remove(key)
        self._packed.discard(key)

    def _remove_family(self, family: int | None) -> None:
        for key in tuple(self._by_family.get(family, ())):
            self._remove(key)

    def _remove(self, key: Hashable) -> None:
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        self._ready -= entry.size
        keys = self._by_family[entry.document.family]
        keys.discard(key)
        if not keys:
            del self._by_family[entry.document.family]


def _with_native(family: int | None) -> tuple[int | None, ...]:
    return (family,) if family is None or family < 0 else (family, -family)


def _size(key: Hashable, document: Document) -> int:
    """The key counts: clients choose how long a path is."""
    return len(document.body) + len(repr(key)) + _ENTRY_BYTES
