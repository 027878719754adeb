"""The background task: takes jobs off the queue and hands them to the service."""

from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Final

from app.access.oauth import nonce_seconds
from app.background import in_background
from app.db.pool import Database
from app.db.queue.jobs import JobRunner
from app.events import Observe
from app.model import BlobHash
from app.service.catalogue.terms import fold_noted
from app.service.changes.expiry import end_restoring
from app.service.changes.tidying import tidy_log
from app.service.pictures.filing import RENDER
from app.service.pictures.removal import LEAST_GRACE
from app.service.renditions.further_formats import RENDER_FURTHER, FurtherFormats
from app.service.renditions.render import Renderer
from app.service.renditions.undecided import Undecided
from app.settings import Settings

_FORGET_SECONDS: Final = 300.0
"""How often the nonces of OAuth, the claims of uploads, what can be restored and the log are looked through."""
_FOLD_SECONDS: Final = 60.0
"""How often products are looked for that a version before this one has written."""
_UNDECIDED_SECONDS: Final = 60.0
"""How often pictures are looked for whose job has ended, or was lost, without a word of what became of them."""


class Worker:
    """Builds the renditions of what was uploaded; any number of them may run, on any number of machines."""

    def __init__(self, settings: Settings, database: Database, renderer: Renderer, observe: Observe) -> None:
        self._db = database
        self._renderer = renderer
        self._further = FurtherFormats(settings, database, renderer)
        self.look_for_undecided = Undecided(database).enqueue
        self._observe = observe
        self._restorable = timedelta(days=settings.restore_days)
        self._answer_age = timedelta(hours=settings.idempotency_hours)
        self._history = max(timedelta(days=settings.history_days), self._restorable) if settings.history_days else None
        self._nonce_seconds = nonce_seconds(settings.openmage_oauth_past_seconds)
        self._runner = JobRunner(
            database.dsn, observe=observe, concurrency=settings.worker_concurrency, lease=settings.job_lease_seconds
        )
        self._runner.register(RENDER, self._render, on_failed=self._give_up)
        self._runner.register(RENDER_FURTHER, self._render_further)

    async def prepare(self) -> None:
        """Before there are requests, what would hold them up."""
        await self._runner.prepare()

    async def run(self) -> None:
        """Works until it is cancelled or stopped."""
        async with AsyncExitStack() as stack:
            for name, work, every in (
                ("nonces", self._forget_nonces, _FORGET_SECONDS),
                ("claims", self._forget_claims, _FORGET_SECONDS),
                ("restoring", self._end_restoring, _FORGET_SECONDS),
                ("kept answers", self._forget_answers, _FORGET_SECONDS),
                ("log", self._tidy_log, _FORGET_SECONDS),
                ("terms", self._fold_terms, _FOLD_SECONDS),
                ("undecided pictures", self.look_for_undecided, _UNDECIDED_SECONDS),
            ):
                await stack.enter_async_context(in_background(name, work, self._observe, every=every))
            await self._runner.run()

    async def stop(self) -> None:
        """Finishes the jobs in hand, or gives them back."""
        await self._runner.stop()

    async def _forget_nonces(self) -> None:
        """Where requests of any age are accepted, a nonce is never forgotten."""
        if self._nonce_seconds is not None:
            await self._db.execute("forget_oauth_nonces", self._nonce_seconds)

    async def _forget_answers(self) -> None:
        while await self._db.execute("forget_kept_answers", self._answer_age):
            pass

    async def _forget_claims(self) -> None:
        last: int | None = 0
        while last is not None:
            last = await self._db.fetchval("forget_served_claims", LEAST_GRACE, last)

    async def _end_restoring(self) -> None:
        await end_restoring(self._db, self._restorable)

    async def _tidy_log(self) -> None:
        await tidy_log(self._db, self._history)

    async def _fold_terms(self) -> None:
        await fold_noted(self._db)

    async def _render(self, payload: bytes) -> None:
        blob = BlobHash(payload.hex())
        await self._renderer.build_all(blob)
        await self._further.enqueue(blob)

    async def _render_further(self, payload: bytes) -> None:
        await self._further.build(BlobHash(payload.hex()))

    async def _give_up(self, payload: bytes, reason: str) -> None:
        await self._renderer.give_up(BlobHash(payload.hex()), reason)
