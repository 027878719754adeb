"""Ready bytes in memory, bounded in bytes."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

ENTRY_OVERHEAD: Final = 512
"""Bytes counted for an entry beside its value, so that many tiny entries are bounded too."""


class ByteCache(Generic[K, V]):
    """The most recently used values, at most `limit_bytes` of them; values tell their size when put.

    `entry_limit` (default an eighth of the whole) keeps one large value from driving out the rest.
    """

    def __init__(self, limit_bytes: int, *, entry_limit: int | None = None) -> None:
        self.limit_bytes = limit_bytes
        self.entry_limit = limit_bytes // 8 if entry_limit is None else min(entry_limit, limit_bytes)
        self.size = 0
        self.hits = 0
        self.misses = 0
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: K) -> bool:
        return key in self._entries

    def get(self, key: K) -> V | None:
        entry = self._entries.get(key)
        if entry is None:
            self.misses += 1
            return None
        self.hits += 1
        self._entries.move_to_end(key)
        return entry[0]

    def glance(self, key: K) -> V | None:
        """As `get` for a caller who, without success, lets another one `get` it: that one counts as the miss."""
        return self.get(key) if key in self._entries else None

    def fits(self, size: int) -> bool:
        """Whether a value of `size` bytes would be kept."""
        return size + ENTRY_OVERHEAD <= self.entry_limit

    def put(self, key: K, value: V, size: int) -> bool:
        """Keep `value`, of `size` bytes, in place of what the key held; False if it is too large."""
        self.drop(key)
        if not self.fits(size):
            return False
        self._entries[key] = (value, size + ENTRY_OVERHEAD)
        self.size += size + ENTRY_OVERHEAD
        while self.size > self.limit_bytes:
            _, (_, freed) = self._entries.popitem(last=False)
            self.size -= freed
        return True

    def drop(self, key: K) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.size -= entry[1]

    def clear(self) -> None:
        self._entries.clear()
        self.size = 0
