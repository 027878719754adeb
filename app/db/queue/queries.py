"""The statements that a runner lets the queue's library execute.

The library takes a job whose outcome it could not write down for one that has failed for good. Here a job fails for
good only when its handler has said so, and what the database refuses is written down as soon as it takes it.
"""

import asyncio
from datetime import timedelta
from typing import Final, TypeAlias

from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.models import Job, TracebackRecord
from pgqueuer.domain.types import JOB_STATUS, JobId

from app.db.connections.connect import Connection
from app.db.errors import DRIVER_ERRORS
from app.db.queries import load_queries
from app.db.queue.library import QUEUE
from app.db.queue.trial import Trials
from app.events import CheckFailed

EndedJob: TypeAlias = tuple[Job, JOB_STATUS, TracebackRecord | None]

_REFUSED_SECONDS: Final = 0.5
"""The library tries again at once what was refused."""


class RunnerQueries(Queries):
    """Over one connection; `trials` knows what the handlers said."""

    def __init__(self, connection: Connection, trials: Trials) -> None:
        super().__init__(AsyncpgDriver(connection), QueryBuilderEnvironment(QUEUE), QueryQueueBuilder(QUEUE))
        self._connection = connection
        self._trials = trials
        self._give_back = load_queries()["give_job_back"].sql
        self._given_back: set[JobId] = set()

    async def log_jobs(self, job_status: list[EndedJob]) -> None:
        """Is called again with the same ones when it raises; by then some of them are done with."""
        unsaid = [
            outcome for outcome in job_status if outcome[1] == "failed" and outcome[0].id not in self._trials.final
        ]
        given = [outcome for outcome in job_status if outcome not in unsaid]
        try:
            if given:
                await super().log_jobs(given)
            for job, _, record in unsaid:
                if job.id not in self._given_back:
                    await self.retry_job(job, self._trials.policy.pause(job.attempts), record)
                    self._given_back.add(job.id)
        except DRIVER_ERRORS as error:
            await self._refused(error)
            raise
        self._trials.forget(job.id for job, *_ in given)
        self._given_back.difference_update(job.id for job, *_ in unsaid)

    async def retry_job(self, job: Job, delay: timedelta, traceback_record: TracebackRecord | None) -> None:
        """As the library's own, but for a try that does not count, and a job that another runner has by now."""
        record = traceback_record.model_dump_json() if traceback_record else None
        is_free = job.id in self._trials.away
        await self.driver.execute(self._give_back, job.id, job.queue_manager_id, delay, is_free, record)

    async def update_heartbeat(self, job_ids: list[JobId]) -> None:
        try:
            await super().update_heartbeat(job_ids)
        except DRIVER_ERRORS as error:
            await self._refused(error)
            raise

    async def _refused(self, error: BaseException) -> None:
        if self._connection.is_closed():  # the job goes to whoever finds it once its lease has passed
            return
        self._trials.observe(CheckFailed("jobs", f"{type(error).__name__}: {error}"))
        await asyncio.sleep(_REFUSED_SECONDS)
