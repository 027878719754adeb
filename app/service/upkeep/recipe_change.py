"""After a recipe was changed: how much there is to build, and building it in the background.

What the former recipe made is removed by `unused_renditions`.
"""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from app.db.pool import Database, Record
from app.db.queue.jobs import Job, enqueue
from app.errors import CodecsTooSlow, ImageRejected, ObjectMissing
from app.model import BlobHash
from app.raster.child.pool import CodecPool
from app.service.pictures.edits.following import Edits, edit_job
from app.service.pictures.edits.values import read
from app.service.pictures.filing import REBUILD_PRIORITY, render_job
from app.settings import Settings
from app.store import ObjectStore, blob_key

_SAMPLE: Final = 5  # blobs that a plan builds, without keeping them, to know what the rest will take


@dataclass(frozen=True, slots=True)
class RecipePlan:
    """What `build` would do: `seconds` by one codec process alone, `size` in bytes; both reckoned from a sample.

    `unseen` of the blobs were never looked into for marks; those that have some need all renditions anew. For `bare`
    ones nothing stands while they load, or nobody has looked into them, for which nothing is rendered anew.
    """

    blobs: int
    unseen: int
    bare: int
    renditions: int
    seconds: float
    size: int


class RecipeChange:
    def __init__(self, settings: Settings, database: Database, store: ObjectStore, codecs: CodecPool) -> None:
        self._settings = settings
        self._hashes = [recipe.hash for recipe in settings.recipes]
        self._edits = Edits(settings)
        self._cleanings = [recipe.hash for recipe in settings.cleanings]
        self._further = list(settings.render_ahead)
        self._db = database
        self._store = store
        self._codecs = codecs

    async def plan(self) -> RecipePlan:
        """Counts what is missing and builds a small sample of it."""
        blobs = unseen = bare = renditions = 0
        sample: list[Record] = []
        async for rows in self._missing():
            blobs += len(rows)
            unseen += sum(row["unseen"] for row in rows)
            bare += sum(row["bare"] for row in rows)
            renditions += sum(row["missing"] for row in rows)
            sample += rows[: max(0, _SAMPLE - len(sample))]
        seconds, size, made = await self._try(sample)
        share = renditions / made if made else 0.0
        return RecipePlan(blobs, unseen, bare, renditions, seconds * share, round(size * share))

    async def build(self) -> AsyncIterator[int]:
        """Enqueues what is missing, a batch at a time; gives how many blobs each batch had. What is already in the
        queue, or built, is not enqueued again, so a build that was broken off goes on. Images show by then what their
        edits make of their pictures with the settings in force."""
        await self._follow()
        async for rows in self._missing():
            jobs = [_job(row) for row in rows]
            async with self._db.transaction() as tx:
                await enqueue(tx, jobs)
            yield len(rows)

    async def _follow(self) -> None:
        after = 0
        while page := await self._db.fetch("edited_images_behind", after):
            after = page[-1]["id"]
            async with self._db.transaction() as tx:
                live = [row["id"] for row in page if row["is_live"]]
                await self._edits.follow_later(tx, live, REBUILD_PRIORITY)

    async def _missing(self) -> AsyncIterator[list[Record]]:
        async for rows in self._missing_of_blobs():
            yield rows
        async for rows in self._missing_of_edits():
            yield rows

    async def _missing_of_edits(self) -> AsyncIterator[list[Record]]:
        """Of those that images show."""
        after: tuple[bytes, str] = (b"", "")
        while page := await self._db.fetch("edited_pictures_behind", *after):
            shown = [(row["blob_hash"], row["key"]) for row in page if row["is_shown"]]
            after = page[-1]["blob_hash"], page[-1]["key"]
            columns = [list(column) for column in zip(*shown, strict=True)] or [[], []]
            if rows := await self._db.fetch("missing_edited_renditions", *columns, self._hashes, self._further):
                yield rows

    async def _missing_of_blobs(self) -> AsyncIterator[list[Record]]:
        after = b""
        while page := await self._db.fetch("blob_hashes_behind", after):
            hashes = [row["hash"] for row in page]
            cleanings = (self._cleanings[0], self._cleanings[-1])
            wanted = (hashes, self._hashes, self._further, *cleanings, self._settings.rights == "rights")
            if rows := await self._db.fetch("missing_renditions", *wanted):
                yield rows
            after = hashes[-1]

    async def _try(self, sample: list[Record]) -> tuple[float, int, int]:
        """(seconds, bytes, renditions) of a sample, of what is built in the time that a reader would wait."""
        seconds, size, made = 0.0, 0, 0
        for row in sample:
            recipes = (self._settings.clean, *self._settings.recipes)
            formats = dict.fromkeys([row["format"], *self._further])
            began = time.monotonic()
            try:
                async with self._store.local(blob_key(BlobHash(row["hash"].hex()))) as path:
                    edit = read(row["edit"])
                    rendered = await self._codecs.build(path, recipes, tuple(formats), edit=edit, waited_for=True)
            except (ObjectMissing, ImageRejected, CodecsTooSlow):  # `blobs verify` and `jobs failed` tell of these
                continue
            seconds += time.monotonic() - began
            size += sum(len(one.data) for one in rendered)
            made += len(rendered)
        return seconds, size, made


def _job(row: Record) -> Job:
    return (
        edit_job(row["hash"], row["key"], REBUILD_PRIORITY) if row["key"] else render_job(row["hash"], REBUILD_PRIORITY)
    )
