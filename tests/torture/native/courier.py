"""Only what delivers events: a process that begins within milliseconds, and can be killed fifty times."""

import asyncio
from collections.abc import Sequence
from typing import Final

from app.access.secrets import SecretBox
from app.db.pool import Database
from app.environment import read_settings
from app.events import nobody
from app.service.feed.consequences import Consequences
from app.service.feed.reader import EventReader
from app.service.galleries.v1.reader import NativeReader
from app.service.webhooks.courier import Courier
from app.wiring.webhooks import presented

MAIN: Final = "tests.torture.native.courier:main"


def main(words: Sequence[str]) -> int:
    """`words` is the address of a database; the rest is told by the environment."""
    asyncio.run(_deliver(words[0]))
    return 0


async def _deliver(dsn: str) -> None:
    settings = read_settings()
    async with Database(dsn) as database:
        reader = EventReader(database, NativeReader(database, settings), Consequences(database, settings))
        box = SecretBox(settings.secret_key)
        await Courier(settings, database, box, reader, presented(settings), nobody).run()
