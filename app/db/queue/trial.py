"""One try at one job, and what follows when it fails."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NoReturn

from pgqueuer.core.executors import AbstractEntrypointExecutor, EntrypointExecutorParameters
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Context
from pgqueuer.domain.models import Job as QueuedJob

from app.db.queue.jobs import REQUEST_HEADER
from app.errors import CodecsTooSlow, Unavailable
from app.events import REQUEST_ID, JobDone, JobFailed, Observe
from app.traces import TRACEPARENT, Spans, Trace, trace_of

_MOST_AWAY: Final = 10_000

Handler = Callable[[bytes], Awaitable[None]]
OnFailed = Callable[[bytes, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Policy:
    """A job is tried `attempts` times, with pauses (in seconds) that double from the first to the
    longest. What is merely away (`Unavailable`) is waited for without an end; what took too long on a busy machine
    is tried again as often, with pauses from `first_slow_pause` to `longest_slow_pause`, since each try is dear."""

    attempts: int = 5
    first_pause: float = 1.0
    longest_pause: float = 60.0
    first_slow_pause: float = 60.0
    longest_slow_pause: float = 3600.0

    def pause(self, failed_before: int) -> timedelta:
        doublings = min(failed_before, 30)
        return timedelta(seconds=min(self.first_pause * 2**doublings, self.longest_pause))

    def slow_pause(self, failed_before: int) -> timedelta:
        doublings = min(failed_before, 30)
        return timedelta(seconds=min(self.first_slow_pause * 2**doublings, self.longest_slow_pause))

    def is_last(self, failed_before: int) -> bool:
        return failed_before + 1 >= self.attempts


class Trials:
    """What all tries of one runner share: the number of them at a time, and how to break them off."""

    def __init__(self, concurrency: int, policy: Policy, observe: Observe, spans: Spans) -> None:
        self.slots = asyncio.Semaphore(concurrency)
        self.policy = policy
        self.observe = observe
        self.spans = spans
        self.in_hand: set[asyncio.Task[None]] = set()
        self.final: set[int] = set()
        """Jobs, by id, whose handler has said that they failed for good."""
        self.away: dict[int, int] = {}
        """How often in a row a job has just failed of something that was merely away, or was given back: these tries
        do not count."""
        self.closed = False  # then no job is begun any more, and one that was claimed is given back

    def failed(self, job: QueuedJob, error: Exception) -> tuple[bool, timedelta]:
        """Whether it is final, and if not, the pause before the next try."""
        if not isinstance(error, Unavailable):
            self.away.pop(job.id, None)
            return self.policy.is_last(job.attempts), self.policy.pause(job.attempts)
        if len(self.away) >= _MOST_AWAY:
            self.away.clear()
        before = self.away[job.id] = self.away.get(job.id, -1) + 1
        pause = self.policy.slow_pause if isinstance(error, CodecsTooSlow) else self.policy.pause
        return False, pause(before)

    def forget(self, jobs: Iterable[int]) -> None:
        """Their outcome is written down."""
        for job in jobs:
            self.final.discard(job)
            self.away.pop(job, None)

    def give_back(self) -> None:
        """Break off everything in hand; those jobs wait again."""
        self.closed = True
        for task in self.in_hand:
            task.cancel()


class Trial(AbstractEntrypointExecutor):
    """Runs a handler in the library's terms: to raise `RetryRequested` is to be tried again, to raise
    anything else is to have failed for good."""

    def __init__(self, handler: Handler, on_failed: OnFailed | None, trials: Trials) -> None:
        super().__init__(EntrypointExecutorParameters(0, self.execute, accepts_context=True, on_failure="hold"))
        self._handler = handler
        self._on_failed = on_failed
        self._trials = trials

    async def execute(self, job: QueuedJob, context: Context) -> None:
        REQUEST_ID.set(_request_of(job))
        with self._trials.spans.span(f"job {job.entrypoint}", "consumer", _trace_of(job)):
            await self._tried(job)

    async def _tried(self, job: QueuedJob) -> None:
        # The handler has a task of its own: the library takes a cancelled job for one to be forgotten.
        work = asyncio.create_task(self._work(job))
        self._trials.in_hand.add(work)
        work.add_done_callback(self._trials.in_hand.discard)
        try:
            await work
        except asyncio.CancelledError as error:
            if not self._is_given_back():
                await self._fail(job, RuntimeError(f"the handler was cancelled: {error}"))
            self._trials.away.setdefault(job.id, 0)
            raise RetryRequested(timedelta(0), "given back") from None
        except Exception as error:
            await self._fail(job, error)

    def _is_given_back(self) -> bool:
        task = asyncio.current_task()
        return self._trials.closed or (task is not None and task.cancelling() > 0)

    async def _work(self, job: QueuedJob) -> None:
        async with self._trials.slots:
            if self._trials.closed:
                raise asyncio.CancelledError
            started = time.monotonic()
            await self._handler(job.payload or b"")
            self._trials.observe(JobDone(job.entrypoint, time.monotonic() - started))

    async def _fail(self, job: QueuedJob, error: Exception) -> NoReturn:
        final, pause = self._trials.failed(job, error)
        reason = f"{type(error).__name__}: {error}"
        self._trials.observe(JobFailed(job.entrypoint, reason, final, (job.payload or b"").hex()))
        if not final:
            raise RetryRequested(pause, reason) from error
        if self._on_failed is not None:
            try:
                await self._on_failed(job.payload or b"", reason)
            except Exception as unheard:
                raise RetryRequested(pause, f"{reason}, and {unheard}") from error
        self._trials.final.add(job.id)
        raise error


def _trace_of(job: QueuedJob) -> Trace | None:
    header = (job.headers or {}).get(TRACEPARENT)
    return trace_of([header]) if isinstance(header, str) else None


def _request_of(job: QueuedJob) -> str:
    """The request that the job's log lines name; a job that no request caused has a name of its own."""
    return str((job.headers or {}).get(REQUEST_HEADER) or f"job-{job.id}")
