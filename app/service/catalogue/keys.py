"""API keys: of which API, with which role, under which name.

Raises `InvalidCommand` for what cannot be, `Conflict` for what nobody could take back, `KeyNotFound`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.access.accounts import Audience, NativeRole, Role
from app.access.secrets import hash_key, make_api_key
from app.db.pool import Database, Record, Transaction
from app.errors import Conflict, InvalidCommand, KeyNotFound
from app.service.catalogue.words import check_words
from app.service.changes.record import record_key

AnyRole = Role | NativeRole
ROLES: Final[dict[AnyRole, frozenset[Audience]]] = {
    "customer": frozenset({"spree"}),
    "reader": frozenset({"v1"}),
    "editor": frozenset({"v1"}),
    "admin": frozenset({"spree", "v1"}),
}
"""The APIs that know each role."""
AUDIENCES: Final[tuple[Audience, ...]] = ("spree", "v1")

_SHORTEST_KEY: Final = 20
_MOST_ID: Final = 19  # digits


@dataclass(frozen=True, slots=True)
class KeyOptions:
    """What is said of a new key. Without `audiences` it is for the API whose role it has, an admin for Spree; without a
    `name` it is called by its role; without a `value` it is made up."""

    role: AnyRole
    audiences: Sequence[Audience] = ()
    name: str | None = None
    value: str | None = None


async def put_key(database: Database, options: KeyOptions) -> tuple[Record, str]:
    """A key that is let in from now on, again where it was revoked: id, name, role, audiences, created_at, revoked_at,
    last_used_at, and its text, which nobody can be told later. One that could be guessed is refused."""
    if options.value is not None and len(options.value) < _SHORTEST_KEY:
        raise InvalidCommand(f"A key has {_SHORTEST_KEY} characters at least; without --key a good one is made up.")
    check_words(name=options.name)
    audiences = sorted(set(options.audiences)) or [usual_audience(options.role)]
    check_audiences(options.role, audiences)
    key = options.value or make_api_key()
    async with database.transaction() as tx:
        found = await tx.fetchrow("api_key_to_change", hash_key(key), None)
        row = await tx.fetchrow("put_api_key", hash_key(key), options.role, options.name or options.role, audiences)
        assert row is not None
        await record_key(tx, _reported(found) if found else None, _reported(row))
    return row, key


async def grant_key(database: Database, key_or_id: str, audiences: Sequence[Audience]) -> Record:
    """A key that further APIs know from now on; `put_key` says of what it consists."""
    async with database.transaction() as tx:
        found = await tx.fetchrow("api_key_to_change", *_named(key_or_id))
        if found is None:
            raise KeyNotFound
        known = sorted({*found["audiences"], *audiences})
        check_audiences(found["role"], known)
        row = await tx.fetchrow("grant_api_key", found["id"], known)
        assert row is not None
        await record_key(tx, _reported(found), _reported(row))
        return row


async def revoke_key(database: Database, key_or_id: str, *, last: bool = True) -> int:
    """The id of the key that is let in no more, given the key itself or its id. The last admin of the native API only
    where `last` says that this is meant."""
    async with database.transaction() as tx:
        return await _revoked(tx, *_named(key_or_id), last=last)


async def revoke_key_by_id(database: Database, number: int, *, last: bool = False) -> None:
    """The same, given its id alone."""
    async with database.transaction() as tx:
        await _revoked(tx, b"", number, last=last)


async def list_keys(database: Database, after: int = 0, most: int | None = None) -> list[Record]:
    """The API keys with ids beyond `after`, `most` of them; `put_key` says of what each consists."""
    return await database.fetch("api_keys", after, most)


def usual_audience(role: AnyRole) -> Audience:
    """The API that a key with this role is for where nothing is said."""
    return "spree" if "spree" in ROLES[role] else "v1"


def check_audiences(role: AnyRole, audiences: Sequence[Audience]) -> None:
    """InvalidCommand for an API that does not know the role."""
    if strange := [audience for audience in audiences if audience not in ROLES[role]]:
        raise InvalidCommand(f"The API {strange[0]} knows no {role}.")


async def _revoked(tx: Transaction, digest: bytes, number: int | None, *, last: bool) -> int:
    await tx.execute("lock_provisioning")
    found = await tx.fetchrow("api_key_to_change", digest, number)
    if found is None:
        raise KeyNotFound
    if not last and await tx.fetchval("is_last_admin_key", found["id"]):
        raise Conflict("It is the last key of an admin; with ?last=true it is revoked all the same.")
    await tx.execute("end_api_key", found["id"])
    await record_key(tx, _reported(found), _reported(found) | {"revoked": True})
    return int(found["id"])


def _reported(row: Record) -> dict[str, Any]:
    """What the log says of a key."""
    named = {name: row[name] for name in ("id", "name", "role", "audiences")}
    return named | {"revoked": row["revoked_at"] is not None}


def _named(key_or_id: str) -> tuple[bytes, int | None]:
    """Hash and id that a text may mean."""
    is_id = key_or_id.isascii() and key_or_id.isdecimal() and len(key_or_id) < _MOST_ID
    return hash_key(key_or_id), int(key_or_id) if is_id else None
