"""Who may do what: OAuth consumers and tokens, API keys; read once, then remembered until they change."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from app.access.oauth import AccessToken, Consumer
from app.access.secrets import SecretBox, hash_key
from app.access.uses import Uses
from app.db.listen import Hearing
from app.db.pool import Database, Record

Role = Literal["admin", "customer"]
NativeRole = Literal["reader", "editor", "admin"]
"""Roles of the native API, each of which may what those before it may."""
Audience = Literal["spree", "v1"]
"""The APIs that a key may be made for."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that is not revoked. To an API that is not among its audiences it is unknown."""

    id: int
    name: str
    role: Role | NativeRole
    audiences: frozenset[str]


_SPREE_ROLES: Final[tuple[Role, ...]] = ("admin", "customer")
_MOST: Final = 10_000  # accounts remembered; beyond it all are read anew


class Accounts:
    """`drop` whenever a credential may have changed. What is unknown is never remembered, so that a new
    key works at once. While changes are not heard of, or late, the database is asked every time: a revoked
    credential is refused whether or not this process can listen."""

    def __init__(self, database: Database, box: SecretBox, hearing: Hearing) -> None:
        self._db = database
        self.box = box
        self._hearing = hearing
        self.uses = Uses(database)
        self._known: dict[Hashable, Any] = {}

    def drop(self) -> None:
        """Forgets everything; an answer that is on its way is not kept either."""
        self._known = {}

    async def find_oauth(self, consumer_key: str, token: str) -> tuple[Consumer | None, AccessToken | None]:
        """The consumer and the token of these names, revoked ones included; Misconfigured where SECRET_KEY changed."""
        if (found := self.known_oauth(consumer_key, token)) is not None:
            return found
        known = self._heard()
        row = await self._db.fetchrow("oauth_credentials", consumer_key, token)
        if row is None:
            return None, None
        pair = Consumer(consumer_key, self.box.open(row["secret"], consumer_key)), self._token(row)
        if pair[1] is not None:
            _remember(known, (consumer_key, token), pair)
        return pair

    def known_oauth(self, consumer_key: str, token: str) -> tuple[Consumer, AccessToken] | None:
        """The same as far as it is remembered, and changes are heard of; None where the database has to be asked."""
        return cast("tuple[Consumer, AccessToken] | None", self._heard().get((consumer_key, token)))

    async def claim_nonce(self, consumer_key: str, nonce: str) -> bool:
        """Records the nonce of a write; False where the consumer has used it before."""
        return await self._db.fetchval("claim_oauth_nonce", consumer_key, nonce) is not None

    async def spree_key_of(self, api_key: str) -> ApiKey | None:
        """One of Spree's keys; None for one that is unknown to it, or revoked."""
        key = await self._known_to("spree", api_key)
        return key if key is not None and key.role in _SPREE_ROLES else None

    async def native_key(self, api_key: str) -> ApiKey | None:
        """A key of the native API; None for one that is unknown to it, or revoked."""
        return await self._known_to("v1", api_key)

    async def _known_to(self, audience: Audience, api_key: str) -> ApiKey | None:
        known, digest = self._heard(), hash_key(api_key)
        key: ApiKey | None = known.get(digest) or await self._read_key(digest)
        if key is None or audience not in key.audiences:
            return None
        _remember(known, digest, key)
        self.uses.key(key.id)
        return key

    async def _read_key(self, digest: bytes) -> ApiKey | None:
        row = await self._db.fetchrow("api_key", digest)
        if row is None:
            return None
        return ApiKey(row["id"], row["name"], row["role"], frozenset(row["audiences"]))

    def _heard(self) -> dict[Hashable, Any]:
        """What is known; where it may be out of date, nothing, and what is found out goes nowhere."""
        return self._known if self._hearing.current else {}

    def _token(self, row: Record) -> AccessToken | None:
        if row["token"] is None:
            return None
        return AccessToken(
            token=row["token"],
            secret=self.box.open(row["token_secret"], row["token"]),
            consumer_key=row["token_consumer_key"],
            user_type=row["user_type"],
            privileges=None if row["privileges"] is None else frozenset(row["privileges"]),
            has_role=row["has_role"],
            admin_id=row["admin_id"],
            revoked=row["revoked"],
            consumer_name=row["consumer_name"],
        )


def _remember(known: dict[Hashable, Any], key: Hashable, value: object) -> None:
    if len(known) >= _MOST:
        known.clear()
    known[key] = value
