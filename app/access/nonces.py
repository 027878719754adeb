"""The nonces that this process has seen: bounded in number and in time."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

_MOST: Final = 100_000  # about 25 MB; beyond it the oldest is forgotten


class NonceMemory:
    """Remembers each nonce for `seconds`, None for as long as there is room."""

    def __init__(self, seconds: float | None, clock: Callable[[], float] = time.monotonic, most: int = _MOST) -> None:
        self._seconds = seconds
        self._clock = clock
        self._most = most
        self._seen: OrderedDict[tuple[str, str], float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._seen)

    def claim(self, consumer_key: str, nonce: str) -> bool:
        """Records a nonce; False where the consumer has used it before."""
        now = self._clock()
        self._forget(now)
        if (consumer_key, nonce) in self._seen:
            return False
        self._seen[consumer_key, nonce] = now
        return True

    def _forget(self, now: float) -> None:
        while self._seen:
            oldest = next(iter(self._seen.values()))
            is_old = self._seconds is not None and oldest + self._seconds < now
            if not is_old and len(self._seen) < self._most:
                return
            self._seen.popitem(last=False)
