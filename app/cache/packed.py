"""Documents that were not asked for lately, compressed: several times as many of them in the same memory.

Documents of a kind differ in little, so each is compressed against the first of its kind. A dropped family is
remembered instead of looked for, and its documents turn out to be wrong when they are asked for.

Who makes room is found by the clock algorithm: they stand in a ring, and the one whose turn it is goes, unless it was
asked for since its last turn. That keeps as much of what is asked for as the exact order of uses does, and the memory
for that order holds a sixth more documents.
"""

import struct
import zlib
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple, TypeAlias

from aiohttp import hdrs

from app.cache.freeing import free
from app.cache.keys import digest
from app.http.ready import Document

_ENTRY_BYTES: Final = 156
"""Memory of an entry beside its bytes: its name, its places in the table and in the ring, the interpreter's own."""
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
_PREFIX: Final = struct.Struct("<8sdqqHBH")  # of `_Head`, behind `_IDLE` or `_ASKED`
_IDLE: Final = b"\0"
_ASKED: Final = b"\1"
"""Whether it was asked for since it had its turn: a byte of the entry itself takes no memory of its own."""
_BEGIN: Final = len(_IDLE)
_PLAIN: Final = _BEGIN + _PREFIX.size
"""What is packed begins there."""
_LINE_END: Final = b"\n"
_LAST_END: Final = b"\r\n"
"""Packed are a line that says what was asked for, the head, an empty line, and the body."""
_NAME_BITS: Final = 60
"""Of a digest, so many are the name: an integer of two digits, half as large as the digest would be in memory."""
_CHANCES: Final = 32
"""How many stay, because they were asked for, before the next goes all the same: nobody waits for a whole round."""
_GONE: Final = b""
"""In the place of an entry that was discarded, until its turn comes."""


Spell: TypeAlias = Callable[[Hashable], bytes]
"""What a document's key says was asked for, on a line; empty where that is for nobody else to know."""
LONGEST_LINE: Final = 2048
"""Longer ones are not told."""
_LOOKED_THROUGH: Final = 2
"""Times as many as are told, of any number."""


def unspelt(_: Hashable) -> bytes:
    """Says nothing of a key."""
    return b""


class Plain(NamedTuple):
    """A document; `expires` by the monotonic clock, `use` the number of its origin among the favourites."""

    document: Document
    expires: float
    use: int = 0


class _Head(NamedTuple):
    """What stands unpacked in front of an entry: the part of its key's digest that its name leaves out, how many times
    families had been dropped when it came, and of its document `family` or 0."""

    proof: bytes
    expires: float
    seen: int
    family: int
    status: int
    kind: int
    use: int


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
    """Those asked for lately, within `limit` bytes. Keys are told apart by their `repr`, and packed as `spell` has
    it, which costs little: what they say stands in most documents, too."""

    def __init__(self, limit: int, spell: Spell = unspelt) -> None:
        self._limit = limit
        self._spell = spell
        self._entries: dict[int, bytes] = {}
        self._ring: deque[int] = deque()
        """The name of each entry, the next whose turn it is to go first."""
        self._kinds: dict[tuple[int, str | None], int] = {}
        self._codecs: list[_Kind] = []
        self._drops = 0
        self._dropped: dict[int, int] = {}
        self.size = 0

    def __contains__(self, key: Hashable) -> bool:
        return bool(self._entries) and bool(self._found(*_named(key)))

    def put(self, key: Hashable, plain: Plain, *, last: bool = True) -> None:
        """Keep it, as the one used last or as the next to make room. One that was put before, and still is kept, is
        the same, and used no less than it was."""
        name, proof = _named(key)
        if entry := self._found(name, proof):
            if last:
                self._note(name, entry)
            return
        if len(plain.document.body) > _LONGEST:
            return
        self._remove(name)
        entry = self._packed(proof, self._spell(key), plain)
        self._make_room(len(entry) + _ENTRY_BYTES)
        if self.size + len(entry) + _ENTRY_BYTES <= self._limit:
            self._take_in(name, entry, last=last)

    def get(self, key: Hashable) -> Plain | None:
        if not self._entries:
            return None
        name, proof = _named(key)
        entry = self._found(name, proof)
        if not entry:
            return None
        head = _Head._make(_PREFIX.unpack_from(entry, _BEGIN))
        if self._dropped.get(head.family, 0) > head.seen:
            self._remove(name)
            return None
        self._note(name, entry)
        _, _, behind = self._codecs[head.kind].unpacked(entry[_PLAIN:]).partition(_LINE_END)
        lines, _, body = behind.partition(_LAST_END + _LAST_END)
        document = Document.of_head(head.status, lines + _LAST_END, body, head.family or None)
        return Plain(document, head.expires, head.use)

    def asked(self, most: int, since: float) -> Iterator[bytes]:
        """The keys of so many, as they are spelled: first of those asked for since their turn, and then of the others,
        those that came last at first; also of what was dropped and not asked for since. Empty for what expired before
        `since`, for what is of no family, and for lines that are too long."""
        names = list(islice(reversed(self._ring), most * _LOOKED_THROUGH))
        for mark in (_ASKED, _IDLE):
            for name in names:
                entry = self._entries.get(name, _GONE)
                if entry.startswith(mark):
                    most -= 1
                    yield self._line(entry, since)
                else:
                    yield b""  # so that others have their turn
                if not most:
                    return

    def _line(self, entry: bytes, since: float) -> bytes:
        head = _Head._make(_PREFIX.unpack_from(entry, _BEGIN))
        if not head.family or head.expires < since:
            return b""
        begin = self._codecs[head.kind].unpacked(entry[_PLAIN:], LONGEST_LINE + 1)
        line, end, _ = begin.partition(_LINE_END)
        return line if end else b""

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
            self._remove(_named(key)[0])

    def drop_families(self, families: Iterable[int | None]) -> None:
        self._drops += 1
        self._dropped.update((family or 0, self._drops) for family in families)
        if len(self._dropped) > max(MOST_INVALIDATIONS, len(self._entries) // _INVALIDATIONS_SHARE):
            self.clear()

    def clear(self) -> None:
        free(self._entries, self._ring)
        self._entries, self._ring = {}, deque()
        self._dropped.clear()
        self.size = 0

    def _packed(self, proof: bytes, line: bytes, plain: Plain) -> bytes:
        document = plain.document
        data = b"".join((line, _LINE_END, document.head, _LAST_END, document.body))
        kind = self._kind((document.status, document.headers.get(hdrs.CONTENT_TYPE)), data)
        head = _Head(proof, plain.expires, self._drops, document.family or 0, document.status, kind, plain.use)
        return _IDLE + _PREFIX.pack(*head) + self._codecs[kind].packed(data)

    def _kind(self, wanted: tuple[int, str | None], sample: bytes) -> int:
        """Beyond a number of kinds, the first one has to do."""
        if wanted not in self._kinds and len(self._codecs) < _MOST_KINDS:
            self._kinds[wanted] = len(self._codecs)
            self._codecs.append(_Kind(sample))
        return self._kinds.get(wanted, 0)

    def _found(self, name: int, proof: bytes) -> bytes:
        """The entry, or `_GONE`: one of the same name may be another key's."""
        entry = self._entries.get(name, _GONE)
        return entry if entry.startswith(proof, _BEGIN) else _GONE

    def _note(self, name: int, entry: bytes) -> None:
        if entry.startswith(_IDLE):
            self._entries[name] = _ASKED + entry[_BEGIN:]

    def _take_in(self, name: int, entry: bytes, *, last: bool) -> None:
        self.size += len(entry)
        if name not in self._entries:
            self.size += _ENTRY_BYTES
            (self._ring.append if last else self._ring.appendleft)(name)
        elif last:  # it has been gone, and stands where it stood: the next turn is not its last
            entry = _ASKED + entry[_BEGIN:]
        self._entries[name] = entry

    def _make_room(self, size: int = 0) -> None:
        chances = _CHANCES
        while self.size + size > self._limit and self._ring:
            name = self._ring.popleft()
            entry = self._entries[name]
            if chances and entry.startswith(_ASKED):
                chances -= 1
                self._entries[name] = _IDLE + entry[_BEGIN:]
                self._ring.append(name)
                continue
            del self._entries[name]
            self.size -= len(entry) + _ENTRY_BYTES
            chances = _CHANCES

    def _remove(self, name: int) -> None:
        """Its place in the ring stays, for it cannot be looked for."""
        if entry := self._entries.get(name):
            self._entries[name] = _GONE
            self.size -= len(entry)


def _named(key: Hashable) -> tuple[int, bytes]:
    """The name of an entry, and the proof that it is this key's: together nearly all of a digest."""
    whole = digest(key)
    return int.from_bytes(whole[:8], "little") >> (64 - _NAME_BITS), whole[8:]


def _window(size: int) -> int:
    """Large enough that documents twice as long as one of this `size` are compared with all of it. Negative it means to
    zlib that there is neither a head nor a checksum."""
    least, most = _WINDOWS
    return min(max((3 * size).bit_length(), least), most)
