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
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from random import random, uniform
from typing import Final, TypeAlias, TypeVar

from app.cache.drops_meanwhile import DropsMeanwhile
from app.cache.entries import Entry, size_of
from app.cache.favourites import NO_USE, Favourites, Use
from app.cache.freeing import free
from app.cache.keys import with_native
from app.cache.packed import LONGEST_LINE, PackedDocuments, Plain, Spell, unspelt
from app.db.listen import Hearing
from app.http.cache_tags import CacheTags
from app.http.ready import Document
from app.service.flight import SingleFlight

K = TypeVar("K", bound=Hashable)

_READY_SHARE: Final = 4
"""A part of the memory is for ready documents. By Zipf's law few are asked for nearly always, and of the others the
more are kept the better."""
_DAY_SECONDS: Final = 86_400.0
_FORGOTTEN_SECONDS: Final = _DAY_SECONDS
"""What has expired so long ago, and was not asked for since, is not told to the next process."""
_STAYS: Final = 0.25
"""Of the documents that were asked for once while they were ready, so many are packed once memory is full: what is
asked for again and again stays soon, what a crawler reads mostly does not."""
_READY_AGAIN: Final = 0.25
"""Of the questions for what is packed, so many make it ready again: what is asked for once in a while would be packed
before it is asked for another time."""
_LATELY_SECONDS: Final = 300.0
_MOST_ORIGINS: Final = 16
"""Scheme and host of a document's links are the client's to choose unless settings fix them. So that nobody drives
out all documents by asking under many names, those of so many are kept at a time: of the ones asked for most."""


Origins: TypeAlias = frozenset[str]
NO_ORIGINS: Final[Origins] = frozenset()


class DocumentCache:
    """`limit` in bytes; `seconds` is the age at which a document is read anew whatever was heard, at the latest.
    Keys that differ have to differ in their `repr`.

    `hearing` says whether changes of other processes are being heard of. While they are not, nothing is kept; while
    they are late, what is kept is not used. `on_kept` hears that there is more. `spell` says what was asked for.
    """

    def __init__(
        self,
        limit: int,
        hearing: Hearing,
        seconds: float = _DAY_SECONDS,
        on_kept: Callable[[], None] = lambda: None,
        tags: CacheTags | None = None,
        spell: Spell = unspelt,
    ) -> None:
        self._limit = limit
        self._most_ready = limit // _READY_SHARE
        self._packed = PackedDocuments(limit - self._most_ready, spell)
        self._spell = spell
        self._hearing = hearing
        self._seconds = seconds
        self._tags = tags
        self._entries: OrderedDict[Hashable, Entry] = OrderedDict()
        self._by_family: dict[int | None, set[Hashable]] = {}
        self._meanwhile = DropsMeanwhile()
        self._flights: SingleFlight[Hashable, Document] = SingleFlight()
        self._filling = 0
        self._origins: Favourites[Origins] = Favourites(_MOST_ORIGINS, min(seconds, _LATELY_SECONDS))
        self._parts: list[DocumentCache] = []
        self._on_kept = on_kept
        self._ready = 0  # bytes
        self.warming = False
        """Whether what is read now was asked for before, the latest first: each lies behind those kept already."""
        self.hits = 0
        self.misses = 0

    @property
    def size(self) -> int:
        """Without that of the parts."""
        return self._ready + self._packed.size

    def part(self, share: int) -> "DocumentCache":
        """A cache within the memory of this one, of which it takes as much as it needs, one in `share` bytes at most:
        what it holds drives out no more of the rest. It is dropped with this one."""
        limit = self._limit // share
        part = DocumentCache(limit, self._hearing, self._seconds, self._give_way, self._tags, self._spell)
        self._parts.append(part)
        return part

    def __contains__(self, key: Hashable) -> bool:
        return key in self._entries or key in self._packed

    def asked(self, most: int) -> Iterator[bytes]:
        """What was asked for lately, the last first, some of it twice; empty lines for what is not to be told, for
        addresses that are unknown, and for what nobody has asked for in a day."""
        since = time.monotonic() - _FORGOTTEN_SECONDS
        for key, entry in list(islice(reversed(self._entries.items()), most)):
            line = b"" if entry.document.family is None or entry.expires < since else self._spell(key)
            yield line if len(line) <= LONGEST_LINE else b""
        yield from self._packed.asked(most, since)

    @property
    def is_full(self) -> bool:
        """Whether another document soon drives out one that was asked for longer ago."""
        return self._packed.is_full

    def get(self, key: Hashable) -> Document | None:
        if not self._hearing.current:
            return None
        entry = self._entries.get(key)
        if entry is None:
            entry = self._unpacked(key)
            if entry is None:
                return None
        else:
            entry.again = True
            self._entries.move_to_end(key)
        if entry.expires < time.monotonic():
            self._forget(key)
            return None
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
        with self._filled(origins) as keep:
            document = self._tagged(await load())
            keep(key, document)
            return document

    async def fill_several(
        self, load: Callable[[], AsyncIterator[tuple[K, Document]]], origins: Origins = NO_ORIGINS
    ) -> dict[K, Document]:
        """What `load` gives, each under its key. Nobody joins: who else asks for one of them asks for others, too."""
        found: dict[K, Document] = {}
        with self._filled(origins) as keep:
            async for key, document in load():
                self.misses += 1
                found[key] = self._tagged(document)
                keep(key, found[key])
        return found

    @contextmanager
    def _filled(self, origins: Origins) -> Iterator[Callable[[Hashable, Document], None]]:
        """Gives what keeps a document that was begun to be read within, unless it was dropped since."""
        use = self._origins.asked(origins) if origins else NO_USE
        start = self._meanwhile.clock

        def keep(key: Hashable, document: Document) -> None:
            may_be_kept = self._hearing.listening and document.may_be_kept
            if use and may_be_kept and not self._meanwhile.since(start, document.family):
                self._keep(key, document, use)

        self._filling += 1
        try:
            yield keep
        finally:
            self._filling -= 1
            if not self._filling:
                self._meanwhile.families.clear()

    def _tagged(self, document: Document) -> Document:
        tags = self._tags.of_document(document.family, document.images) if self._tags else {}
        return replace(document, headers={**document.headers, **tags}) if tags else document

    def drop_families(self, families: Iterable[int | None]) -> None:
        """None: what says that an address is unknown. With a family of products its native documents go, too; those
        alone with what `native` makes of it."""
        dropped = tuple(one for family in families for one in with_native(family))
        self._meanwhile.note(dropped)
        for family in dropped:
            self._remove_family(family)
        self._packed.drop_families(dropped)
        self._flights.detach()
        for part in self._parts:
            part.drop_families(dropped)
        self._give_way()

    def drop_all(self) -> None:
        self._meanwhile.everything = self._meanwhile.tick()
        free(self._entries, self._by_family)
        self._entries, self._by_family = OrderedDict(), {}
        self._packed.clear()
        self._ready = 0
        self._flights.detach()
        for part in self._parts:
            part.drop_all()
        self._give_way()

    def stop_using(self) -> None:
        """Changes are no longer heard of in time: who asks from now on does not join those who have asked before."""
        self._flights.detach()
        for part in self._parts:
            part.stop_using()

    def _keep(self, key: Hashable, document: Document, use: Use) -> None:
        self._forget(key)
        seconds = uniform(self._seconds / 2, self._seconds)  # noqa: S311 - what was read at once is not again at once
        entry = Entry(document, size_of(key, document), time.monotonic() + seconds, use)
        if entry.size <= self._limit // 8:
            self._make_ready(key, entry, last=not self.warming)

    def _give_way(self) -> None:
        """A part has grown, or is smaller: what is packed here has the rest."""
        self._packed.limit_to(self._limit - self._most_ready - sum(part.size for part in self._parts))

    def _make_ready(self, key: Hashable, entry: Entry, *, last: bool = True) -> None:
        self._entries[key] = entry
        self._entries.move_to_end(key, last)
        self._by_family.setdefault(entry.document.family, set()).add(key)
        self._ready += entry.size
        while self._ready > self._most_ready:
            self._pack(next(iter(self._entries)), last=last)
        self._on_kept()

    def _pack(self, key: Hashable, *, last: bool) -> None:
        entry = self._entries[key]
        self._remove(key)
        if last and not entry.again and self._packed.is_full and random() >= _STAYS:  # noqa: S311
            return
        self._packed.put(key, Plain(entry.document, entry.expires, entry.use.number), last=last)

    def _unpacked(self, key: Hashable) -> Entry | None:
        found = self._packed.get(key)
        if found is None:
            return None
        size = size_of(key, found.document)
        entry = Entry(found.document, size, found.expires, self._origins.of(found.use))
        if random() < _READY_AGAIN:  # noqa: S311
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
