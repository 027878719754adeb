"""The background task: takes jobs off the queue and hands them to the service."""

from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Final

from app.access.oauth import nonce_seconds
from app.access.sessions import forget_sessions
from app.background import Work, in_background
from app.db.connections.pooled import direct
from app.db.pool import Database
from app.db.queue.runner import JobRunner
from app.events import Observe
from app.model import BlobHash, Segment
from app.service.catalogue.terms import fold_noted
from app.service.changes.expiry import end_restoring
from app.service.changes.finishing import NamedBatches
from app.service.changes.long_jobs import LongJobs
from app.service.changes.tidying import tidy_log
from app.service.galleries.undoing import UNDO, LongUndo, number_of
from app.service.pictures.edits.following import RENDER_EDIT, Edits, picture_of
from app.service.pictures.filing import RENDER
from app.service.pictures.removal import LEAST_GRACE
from app.service.renditions.further_formats import RENDER_FURTHER, FurtherFormats
from app.service.renditions.render import Renderer
from app.service.renditions.undecided import Undecided
from app.service.renditions.widths import RENDER_WIDTHS, WidthsAhead
from app.settings import Settings
from app.traces import Spans

_FORGET_SECONDS: Final = 300.0
"""How often the nonces of OAuth, the claims of uploads, what can be restored and the log are looked through."""
_FINISH_SECONDS: Final = 10.0
"""How often batches are looked for to which nothing comes any more."""
_FOLD_SECONDS: Final = 60.0
"""How often products are looked for that a version before this one has written."""
_UNDECIDED_SECONDS: Final = 60.0
"""How often pictures are looked for whose job has ended, or was lost, without a word of what became of them."""


class Worker:
    """Builds the renditions of what was uploaded; any number of them may run, on any number of machines. `deliver` goes
    on beside that until it is cancelled."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        renderer: Renderer,
        deliver: Work,
        observe: Observe,
        spans: Spans | None = None,
    ) -> None:
        self._db = database
        edits = Edits(settings)
        self._renderer = renderer
        self._deliver = deliver
        self._further = FurtherFormats(settings, database, renderer)
        self._widths = WidthsAhead(settings, database, renderer)
        self.look_for_undecided = Undecided(database, edits).enqueue
        self._batches = NamedBatches(database)
        self._long_jobs = LongJobs(database)
        self._undo = LongUndo(database, timedelta(days=settings.restore_days), edits)
        self._observe = observe
        self._restorable = timedelta(days=settings.restore_days)
        self._answer_age = timedelta(hours=settings.idempotency_hours)
        self._history = max(timedelta(days=settings.history_days), self._restorable) if settings.history_days else None
        self._nonce_seconds = nonce_seconds(settings.openmage_oauth_past_seconds)
        self._runner = JobRunner(
            direct(database.dsn),
            observe=observe,
            concurrency=settings.worker_concurrency,
            lease=settings.job_lease_seconds,
            spans=spans,
        )
        self._runner.register(RENDER, self._render, on_failed=self._give_up)
        self._runner.register(RENDER_EDIT, self._render_edit, on_failed=self._give_up_edit)
        self._runner.register(RENDER_FURTHER, self._render_further)
        self._runner.register(RENDER_WIDTHS, self._render_widths)
        self._runner.register(UNDO, self._take_back, on_failed=self._give_up_undo)

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
                ("console", self._forget_sessions, _FORGET_SECONDS),
                ("kept answers", self._forget_answers, _FORGET_SECONDS),
                ("log", self._tidy_log, _FORGET_SECONDS),
                ("long jobs", self._forget_jobs, _FORGET_SECONDS),
                ("batches", self._batches.finish, _FINISH_SECONDS),
                ("broken off", self._long_jobs.end_broken_off, _FINISH_SECONDS),
                ("undos", self._undo.go_on, _UNDECIDED_SECONDS),
                ("terms", self._fold_terms, _FOLD_SECONDS),
                ("undecided pictures", self.look_for_undecided, _UNDECIDED_SECONDS),
            ):
                await stack.enter_async_context(in_background(name, work, self._observe, every=every))
            await stack.enter_async_context(in_background("webhooks", self._deliver, self._observe))
            await self._runner.run()

    async def stop(self) -> None:
        """Finishes the jobs in hand, or gives them back."""
        await self._runner.stop()

    async def _forget_nonces(self) -> None:
        """Where requests of any age are accepted, a nonce is never forgotten."""
        if self._nonce_seconds is not None:
            await self._db.execute("forget_oauth_nonces", self._nonce_seconds)

    async def _forget_sessions(self) -> None:
        await forget_sessions(self._db)

    async def _forget_answers(self) -> None:
        while await self._db.execute("forget_kept_answers", self._answer_age):
            pass

    async def _forget_jobs(self) -> None:
        await self._db.execute("forget_long_jobs", self._restorable)

    async def _forget_claims(self) -> None:
        last: int | None = 0
        while last is not None:
            last = await self._db.fetchval("forget_served_claims", LEAST_GRACE, last)

    async def _end_restoring(self) -> None:
        await end_restoring(self._db, self._restorable)

    async def _tidy_log(self) -> None:
        await tidy_log(self._db, self._history)
        while self._history is not None and await self._db.execute("forget_deliveries", self._history):
            pass

    async def _fold_terms(self) -> None:
        await fold_noted(self._db)

    async def _render(self, payload: bytes) -> None:
        blob = BlobHash(payload.hex())
        await self._renderer.build_all(blob)
        await self._further.enqueue(Segment(blob))
        await self._widths.enqueue(Segment(blob))

    async def _render_edit(self, payload: bytes) -> None:
        picture = picture_of(payload)
        await self._renderer.build_edit(picture)
        await self._further.enqueue(picture)
        await self._widths.enqueue(picture)

    async def _render_further(self, payload: bytes) -> None:
        await self._further.build(picture_of(payload))

    async def _render_widths(self, payload: bytes) -> None:
        await self._widths.build(picture_of(payload))

    async def _take_back(self, payload: bytes) -> None:
        await self._undo.work(number_of(payload))

    async def _give_up_undo(self, payload: bytes, reason: str) -> None:
        await self._undo.give_up(number_of(payload), reason)

    async def _give_up(self, payload: bytes, reason: str) -> None:
        await self._renderer.give_up(BlobHash(payload.hex()), reason)

    async def _give_up_edit(self, payload: bytes, reason: str) -> None:
        await self._renderer.give_up_edit(picture_of(payload), reason)
