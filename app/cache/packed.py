"""Documents that were not asked for lately, compressed: several times as many of them in the same memory.

Documents of a kind differ in little, so each is compressed against the first of its kind. A dropped family is
remembered instead of looked for, and its documents turn out to be wrong when they are asked for.
"""

import struct
import zlib
from collections import OrderedDict
from collections.abc import Hashable, Iterable
from hashlib import blake2b
from typing import Final, NamedTuple

import orjson
from aiohttp import hdrs

_ENTRY_BYTES: Final = 220
"""Memory of an entry beside its bytes: a key of 16 bytes, and the table's own."""
_LONGEST: Final = 32 * 1024
"""Compressing more than that would hold up everybody else for a millisecond."""
MOST_DROPS: Final = 10_000
"""Families remembered as dropped; beyond it everything counts as dropped."""
_MOST_KINDS: Final = 16
_SAMPLE_BYTES: Final = 8 * 1024
_RAW: Final = -15  # neither zlib's head nor its checksum, and the largest window
_LEVEL: Final = 6
_MEMORY_LEVEL: Final = 4
_PREFIX: Final = struct.Struct("<dqqHBH")  # Plain.expires, drops seen, family or 0, status, kind, Plain.use


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
        known = sample[-_SAMPLE_BYTES:]
        self._in = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, _MEMORY_LEVEL, zlib.Z_DEFAULT_STRATEGY, known)
        self._out = zlib.decompressobj(_RAW, known)

    def packed(self, data: bytes) -> bytes:
        stream = self._in.copy()
        return stream.compress(data) + stream.flush()

    def unpacked(self, data: bytes) -> bytes:
        return self._out.copy().decompress(data)


class PackedDocuments:
    """The most recently used ones within `limit` bytes. Keys are told apart by their `repr`."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: OrderedDict[bytes, bytes] = OrderedDict()
        self._kinds: dict[tuple[int, str | None], int] = {}
        self._codecs: list[_Kind] = []
        self._drops = 0
        self._dropped: dict[int, int] = {}
        self.size = 0

    def __contains__(self, key: Hashable) -> bool:
        return bool(self._entries) and _digest(key) in self._entries

    def put(self, key: Hashable, plain: Plain) -> None:
        """Keep it, unless it was put before and still is kept: then it is the same."""
        name = _digest(key)
        if name in self._entries:
            self._entries.move_to_end(name)
        elif len(plain.body) <= _LONGEST:
            self._keep(name, self._packed(plain))

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
        headers, _, body = self._codecs[kind].unpacked(entry[_PREFIX.size :]).partition(b"\n")
        return Plain(status, orjson.loads(headers), body, family or None, expires, use)

    def discard(self, key: Hashable) -> None:
        if self._entries:
            self._remove(_digest(key))

    def drop_families(self, families: Iterable[int | None]) -> None:
        self._drops += 1
        self._dropped.update((family or 0, self._drops) for family in families)
        if len(self._dropped) > MOST_DROPS:
            self.clear()

    def clear(self) -> None:
        self._entries.clear()
        self._dropped.clear()
        self.size = 0

    def _packed(self, plain: Plain) -> bytes:
        data = orjson.dumps(plain.headers) + b"\n" + plain.body
        kind = self._kind((plain.status, plain.headers.get(hdrs.CONTENT_TYPE)), data)
        prefix = _PREFIX.pack(plain.expires, self._drops, plain.family or 0, plain.status, kind, plain.use)
        return prefix + self._codecs[kind].packed(data)

    def _kind(self, wanted: tuple[int, str | None], sample: bytes) -> int:
        """Beyond a number of kinds, the first one has to do."""
        if wanted not in self._kinds and len(self._codecs) < _MOST_KINDS:
            self._kinds[wanted] = len(self._codecs)
            self._codecs.append(_Kind(sample))
        return self._kinds.get(wanted, 0)

    def _keep(self, name: bytes, entry: bytes) -> None:
        self._entries[name] = entry
        self.size += len(entry) + _ENTRY_BYTES
        while self.size > self._limit:
            self._remove(next(iter(self._entries)))

    def _remove(self, name: bytes) -> None:
        entry = self._entries.pop(name, None)
        if entry is not None:
            self.size -= len(entry) + _ENTRY_BYTES


def _digest(key: Hashable) -> bytes:
    return blake2b(repr(key).encode(), digest_size=16).digest()
