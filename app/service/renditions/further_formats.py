"""Renditions in further formats, built before anybody asks: by jobs that come after everything else."""

from typing import Final

from app.db.pool import Database
from app.db.queue.jobs import Job, enqueue
from app.model import Segment
from app.service.pictures.edits.following import payload_of
from app.service.renditions.render import Renderer
from app.settings import Settings

RENDER_FURTHER: Final = "render-further"
"""The job that builds the renditions of a picture, or of an edited one, in the formats that a setting names; its
payload is the hash, and the key of the edit."""

_PRIORITY: Final = -10  # below uploads and rebuilds: whatever is missing is built when it is asked for


class FurtherFormats:
    def __init__(self, settings: Settings, database: Database, renderer: Renderer) -> None:
        self._recipes, self._formats = settings.recipes, settings.render_ahead
        self._db = database
        self._renderer = renderer

    async def enqueue(self, picture: Segment) -> None:
        """Once its renditions in its own format are there; done twice, it changes nothing."""
        if not self._formats:
            return
        job = Job(RENDER_FURTHER, payload_of(picture), _PRIORITY, f"{RENDER_FURTHER}:{picture}")
        async with self._db.transaction() as tx:
            await enqueue(tx, [job])

    async def build(self, picture: Segment) -> None:
        """The job."""
        await self._renderer.build_further(picture, self._recipes, self._formats)
