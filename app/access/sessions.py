"""Sessions of the console: what a browser shows in the place of a key, and the links that open one. Source: console.md.

Of links and sessions only hashes are kept. What a session shows beside its cookie, when it changes something, follows
from the cookie, which no script can read: pages of other origins know neither.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, cast

from app.access.accounts import NativeRole
from app.access.secrets import hash_key
from app.db.listen import Hearing
from app.db.pool import Database, Record

COOKIE: Final = "product_images_console"
CHANGE_TOKEN: Final = "X-Change-Token"  # noqa: S105, the name of a header
"""With it a session's request may change something."""
SESSION_AGE: Final = timedelta(hours=12)
LINK_AGE: Final = timedelta(minutes=10)

_BYTES: Final = 32
_LONGEST: Final = 200
_MOST: Final = 10_000  # sessions remembered; beyond it all are read anew


@dataclass(frozen=True, slots=True)
class Session:
    """`key_id`: of the key that it stands for; None for a link's. `ends_at` by the monotonic clock."""

    id: int
    key_id: int | None
    name: str
    role: NativeRole
    ends_at: float


class Sessions:
    """Remembered until `drop`, as accounts are. `used` is told of keys whose sessions are used."""

    def __init__(self, database: Database, hearing: Hearing, used: Callable[[int], None]) -> None:
        self._db = database
        self._hearing = hearing
        self._used = used
        self._known: dict[bytes, Session] = {}

    def drop(self) -> None:
        """Forgets all: one of them may have ended."""
        self._known = {}

    async def find(self, token: str) -> Session | None:
        """The session that a cookie's value means; None where there is none, or no more."""
        if len(token) > _LONGEST:
            return None
        known, digest = (self._known if self._hearing.current else {}), hash_key(token)
        session = known.get(digest) or await self._read(digest)
        if session is None or session.ends_at <= time.monotonic():
            return None
        if len(known) >= _MOST:
            known.clear()
        known[digest] = session
        if session.key_id is not None:
            self._used(session.key_id)
        return session

    async def open_by_link(self, link: str) -> str | None:
        """The cookie's value of a new session; None where the link is unknown, was opened before or is too old."""
        token = secrets.token_urlsafe(_BYTES)
        found = await self._db.fetchval("redeem_console_link", hash_key(link), hash_key(token), SESSION_AGE)
        return None if found is None else token

    async def open_by_key(self, key: int) -> str:
        """The same of a key, by its id."""
        token = secrets.token_urlsafe(_BYTES)
        await self._db.fetchval("open_console_session", hash_key(token), key, SESSION_AGE)
        return token

    async def end(self, token: str) -> None:
        """No process knows it any more, within a second."""
        self.drop()
        await self._db.execute("end_console_session", hash_key(token))
        self.drop()

    async def _read(self, digest: bytes) -> Session | None:
        row = await self._db.fetchrow("console_session", digest)
        if row is None:
            return None
        role = cast("NativeRole", row["role"])
        return Session(row["id"], row["key_id"], row["name"], role, time.monotonic() + row["seconds"])


def change_token(token: str) -> str:
    """What a session with this cookie shows beside it."""
    return hmac.new(token.encode("utf-8", "surrogateescape"), b"changes of the console", hashlib.sha256).hexdigest()


def is_change_token(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), change_token(token).encode())


async def make_link(database: Database, role: NativeRole) -> str:
    """A token that opens one session within ten minutes; it is told this once."""
    token = secrets.token_urlsafe(_BYTES)
    await database.execute("put_console_link", hash_key(token), role, LINK_AGE)
    return token


async def list_sessions(database: Database) -> list[Record]:
    """Sessions that last and links that can be opened: id (None: a link), name, role, key_id, made_at, expires_at."""
    return await database.fetch("console_sessions")


async def revoke_sessions(database: Database, number: int | None = None) -> int:
    """How many sessions and links are ended: the session with this id, or all there are."""
    async with database.transaction() as tx:
        ended = await tx.execute("revoke_console_sessions", number)
        return ended if number is not None else ended + await tx.execute("revoke_console_links")


async def forget_sessions(database: Database) -> None:
    """Removes what is too old to be used."""
    await database.execute("forget_console_sessions")
    await database.execute("forget_console_links")
