"""What was asked for lately, in two generations: once the younger has its share of memory it is the older one, and what
was not asked for since the former one grew old is gone. Finding something costs a look into a table, or two."""

from collections.abc import Hashable
from typing import Generic, TypeVar

from app.cache.freeing import free

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Generations(Generic[K, V]):
    """`limit` in bytes, of both together."""

    def __init__(self, limit: int) -> None:
        self._most = limit // 2
        self._size = 0
        """Of the younger one."""
        self._young: dict[K, tuple[V, int]] = {}
        self._old: dict[K, tuple[V, int]] = {}

    def get(self, key: K) -> V | None:
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is None:
                return None
            self.put(key, *found)
        return found[0]

    def put(self, key: K, value: V, size: int) -> None:
        """Keep it, with the bytes that it takes, in place of what was kept under this key; nothing of what is larger
        than a generation."""
        former = self._young.pop(key, None)
        if former is not None:
            self._size -= former[1]
        if size > self._most:
            self._old.pop(key, None)
            return
        if self._size + size > self._most:
            free(self._old)
            self._old, self._young, self._size = self._young, {}, 0
        self._young[key] = value, size
        self._size += size

    def clear(self) -> None:
        free(self._old, self._young)
        self._old, self._young, self._size = {}, {}, 0
