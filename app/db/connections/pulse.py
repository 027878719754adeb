"""Signs of life of a pool's idle connections, so that silence is noticed before a request meets it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.db.connections.connect import Connection
from app.db.connections.leases import Leases
from app.db.connections.silence import Watch
from app.db.errors import DRIVER_ERRORS
from app.events import Observe


class Pulse:
    """Asks connections that have long been idle for a sign of life. What asks may hang: `Watch` ends it."""

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self._asking: set[asyncio.Task[None]] = set()

    async def beat(self, is_alarmed: bool) -> None:
        """Asks the one that is used least, or all at once where another one was given up."""
        for connection in self._leases.quiet(all_of_them=is_alarmed):
            task = asyncio.create_task(self._ask(connection))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def end(self) -> None:
        """Returns when nothing is asked any more, which is when all connections are closed."""
        await asyncio.gather(*self._asking, return_exceptions=True)

    async def _ask(self, connection: Connection) -> None:
        try:
            await connection.execute("select 1")
        except DRIVER_ERRORS:
            await self._leases.part_with(connection)
        else:
            self._leases.give_back(connection)


@asynccontextmanager
async def watched_pool(leases: Leases, dsn: str, observe: Observe) -> AsyncIterator[None]:
    """Gives up a pool's connections that fall silent, for as long as the block lasts; by its end they are closed."""
    pulse = Pulse(leases)
    async with Watch("pool", dsn, lambda: leases.connections, observe, beat=pulse.beat)():
        yield
    await pulse.end()
