"""After a recipe was changed: how much there is to build, building it in the background, and removing what
the former recipe made once its URLs are no longer wanted."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from app.db.jobs import Job, enqueue
from app.db.pool import Database, Record
from app.model import BlobHash, Format, RecipeHash
from app.raster.pool import CodecPool
from app.service.filing import RENDER
from app.settings import Settings
from app.store import ObjectStore, blob_key, rendition_key

REBUILD_PRIORITY = 0
"""Below uploads: what somebody has just sent comes first."""

_Place: TypeAlias = tuple[bytes, RecipeHash, Format]
"""A rendition's key: blob, recipe and format."""

_SAMPLE = 5  # blobs that a plan builds, without keeping them, to know what the rest will take


@dataclass(frozen=True, slots=True)
class Plan:
    """What `build` would do: `seconds` by one codec process alone, `size` in bytes; both reckoned from a sample."""

    blobs: int
    renditions: int
    seconds: float
    size: int


class RecipeChange:
    def __init__(self, settings: Settings, database: Database, store: ObjectStore, codecs: CodecPool) -> None:
        self._recipes = (settings.clean, *settings.recipes)
        self._hashes = [recipe.hash for recipe in self._recipes]
        self._further = list(settings.render_ahead)
        self._db = database
        self._store = store
        self._codecs = codecs

    async def plan(self) -> Plan:
        """Counts what is missing and builds a small sample of it."""
        blobs = renditions = 0
        sample: list[Record] = []
        async for rows in self._missing():
            blobs += len(rows)
            renditions += sum(row["missing"] for row in rows)
            sample += rows[: max(0, _SAMPLE - len(sample))]
        seconds, size, made = await self._try(sample)
        share = renditions / made if made else 0.0
        return Plan(blobs, renditions, seconds * share, round(size * share))

    async def build(self) -> AsyncIterator[int]:
        """Enqueues what is missing, a batch at a time; gives how many blobs each batch had. What is already in the
        queue, or built, is not enqueued again, so a build that was broken off goes on."""
        async for rows in self._missing():
            jobs = [
                Job(RENDER, row["hash"], priority=REBUILD_PRIORITY, dedupe_key=f"{RENDER}:{row['hash'].hex()}")
                for row in rows
            ]
            async with self._db.transaction() as tx:
                await enqueue(tx, jobs)
            yield len(rows)

    async def sweep(self, older_than: timedelta, *, dry_run: bool = False) -> tuple[int, int]:
        """Removes renditions that no recipe in force, live image or path refers to: (how many, their bytes)."""
        cutoff = datetime.now(UTC) - older_than
        count = size = 0
        after: tuple[bytes, str, str] = (b"", "", "")
        while page := await self._db.fetch("former_renditions", cutoff, self._hashes, *after):
            stale = [row for row in page if row["is_stale"]]
            count += len(stale)
            size += sum(row["size"] for row in stale)
            if not dry_run:
                await self._remove([_place(row) for row in stale])
            after = _place(page[-1])
        if not dry_run:
            await self._db.execute("delete_unused_recipes", self._hashes, cutoff)
        return count, size

    async def _missing(self) -> AsyncIterator[list[Record]]:
        after = b""
        while rows := await self._db.fetch(
            "missing_renditions", after, self._hashes, self._further, self._recipes[0].hash
        ):
            yield rows
            after = rows[-1]["hash"]

    async def _try(self, sample: list[Record]) -> tuple[float, int, int]:
        """(seconds, bytes, renditions) of a sample."""
        began, size, made = time.monotonic(), 0, 0
        for row in sample:
            async with self._store.local(blob_key(BlobHash(row["hash"].hex()))) as path:
                formats = dict.fromkeys([row["format"], *self._further])
                rendered = await self._codecs.build(path, self._recipes, tuple(formats))
            size += sum(len(one.data) for one in rendered)
            made += len(rendered)
        return time.monotonic() - began, size, made

    async def _remove(self, renditions: list[_Place]) -> None:
        async with self._db.transaction() as tx:
            await tx.executemany("delete_rendition", renditions)
            await self._store.delete(
                rendition_key(BlobHash(digest.hex()), recipe, fmt) for digest, recipe, fmt in renditions
            )


def _place(row: Record) -> _Place:
    return row["blob_hash"], row["recipe_hash"], row["format"]
