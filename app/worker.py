"""The background task: takes jobs off the queue and hands them to the service."""

from app.db.jobs import JobRunner
from app.events import Observe
from app.model import BlobHash
from app.service.filing import RENDER
from app.service.render import Renderer
from app.settings import Settings


class Worker:
    """Builds the renditions of what was uploaded; any number of them may run, on any number of machines."""

    def __init__(self, settings: Settings, dsn: str, renderer: Renderer, observe: Observe) -> None:
        self._renderer = renderer
        self._runner = JobRunner(
            dsn, observe=observe, concurrency=settings.worker_concurrency, lease=settings.job_lease_seconds
        )
        self._runner.register(RENDER, self._render, on_failed=self._give_up)

    async def run(self) -> None:
        """Works until it is cancelled or stopped."""
        await self._runner.run()

    async def stop(self) -> None:
        """Finishes the jobs in hand, or gives them back."""
        await self._runner.stop()

    async def _render(self, payload: bytes) -> None:
        await self._renderer.build_all(BlobHash(payload.hex()))

    async def _give_up(self, payload: bytes, reason: str) -> None:
        await self._renderer.give_up(BlobHash(payload.hex()), reason)
