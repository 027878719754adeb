"""What the processes of a service tell one another through the database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

_CHANNEL = "catalogue_change"


class Ear:
    """Hears which changes are reported."""

    def __init__(self, connection: Any, channel: str) -> None:
        self.connection = connection
        self._channel = channel
        self._reported: asyncio.Queue[str] = asyncio.Queue()

    async def open(self) -> None:
        await self.connection.add_listener(
            self._channel, lambda *reported: self._reported.put_nowait(str(reported[-1]))
        )

    async def heard(self) -> list[str]:
        """What was reported since the last call, by whatever has been committed."""
        await self.connection.execute("select pg_notify($1, 'until now')", self._channel)
        heard = []
        async with asyncio.timeout(10):
            while (reported := await self._reported.get()) != "until now":
                heard.append(reported)
        return heard


@asynccontextmanager
async def listening(dsn: str, channel: str = _CHANNEL) -> AsyncIterator[Ear]:
    """An ear for as long as the block lasts."""
    connection = await asyncpg.connect(dsn)
    try:
        ear = Ear(connection, channel)
        await ear.open()
        yield ear
    finally:
        await connection.close()
