"""Pictures of which nobody is going to say whether they are ready: a job does it that is added here."""

from typing import Final

from app.db.pool import Database
from app.db.queue.jobs import enqueue
from app.service.pictures.edits.following import Edits, edit_job
from app.service.pictures.filing import REBUILD_PRIORITY, render_job

_PAGES: Final = 10
"""Statements at a time; the next time goes on from there."""


class Undecided:
    """What the version before has rendered, which does not know of states, and what lost its job; and edited images
    that a version has changed which does not know of edits."""

    def __init__(self, database: Database, edits: Edits) -> None:
        self._db = database
        self._edits = edits
        self._after = b""
        self._after_edit: tuple[bytes, str] = (b"", "")
        self._after_image = 0

    async def enqueue(self) -> None:
        """Looks at the next ten thousand, from the beginning again behind the last."""
        await self._enqueue_pictures()
        await self._enqueue_edits()
        await self._follow()

    async def _enqueue_pictures(self) -> None:
        for _ in range(_PAGES):
            rows = await self._db.fetch("undecided_pictures", self._after)
            jobs = [render_job(row["hash"], REBUILD_PRIORITY) for row in rows if not row["is_awaited"]]
            async with self._db.transaction() as tx:
                await enqueue(tx, jobs)
            self._after = rows[-1]["hash"] if rows else b""
            if not rows:
                return

    async def _enqueue_edits(self) -> None:
        """A thousand of them: edits are few."""
        rows = await self._db.fetch("undecided_edits", *self._after_edit)
        jobs = [edit_job(row["blob_hash"], row["key"], REBUILD_PRIORITY) for row in rows if not row["is_awaited"]]
        async with self._db.transaction() as tx:
            await enqueue(tx, jobs)
        self._after_edit = (rows[-1]["blob_hash"], rows[-1]["key"]) if rows else (b"", "")

    async def _follow(self) -> None:
        """A thousand of them, by hundreds, whose products are held meanwhile."""
        for _ in range(_PAGES):
            row = await self._db.fetchrow("astray_edited_images", self._after_image)
            assert row is not None
            if row["images"]:
                async with self._db.transaction() as tx:
                    await self._edits.follow_later(tx, row["images"], REBUILD_PRIORITY)
            self._after_image = row["last"] or 0
            if not self._after_image:
                return
