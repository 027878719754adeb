"""The nonces that this process has seen: bounded in number and in time."""

import hashlib
import time
from collections.abc import Callable
from typing import Final

_MOST: Final = 100_000  # about 17 MB
_LONG: Final = 64


class NonceMemory:
    """Remembers each nonce for at least `seconds`, None for as long as there is room; but of too many only the last
    `most`.

    Two generations: when the younger is full or has had its time, it takes the place of the older.
    """

    def __init__(self, seconds: float | None, clock: Callable[[], float] = time.monotonic, most: int = _MOST) -> None:
        self._seconds = float("inf") if seconds is None else seconds
        self._clock = clock
        self._most = most
        self._young: set[tuple[str, str]] = set()
        self._old: set[tuple[str, str]] = set()
        self._until = clock() + self._seconds

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def is_known(self, consumer_key: str, nonce: str) -> bool:
        """Whether it may have been used before; where not, it can be claimed at once."""
        claimed = consumer_key, nonce if len(nonce) <= _LONG else digest(nonce)
        return claimed in self._young or claimed in self._old

    def claim(self, consumer_key: str, nonce: str) -> bool:
        """Records a nonce; False where the consumer has used it before."""
        now = self._clock()
        if now > self._until or len(self._young) >= self._most:
            self._old, self._young = self._young, set()
            self._until = now + self._seconds
        claimed = consumer_key, nonce if len(nonce) <= _LONG else digest(nonce)
        if claimed in self._young or claimed in self._old:
            return False
        self._young.add(claimed)
        return True


def digest(nonce: str) -> str:
    """What is kept of a nonce of whatever length: 32 hex digits."""
    return hashlib.blake2b(nonce.encode("utf-8", "replace"), digest_size=16).hexdigest()
