"""Renditions in further formats, built before anybody asks: by jobs that come after everything else."""

from typing import Final

from app.db.pool import Database
from app.db.queue.jobs import Job, enqueue
from app.model import BlobHash
from app.service.renditions.render import Renderer
from app.settings import Settings

RENDER_FURTHER: Final = "render-further"
"""The job that builds one blob's renditions in the formats that a setting names; its payload is the hash."""

_PRIORITY: Final = -10  # below uploads and rebuilds: whatever is missing is built when it is asked for


class FurtherFormats:
    def __init__(self, settings: Settings, database: Database, renderer: Renderer) -> None:
        self._formats = settings.render_ahead
        self._db = database
        self._renderer = renderer

    async def enqueue(self, blob: BlobHash) -> None:
        """Once the blob's renditions in its own format are there; done twice, it changes nothing."""
        if not self._formats:
            return
        job = Job(RENDER_FURTHER, bytes.fromhex(blob), _PRIORITY, f"{RENDER_FURTHER}:{blob}")
        async with self._db.transaction() as tx:
            await enqueue(tx, [job])

    async def build(self, blob: BlobHash) -> None:
        """The job."""
        await self._renderer.build_further(blob, self._formats)
