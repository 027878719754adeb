"""Runners, which work jobs off: any number of them, on any number of machines. Each job is done at least once: handlers
must not mind twice."""

import asyncio
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from functools import partial
from typing import Final

from anyio.lowlevel import checkpoint
from pgqueuer.core.qm import QueueManager

from app.background import in_background, is_cancelled, is_set_within, supervised
from app.db.connections.connect import Connection, connect
from app.db.connections.silence import LOOK_SECONDS, Watch
from app.db.errors import DRIVER_ERRORS, translated
from app.db.queries import load_queries
from app.db.queue.library import QUEUE
from app.db.queue.queries import RunnerQueries
from app.db.queue.trial import Handler, OnFailed, Policy, Trial, Trials
from app.errors import DatabaseUnavailable
from app.events import Observe
from app.traces import Spans, Unrecorded

_TIDY_SECONDS: Final = 3600.0
_PAUSE_SECONDS: Final = 0.2
_GIVING_BACK_SECONDS: Final = 5.0
_LOOKS_PER_LEASE: Final = 10
"""Silence is noticed within a lease, and the work goes on elsewhere, or here."""


class JobRunner:
    """Works off jobs, at most `concurrency` at a time, on a connection of its own.

    A handler that raises is tried again by `policy`; after its last try the job is kept as failed,
    with its reason, and `on_failed` is called. A job whose process was killed is taken over by
    another runner once it has given no sign of life for `lease` seconds.
    """

    def __init__(
        self,
        dsn: str,
        *,
        observe: Observe,
        concurrency: int = 2,
        policy: Policy | None = None,
        lease: float = 10.0,
        spans: Spans | None = None,
    ) -> None:
        self._dsn = dsn
        self._observe = observe
        self._concurrency = concurrency
        self._lease = timedelta(seconds=lease)
        self._trials = Trials(concurrency, policy or Policy(), observe, spans or Unrecorded())
        self._handlers: dict[str, tuple[Handler, OnFailed | None]] = {}
        self._manager: QueueManager | None = None
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._ended.set()

    def register(self, kind: str, handler: Handler, *, on_failed: OnFailed | None = None) -> None:
        """`on_failed` gets the payload and the reason, perhaps more than once."""
        self._handlers[kind] = handler, on_failed

    async def prepare(self) -> None:
        """The library below pgqueuer loads what it runs on when it is first used, and a first start has to compile
        that: half a second, which is spent before there are requests to wait for it."""
        await checkpoint()

    async def run(self) -> None:
        """Work until `stop`, through whatever happens to the database. Cancelled, it gives back the
        jobs in hand at once."""
        self._ended.clear()
        try:
            await supervised("jobs", self._work_on, self._observe, until=self._stopping)
        finally:
            self._ended.set()

    async def stop(self, grace: float = 20.0) -> None:
        """Take no more jobs and return once `run` has ended: those in hand have `grace` seconds to
        finish; then they are given back, for another runner to begin again."""
        self._stopping.set()
        self._trials.closed = True
        if self._manager is not None:
            self._manager.shutdown.set()
        if not await is_set_within(self._ended, grace):
            self._trials.give_back()
            await self._ended.wait()

    async def _work_on(self) -> None:
        """Over one connection after the other."""
        while not self._stopping.is_set():
            await self._work()
            await is_set_within(self._stopping, _PAUSE_SECONDS)

    async def _work(self) -> None:
        """Until the connection is lost, falls silent, or the runner is stopped."""
        async with AsyncExitStack() as stack:
            connection = await connect(self._dsn)
            stack.callback(connection.terminate)
            manager = self._manager = self._new_manager(connection)
            connection.add_termination_listener(lambda _: manager.shutdown.set())
            look = min(LOOK_SECONDS, self._lease.total_seconds() / _LOOKS_PER_LEASE)
            watch = Watch("worker", self._dsn, lambda: (connection,), self._observe, look=look)
            await stack.enter_async_context(watch())
            for name, work in (("job log", partial(_tidy, manager)), ("runner", partial(_beat, manager, look))):
                await stack.enter_async_context(in_background(name, work, self._observe))
            await self._until_shut_down(manager)

    async def _until_shut_down(self, manager: QueueManager) -> None:
        working = asyncio.create_task(self._run(manager))
        try:
            with translated():
                await asyncio.shield(working)
        except asyncio.CancelledError:
            manager.shutdown.set()
            if working.cancelled() and not is_cancelled():  # by somebody else: nobody told us to end
                raise DatabaseUnavailable("the queue's library was cancelled") from None
            self._trials.give_back()
            await asyncio.wait({working}, timeout=_GIVING_BACK_SECONDS)
            raise
        finally:
            self._manager = None

    def _new_manager(self, connection: Connection) -> QueueManager:
        manager = QueueManager(RunnerQueries(connection, self._trials), QUEUE.channel)
        for kind, (handler, on_failed) in self._handlers.items():
            manager.register_executor(kind, Trial(handler, on_failed, self._trials))
        if self._stopping.is_set():
            manager.shutdown.set()
        return manager

    async def _run(self, manager: QueueManager) -> None:
        await manager.run(
            dequeue_timeout=self._lease / 2,
            batch_size=max(1, self._concurrency // 2),
            max_concurrent_tasks=max(2, self._concurrency),
            shutdown_on_listener_failure=True,
            heartbeat_timeout=self._lease,
            log_aggregation_interval=timedelta(0),
        )


async def _tidy(manager: QueueManager) -> None:
    """Every change of a job is logged by the library and never removed."""
    statement = load_queries()["forget_job_log"].sql
    while not await is_set_within(manager.shutdown, _TIDY_SECONDS):
        await manager.queries.driver.execute(statement)


async def _beat(manager: QueueManager, seconds: float) -> None:
    """Asks for a sign of life, so that silence is noticed though nothing else is asked for."""
    while not await is_set_within(manager.shutdown, seconds):
        with suppress(*DRIVER_ERRORS):  # of which the watch tells
            await manager.queries.driver.execute("select 1")
