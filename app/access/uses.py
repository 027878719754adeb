"""In which hour a credential was used last, kept at a cost of one statement a minute at most, and none per request."""

import time
from collections.abc import Callable
from typing import Final

from app.db.pool import Database

WRITE_SECONDS: Final = 60.0
_HOUR: Final = 3600


class Uses:
    """Each credential is noted once an hour. `on_turn` is called once one has ended: whoever answers without asking who
    asks has to ask again, or a credential in use would look like one that nobody uses."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._db = database
        self._clock = clock
        self.on_turn: Callable[[], None] = lambda: None
        self._hour = self._now()
        self._keys: set[int] = set()
        self._tokens: set[str] = set()
        self._unwritten: tuple[set[int], set[str]] = set(), set()

    def key(self, number: int) -> None:
        """An API key was let in, by its id."""
        if number not in self._keys:
            self._keys.add(number)
            self._unwritten[0].add(number)

    def token(self, token: str) -> None:
        """An access token was let in."""
        if token not in self._tokens:
            self._tokens.add(token)
            self._unwritten[1].add(token)

    async def write(self) -> None:
        """Keeps what was noted since; what the database does not take is kept by the next. DatabaseUnavailable."""
        self._turn()
        keys, tokens = self._unwritten
        if keys:
            written = list(keys)
            await self._db.execute("note_use_of_keys", written)
            keys.difference_update(written)
        if tokens:
            names = list(tokens)
            await self._db.execute("note_use_of_tokens", names)
            tokens.difference_update(names)

    def _turn(self) -> None:
        if (hour := self._now()) != self._hour:
            self._hour = hour
            self._keys, self._tokens = set(), set()
            self.on_turn()

    def _now(self) -> int:
        return int(self._clock()) // _HOUR
