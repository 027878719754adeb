"""Documents that were not asked for lately, compressed: several times as many of them in the same memory.

Documents of a kind differ in little, so each is compressed against the first of its kind. A dropped family is
remembered instead of looked for, and its documents turn out to be wrong when they are asked for.
"""

import struct
import zlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from typing import Final, NamedTuple, TypeAlias

import orjson
from aiohttp import hdrs

from app.cache.freeing import free

_ENTRY_BYTES: Final = 220
"""Memory of an entry beside its bytes: a key of 16 bytes, and the table's own."""
_LONGEST: Final = 32 * 1024
"""Compressing more than that would hold up everybody else for a millisecond."""
MOST_INVALIDATIONS: Final = 10_000
"""Families remembered as dropped; beyond it everything counts as dropped."""
_INVALIDATIONS_SHARE: Final = 4
"""For one in so many documents a dropped family is remembered all the same: a large import shall not drop what it did
not touch."""
_MOST_KINDS: Final = 16
_SAMPLE_BYTES: Final = 8 * 1024
_WINDOWS: Final = 13, 15
"""Of zlib, the smallest and the largest one, as powers of two: with each document one is copied."""
_LEVEL: Final = 1  # 6 saves a twelfth of the bytes, and packing takes twice as long
_MEMORY_LEVEL: Final = 4
_PREFIX: Final = struct.Struct("<dqqHBH")  # Plain.expires, drops seen, family or 0, status, kind, Plain.use


Spell: TypeAlias = Callable[[Hashable], bytes]
"""What a document's key says was asked for, on a line; empty where that is for nobody else to know."""
LONGEST_LINE: Final = 2048
"""Longer ones are not told."""


def unspelt(_: Hashable) -> bytes:
    """Says nothing of a key."""
    return b""


class Plain(NamedTuple):
    """A document's parts; `expires` by the monotonic clock, `use` the number of its origin among the favourites."""

    status: int
    headers: dict[str, str]
    body: bytes
    family: int | None
    expires: float
    use: int = 0


class _Kind:
    """Compresses and decompresses against `sample`; copies of what stands ready are made in no time."""

    def __init__(self, sample: bytes) -> None:
        known, window = sample[-_SAMPLE_BYTES:], _window(len(sample))
        self._in = zlib.compressobj(_LEVEL, zlib.DEFLATED, -window, _MEMORY_LEVEL, zlib.Z_DEFAULT_STRATEGY, known)
        self._out = zlib.decompressobj(-window, known)

    def packed(self, data: bytes) -> bytes:
        stream = self._in.copy()
        return stream.compress(data) + stream.flush()

    def unpacked(self, data: bytes, most: int = 0) -> bytes:
        """All of it, or the first `most` bytes."""
        return self._out.copy().decompress(data, most)


class PackedDocuments:
    """The most recently used ones within `limit` bytes. Keys are told apart by their `repr`, and packed as `spell` has
    it, which costs little: what they say stands in most documents, too."""

    def __init__(self, limit: int, spell: Spell = unspelt) -> None:
        self._limit = limit
        self._spell = spell
        self._entries: OrderedDict[bytes, bytes] = OrderedDict()
        self._kinds: dict[tuple[int, str | None], int] = {}
        self._codecs: list[_Kind] = []
        self._drops = 0
        self._dropped: dict[int, int] = {}
        self.size = 0

    def __contains__(self, key: Hashable) -> bool:
        return bool(self._entries) and _digest(key) in self._entries

    def put(self, key: Hashable, plain: Plain, *, last: bool = True) -> None:
        """Keep it, as the one used last or the one used least recently. One that was put before, and still is kept, is
        the same, and used no less than it was."""
        name = _digest(key)
        if name in self._entries:
            if last:
                self._entries.move_to_end(name)
            return
        if len(plain.body) > _LONGEST:
            return
        entry = self._packed(self._spell(key), plain)
        size = len(entry) + _ENTRY_BYTES
        self._make_room(size)
        if self.size + size <= self._limit:
            self.size += size
            self._entries[name] = entry
            self._entries.move_to_end(name, last)

    def get(self, key: Hashable) -> Plain | None:
        if not self._entries:
            return None
        name = _digest(key)
        entry = self._entries.get(name)
        if entry is None:
            return None
        expires, seen, family, status, kind, use = _PREFIX.unpack_from(entry)
        if self._dropped.get(family, 0) > seen:
            self._remove(name)
            return None
        self._entries.move_to_end(name)
        _, headers, body = self._codecs[kind].unpacked(entry[_PREFIX.size :]).split(b"\n", 2)
        return Plain(status, _read_headers(headers), body, family or None, expires, use)

    def asked(self, most: int, since: float) -> Iterator[bytes]:
        """The keys of those used last, as they are spelled; also of what was dropped and not asked for since. Empty for
        what expired before `since`, for what is of no family, and for lines that are too long."""
        for entry in list(islice(reversed(self._entries.values()), most)):
            expires, _, family, _, kind, _ = _PREFIX.unpack_from(entry)
            if not family or expires < since:
                yield b""
                continue
            begin = self._codecs[kind].unpacked(entry[_PREFIX.size :], LONGEST_LINE + 1)
            line, end, _ = begin.partition(b"\n")
            yield line if end else b""

    @property
    def is_full(self) -> bool:
        """Whether another one soon drives out one that was used longer ago; also where there is no room at all."""
        return self.size >= self._limit - self._limit // 8

    def limit_to(self, limit: int) -> None:
        """From now on so many bytes: what was used least recently goes."""
        self._limit = limit
        self._make_room()

    def discard(self, key: Hashable) -> None:
        if self._entries:
            self._remove(_digest(key))

    def drop_families(self, families: Iterable[int | None]) -> None:
        self._drops += 1
        self._dropped.update((family or 0, self._drops) for family in families)
        if len(self._dropped) > max(MOST_INVALIDATIONS, len(self._entries) // _INVALIDATIONS_SHARE):
            self.clear()

    def clear(self) -> None:
        free(self._entries)
        self._entries = OrderedDict()
        self._dropped.clear()
        self.size = 0

    def _packed(self, line: bytes, plain: Plain) -> bytes:
        headers = {str(name): value for name, value in plain.headers.items()}  # aiohttp's names are texts of their own
        data = b"\n".join((line, orjson.dumps(headers), plain.body))
        kind = self._kind((plain.status, plain.headers.get(hdrs.CONTENT_TYPE)), data)
        prefix = _PREFIX.pack(plain.expires, self._drops, plain.family or 0, plain.status, kind, plain.use)
        return prefix + self._codecs[kind].packed(data)

    def _kind(self, wanted: tuple[int, str | None], sample: bytes) -> int:
        """Beyond a number of kinds, the first one has to do."""
        if wanted not in self._kinds and len(self._codecs) < _MOST_KINDS:
            self._kinds[wanted] = len(self._codecs)
            self._codecs.append(_Kind(sample))
        return self._kinds.get(wanted, 0)

    def _make_room(self, size: int = 0) -> None:
        while self.size + size > self._limit and self._entries:
            self._remove(next(iter(self._entries)))

    def _remove(self, name: bytes) -> None:
        entry = self._entries.pop(name, None)
        if entry is not None:
            self.size -= len(entry) + _ENTRY_BYTES


def _window(size: int) -> int:
    """Large enough that documents twice as long as one of this `size` are compared with all of it. Negative it means to
    zlib that there is neither a head nor a checksum."""
    least, most = _WINDOWS
    return min(max((3 * size).bit_length(), least), most)


@lru_cache(maxsize=256)
def _read_headers(data: bytes) -> dict[str, str]:
    """Which nobody changes: most documents of a kind have the same."""
    headers: dict[str, str] = orjson.loads(data)
    return headers


def _digest(key: Hashable) -> bytes:
    return blake2b(repr(key).encode(), digest_size=16).digest()
