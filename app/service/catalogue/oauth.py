"""OAuth consumers and their access tokens. Adding one a second time updates what was given and leaves the rest."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from app.access.accounts import Role
from app.access.secrets import SecretBox, make_token
from app.db.pool import Database, Record, Transaction
from app.errors import ConsumerNotFound, InvalidCommand, TokenNotFound
from app.service.catalogue.words import check_words, given_or_stored
from app.service.changes.record import record_key

_SECRET_LENGTH: Final = 32
_FIRST: Final = (None, "")


@dataclass(frozen=True, slots=True)
class TokenOptions:
    """What is said of an access token; None = not said. `privileges` `()` = all of them."""

    user_type: Role | None = None
    consumer_key: str | None = None
    token: str | None = None
    secret: str | None = None
    privileges: tuple[str, ...] | None = None
    has_role: bool | None = None


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """What an OAuth client needs."""

    consumer_key: str
    consumer_secret: str
    token: str
    token_secret: str


async def put_consumer(
    tx: Transaction, box: SecretBox, key: str | None = None, secret: str | None = None, name: str | None = None
) -> tuple[str, str]:
    """Key and secret of an OAuth consumer; both are made up unless they are given."""
    check_words(name=name)
    await tx.execute("lock_provisioning")
    key = _checked_secret(key, "consumer key") or make_token()
    found = await tx.fetchrow("oauth_consumer_to_provision", key)
    plain = _checked_secret(secret, "consumer secret") or (box.open(found["secret"], key) if found else make_token())
    name = given_or_stored(name, found and found["name"], None)
    await tx.execute("put_oauth_consumer", key, name, box.seal(plain, key))
    is_same = found is not None and box.open(found["secret"], key) == plain
    before = {"consumer": key, "name": found["name"]} if found else None
    await record_key(tx, before, {"consumer": key, "name": name} | _replaced(before, is_same=is_same))
    return key, plain


async def list_consumers(
    database: Database, after: tuple[datetime | None, str] = _FIRST, most: int | None = None
) -> list[Record]:
    """The OAuth consumers that were made after one, `most` of them: key, name, created_at, tokens (how many are not
    revoked), last_used_at."""
    return await database.fetch("oauth_consumers", *after, most)


async def remove_consumer(database: Database, key: str) -> None:
    """Removes a consumer with its tokens. ConsumerNotFound."""
    async with database.transaction() as tx:
        await tx.execute("lock_provisioning")
        found = await tx.fetchrow("oauth_consumer_to_provision", key)
        if found is None:
            raise ConsumerNotFound
        await tx.execute("delete_tokens_of_consumer", key)
        await tx.execute("delete_oauth_consumer", key)
        before = {"consumer": key, "name": found["name"]}
        await record_key(tx, before, before | {"revoked": True})


async def put_token(tx: Transaction, box: SecretBox, options: TokenOptions) -> IssuedToken:
    """The credentials of an access token, added or updated; it gets a consumer of its own unless one is named."""
    await tx.execute("lock_provisioning")
    token = _checked_secret(options.token, "token") or make_token()
    found = await tx.fetchrow("oauth_token_to_provision", token)
    user_type = given_or_stored(options.user_type, found and found["user_type"], None)
    if user_type is None:
        raise InvalidCommand("A new token needs a user type: admin or customer.")
    consumer, consumer_secret = await _consumer(
        tx, box, given_or_stored(options.consumer_key, found and found["consumer_key"], None)
    )
    former = found and box.open(found["secret"], token)
    secret = _checked_secret(options.secret, "token secret") or former or make_token()
    has_role = given_or_stored(options.has_role, found and found["has_role"], True)
    privileges = given_or_stored(options.privileges, found and found["privileges"], None) or None
    await tx.execute("put_oauth_token", token, consumer, box.seal(secret, token), user_type, has_role, privileges)
    await _record_token(tx, token, found, is_same=former == secret)
    return IssuedToken(consumer, consumer_secret, token, secret)


async def revoke_token(database: Database, token: str) -> None:
    """Lets an access token in no more."""
    async with database.transaction() as tx:
        await tx.execute("lock_provisioning")
        found = await tx.fetchrow("oauth_token_to_provision", token)
        if found is None:
            raise TokenNotFound(f"There is no token {token}.")
        await tx.execute("end_oauth_token", token)
        await _record_token(tx, token, found, is_same=True)


async def list_tokens(
    database: Database, after: tuple[datetime | None, str] = _FIRST, most: int | None = None
) -> list[Record]:
    """The access tokens that were made after one, `most` of them: token, consumer_key, user_type, admin_id, has_role,
    privileges, created_at, revoked_at, last_used_at."""
    return await database.fetch("oauth_tokens", *after, most)


async def _consumer(tx: Transaction, box: SecretBox, key: str | None) -> tuple[str, str]:
    if key is None:
        return await put_consumer(tx, box)
    found = await tx.fetchrow("oauth_consumer_to_provision", key)
    if found is None:
        raise ConsumerNotFound(f"There is no consumer {key}.")
    return key, box.open(found["secret"], key)


async def _record_token(tx: Transaction, token: str, former: Record | None, *, is_same: bool) -> None:
    present = await tx.fetchrow("oauth_token_to_provision", token)
    assert present is not None
    before = _reported(former) if former else None
    await record_key(tx, before, _reported(present) | _replaced(before, is_same=is_same))


def _reported(row: Record) -> dict[str, Any]:
    """What the log says of a token."""
    named = {name: row[name] for name in ("token", "user_type", "has_role", "privileges")}
    return named | {"consumer": row["consumer_key"], "revoked": row["revoked_at"] is not None}


def _replaced(before: object, *, is_same: bool) -> dict[str, str]:
    """That a secret is another one now; never which."""
    return {} if before is None or is_same else {"secret": "replaced"}


def _checked_secret(text: str | None, what: str) -> str | None:
    if text is not None and (len(text) != _SECRET_LENGTH or not text.isascii() or not text.isprintable()):
        raise InvalidCommand(f"A {what} has 32 printable ASCII characters.")
    return text
