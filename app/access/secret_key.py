"""Whether what seals secrets is long enough to."""

from typing import Final

from app.db.pool import Database
from app.errors import Misconfigured
from app.settings import Settings

SHORTEST: Final = 32
"""Characters of a SECRET_KEY that nobody guesses."""


async def refuse_short_key(database: Database, settings: Settings) -> None:
    """Misconfigured for a short SECRET_KEY that has not sealed anything yet. Where secrets exist that it opens the
    service goes on: their owners would be locked out. `doctor` names the way out."""
    if is_short(settings) and not await seals_something(database):
        raise Misconfigured(f"SECRET_KEY: too short; set {SHORTEST} random characters or more.")


def is_short(settings: Settings) -> bool:
    """Of one that is there: without any the embedded Postgres gets a long one, and no other does without."""
    return 0 < len(settings.secret_key) < SHORTEST


async def seals_something(database: Database) -> bool:
    return await database.fetchrow("some_oauth_consumer") is not None
