"""For how long one thing keeps all others waiting."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Gaps:
    """The longest time, in seconds of this thread's own work, for which nothing else had its turn."""

    longest = 0.0

    async def watch(self) -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            self.longest = max(self.longest, time.thread_time() - before)


@asynccontextmanager
async def gaps() -> AsyncIterator[Gaps]:
    found = Gaps()
    watching = asyncio.create_task(found.watch())
    try:
        yield found
    finally:
        watching.cancel()
