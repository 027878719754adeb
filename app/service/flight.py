"""Work that many ask for at once is done once, and not more of it at a time than there are slots."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from app.errors import Busy

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Slots:
    """At most `limit` holders; nobody queues, one too many gets Busy at once."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.taken = 0

    @contextmanager
    def take(self) -> Iterator[None]:
        if self.taken >= self.limit:
            raise Busy(f"all {self.limit} slots are taken")
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1


class SingleFlight(Generic[K, V]):
    """Concurrent calls for one key share one run and its outcome, errors included; nothing is kept.

    A caller that is cancelled leaves the others waiting and the run going, even if it was the last:
    its result is usually stored for the next. With `slots`, a run beyond them raises Busy; joining a
    run under way needs none.
    """

    def __init__(self, slots: Slots | None = None) -> None:
        self._slots = slots
        self._runs: dict[K, asyncio.Future[V]] = {}

    async def run(self, key: K, work: Callable[[], Awaitable[V]]) -> V:
        task = self._runs.get(key)
        if task is None:
            task = self._start(key, work)
        return await asyncio.shield(task)

    async def run_here(self, key: K, work: Callable[[], Awaitable[V]]) -> V:
        """Like `run` without slots, at half its cost, for work that is short: it is done in the task of the first
        who asks. If he is cancelled, one of those who wait begins anew."""
        while (run := self._runs.get(key)) is not None:
            try:
                return await asyncio.shield(run)
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if not run.cancelled() or (task is not None and task.cancelling()):
                    raise
        mine: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        self._runs[key] = mine
        try:
            mine.set_result(await work())
        except asyncio.CancelledError:
            mine.cancel()
            raise
        except BaseException as error:
            mine.set_exception(error)
        finally:
            if self._runs.get(key) is mine:
                del self._runs[key]
        return mine.result()

    def detach(self) -> None:
        """Whoever asks from now on starts anew; those who wait still get what they waited for."""
        self._runs.clear()

    def _start(self, key: K, work: Callable[[], Awaitable[V]]) -> asyncio.Task[V]:
        slot = self._slots.take() if self._slots else None
        if slot:
            slot.__enter__()

        async def go() -> V:
            return await work()

        def done(task: asyncio.Future[V]) -> None:
            if self._runs.get(key) is task:
                del self._runs[key]
            if slot:
                slot.__exit__(None, None, None)
            if not task.cancelled():
                task.exception()  # with every caller gone nobody else would look at it

        task = asyncio.create_task(go())
        self._runs[key] = task
        task.add_done_callback(done)
        return task
