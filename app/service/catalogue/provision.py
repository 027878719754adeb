"""Store views, image types and accounts brought in from outside.

Adding something a second time updates the options that were given and leaves the rest. Raises `InvalidCommand` for
what contradicts the catalogue, `NotFound` for what is not in it.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from app.access.accounts import Role
from app.access.secrets import SecretBox, hash_key, make_api_key, make_token
from app.db.pool import Database, Record, Transaction
from app.errors import InvalidCommand, NotFound
from app.model import MAX_POSITION
from app.service.catalogue.products import website_ids
from app.service.catalogue.words import check_words

_OAUTH_LENGTH: Final = 32
_SHORTEST_KEY: Final = 20
_CODE: Final = re.compile(r"[a-z][a-z0-9_]*")
_LONGEST_CODE: Final = 32
"""Of the original's store views; its codes of attributes, which image types are, may have 30."""


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """What is said of a store view; None = not said. Found by id or, without one, by code."""

    code: str
    id: int | None = None
    locale: str | None = None
    website: str | None = None
    active: bool | None = None
    is_default: bool | None = None


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


async def put_store(tx: Transaction, options: StoreOptions) -> tuple[int, str]:
    """Id and code of the store view, added or updated."""
    _check_code(options.code, "store view's code")
    _checked_number(options.id, "store view's id")
    check_words(locale=options.locale, website=options.website)
    if options.website == "" or options.locale == "":
        raise InvalidCommand("A website or locale that is given must not be empty.")
    await tx.execute("lock_provisioning")
    found = await _store(tx, options)
    if found is None or found["code"] != options.code:
        _check_new_code(options.code, "store view's code")
    view = found["id"] if found else options.id or await tx.fetchval("next_store_view_id")
    is_default = _given_or_stored(options.is_default, found and found["is_default"], False)
    website = _given_or_stored(options.website, found and found["website"], "base")
    values = (
        _given_or_stored(options.locale, found and found["locale"], None),
        (await website_ids(tx, {website}))[website],
        _given_or_stored(options.active, found and found["active"], True),
        is_default,
    )
    if is_default:
        await tx.execute("clear_default_store_view", view)
    await tx.execute("put_store_view", view, options.code, *values)
    return view, options.code


async def list_stores(database: Database) -> list[Record]:
    """All store views: id, code, locale, website, active, is_default."""
    return await database.fetch("list_store_views")


async def put_image_type(tx: Transaction, code: str, rank: int | None) -> int:
    """The rank of the image type, added or moved; by default the last."""
    _check_code(code, "image type's code")
    _checked_number(rank, "position")
    await tx.execute("lock_provisioning")
    ranks: dict[str, int] = {row["code"]: row["rank"] for row in await tx.fetch("list_image_types")}
    if code not in ranks:
        _check_new_code(code, "image type's code")
    wanted = rank if rank is not None else ranks.get(code, max(ranks.values(), default=0) + 1)
    holder = next((other for other, taken in ranks.items() if taken == wanted and other != code), None)
    if holder is not None:
        raise InvalidCommand(f"The image type {holder} has the position {wanted}.")
    if ranks.get(code) != wanted:
        await tx.execute("put_image_type", code, wanted)
    return wanted


async def list_image_types(database: Database) -> list[Record]:
    """All image types by rank: code, rank."""
    return await database.fetch("list_image_types")


async def put_key(database: Database, role: Role, value: str | None) -> tuple[int, str]:
    """Id and text of an API key with that role; a new one unless `value` is given. Raises InvalidCommand for one that
    is short enough to be guessed."""
    if value is not None and len(value) < _SHORTEST_KEY:
        raise InvalidCommand(f"A key has {_SHORTEST_KEY} characters at least; without --key a good one is made up.")
    key = value or make_api_key()
    return await database.fetchval("put_api_key", hash_key(key), role), key


async def revoke_key(database: Database, key_or_id: str) -> int:
    """The id of the key that is let in no more, given the key itself or its id."""
    number = int(key_or_id) if key_or_id.isascii() and key_or_id.isdecimal() and len(key_or_id) < 19 else None
    found = await database.fetchval("end_api_key", hash_key(key_or_id), number)
    if found is None:
        raise NotFound("There is no such key.")
    return int(found)


async def list_keys(database: Database) -> list[Record]:
    """All API keys: id, role, created_at, revoked_at."""
    return await database.fetch("api_keys")


async def put_consumer(
    tx: Transaction, box: SecretBox, key: str | None = None, secret: str | None = None, name: str | None = None
) -> tuple[str, str]:
    """Key and secret of an OAuth consumer; both are made up unless they are given."""
    check_words(name=name)
    await tx.execute("lock_provisioning")
    key = _credential(key, "consumer key") or make_token()
    found = await tx.fetchrow("oauth_consumer_to_provision", key)
    plain = _credential(secret, "consumer secret") or (box.open(found["secret"], key) if found else make_token())
    await tx.execute(
        "put_oauth_consumer", key, _given_or_stored(name, found and found["name"], None), box.seal(plain, key)
    )
    return key, plain


async def list_consumers(database: Database) -> list[Record]:
    """All OAuth consumers: key, name, created_at, tokens (how many are not revoked)."""
    return await database.fetch("oauth_consumers")


async def put_token(tx: Transaction, box: SecretBox, options: TokenOptions) -> IssuedToken:
    """The credentials of an access token, added or updated; it gets a consumer of its own unless one is named."""
    await tx.execute("lock_provisioning")
    token = _credential(options.token, "token") or make_token()
    found = await tx.fetchrow("oauth_token_to_provision", token)
    user_type = _given_or_stored(options.user_type, found and found["user_type"], None)
    if user_type is None:
        raise InvalidCommand("A new token needs a user type: admin or customer.")
    consumer, consumer_secret = await _consumer(
        tx, box, _given_or_stored(options.consumer_key, found and found["consumer_key"], None)
    )
    secret = _credential(options.secret, "token secret") or (
        box.open(found["secret"], token) if found else make_token()
    )
    await tx.execute(
        "put_oauth_token",
        token,
        consumer,
        box.seal(secret, token),
        user_type,
        _given_or_stored(options.has_role, found and found["has_role"], True),
        _given_or_stored(options.privileges, found and found["privileges"], None) or None,
    )
    return IssuedToken(consumer, consumer_secret, token, secret)


async def revoke_token(database: Database, token: str) -> None:
    """Lets an access token in no more."""
    if await database.fetchval("end_oauth_token", token) is None:
        raise NotFound(f"There is no token {token}.")


async def list_tokens(database: Database) -> list[Record]:
    """All access tokens: token, consumer_key, user_type, admin_id, has_role, privileges, created_at, revoked_at."""
    return await database.fetch("oauth_tokens")


async def _store(tx: Transaction, options: StoreOptions) -> Record | None:
    rows = await tx.fetch("stores_to_provision", options.id, options.code)
    by_code = next((row for row in rows if row["code"] == options.code), None)
    if options.id is None:
        return by_code
    if by_code is not None and by_code["id"] != options.id:
        raise InvalidCommand(f"The store view {options.code} has the id {by_code['id']}.")
    return rows[0] if rows else None


async def _consumer(tx: Transaction, box: SecretBox, key: str | None) -> tuple[str, str]:
    if key is None:
        return await put_consumer(tx, box)
    found = await tx.fetchrow("oauth_consumer_to_provision", key)
    if found is None:
        raise NotFound(f"There is no consumer {key}.")
    return key, box.open(found["secret"], key)


def _credential(text: str | None, what: str) -> str | None:
    if text is not None and (len(text) != _OAUTH_LENGTH or not text.isascii() or not text.isprintable()):
        raise InvalidCommand(f"A {what} has 32 printable ASCII characters.")
    return text


def _check_code(code: str, what: str) -> None:
    if not _CODE.fullmatch(code):
        raise InvalidCommand(f"A {what} has small letters, digits and underscores, a letter first: {code!r}.")


def _check_new_code(code: str, what: str) -> None:
    """Codes that former versions took may be longer; what has one can still be changed."""
    if len(code) > _LONGEST_CODE:
        raise InvalidCommand(f"A new {what} has {_LONGEST_CODE} characters at most: {code!r}.")


def _checked_number(number: int | None, what: str) -> None:
    if number is not None and not 0 < number <= MAX_POSITION:
        raise InvalidCommand(f"A {what} is a number from 1 to {MAX_POSITION}.")


def _given_or_stored(given: Any, stored: Any, default: Any) -> Any:
    """The option given, else the stored value, else the default."""
    if given is not None:
        return given
    return default if stored is None else stored
