"""OAuth consumers and their access tokens. Adding one a second time updates what was given and leaves the rest."""

from dataclasses import dataclass
from typing import Final

from app.access.accounts import Role
from app.access.secrets import SecretBox, make_token
from app.db.pool import Database, Record, Transaction
from app.errors import InvalidCommand, NotFound
from app.service.catalogue.words import check_words, given_or_stored

_SECRET_LENGTH: Final = 32


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
    await tx.execute(
        "put_oauth_consumer", key, given_or_stored(name, found and found["name"], None), box.seal(plain, key)
    )
    return key, plain


async def list_consumers(database: Database) -> list[Record]:
    """All OAuth consumers: key, name, created_at, tokens (how many are not revoked)."""
    return await database.fetch("oauth_consumers")


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
    secret = _checked_secret(options.secret, "token secret") or (
        box.open(found["secret"], token) if found else make_token()
    )
    await tx.execute(
        "put_oauth_token",
        token,
        consumer,
        box.seal(secret, token),
        user_type,
        given_or_stored(options.has_role, found and found["has_role"], True),
        given_or_stored(options.privileges, found and found["privileges"], None) or None,
    )
    return IssuedToken(consumer, consumer_secret, token, secret)


async def revoke_token(database: Database, token: str) -> None:
    """Lets an access token in no more."""
    if await database.fetchval("end_oauth_token", token) is None:
        raise NotFound(f"There is no token {token}.")


async def list_tokens(database: Database) -> list[Record]:
    """All access tokens: token, consumer_key, user_type, admin_id, has_role, privileges, created_at, revoked_at."""
    return await database.fetch("oauth_tokens")


async def _consumer(tx: Transaction, box: SecretBox, key: str | None) -> tuple[str, str]:
    if key is None:
        return await put_consumer(tx, box)
    found = await tx.fetchrow("oauth_consumer_to_provision", key)
    if found is None:
        raise NotFound(f"There is no consumer {key}.")
    return key, box.open(found["secret"], key)


def _checked_secret(text: str | None, what: str) -> str | None:
    if text is not None and (len(text) != _SECRET_LENGTH or not text.isascii() or not text.isprintable()):
        raise InvalidCommand(f"A {what} has 32 printable ASCII characters.")
    return text
