"""API keys."""

from typing import Final

from app.access.accounts import Role
from app.access.secrets import hash_key, make_api_key
from app.db.pool import Database, Record
from app.errors import InvalidCommand, NotFound

_SHORTEST_KEY: Final = 20


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
