"""After a recipe was changed: how much there is to build, building it in the background, and removing what
the former recipe made once its URLs are no longer wanted."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from app.db.pool import Database, Record, Transaction
from app.db.queue.jobs import Job, enqueue
from app.errors import CodecsTooSlow, ImageRejected, ObjectMissing
from app.model import NO_MARKS, BlobHash, RecipeHash
from app.raster.child.pool import CodecPool
from app.service.changes.record import Row, record_rows
from app.service.pictures.edits.following import Edits, edit_job
from app.service.pictures.edits.values import read
from app.service.pictures.filing import REBUILD_PRIORITY, render_job
from app.service.pictures.removal import RenditionPlace, remove_renditions
from app.service.upkeep.clocks import require_agreement
from app.settings import Settings
from app.store import ObjectStore, blob_key

_AT_ONCE: Final = 200
"""Renditions that are removed at a time, while uploads of what they show wait."""

_SAMPLE: Final = 5  # blobs that a plan builds, without keeping them, to know what the rest will take


_PROMISES: Final = (
    ("promised_recipes", ("last",), (0,)),
    ("serving_recipes", ("last",), ("",)),
    ("failed_recipes", ("last_blob", "last_recipe"), (b"", "")),
)
"""Statements that page through who refers to recipes, with the columns that a page ends with and the beginning."""


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
        self._offered = [recipe.hash for recipe in (*settings.width_recipes, settings.feed_recipe)]
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

    async def sweep(self, older_than: timedelta, *, dry_run: bool = False) -> tuple[int, int]:
        """Removes renditions that no recipe in force, live image or path refers to: (how many, their bytes).

        Raises ClocksDiffer.
        """
        await require_agreement(self._db, self._store)
        count = size = 0
        in_force = [*self._hashes, *self._offered, *self._cleanings]
        former = {RecipeHash(row["hash"]) for row in await self._db.fetch("former_recipes", in_force)}
        used = set[RecipeHash]()
        async for rows in self._made_with(former, older_than):
            stale = [row for row in rows if row["is_stale"]]
            count += len(stale)
            size += sum(row["size"] for row in stale)
            used |= {row["recipe_hash"] for row in rows if not row["is_stale"]}
            if not dry_run:
                await self._remove([_place(row) for row in stale])
        if former and not dry_run:
            used |= await self._promised()
            await self._db.execute("retire_recipes", sorted(former - used), older_than)
        return count, size

    async def _made_with(self, former: set[RecipeHash], older_than: timedelta) -> AsyncIterator[list[Record]]:
        """All renditions of these recipes, page by page of all that there are; none is read where none can be."""
        after: RenditionPlace = (b"", RecipeHash(""), "jpeg", NO_MARKS)
        while former and (last := await self._db.fetchrow("rendition_page", *after)):
            yield await self._db.fetch("former_renditions", older_than, list(former), *after, *_place(last))
            after = _place(last)

    async def _promised(self) -> set[RecipeHash]:
        """The recipes that live images were promised, that paths serve, or that failed."""
        found = set[RecipeHash]()
        for query, columns, beginning in _PROMISES:
            after: tuple[object, ...] = beginning
            while (row := await self._db.fetchrow(query, *after)) and row[columns[0]] is not None:
                found |= set(row["recipes"])
                after = tuple(row[column] for column in columns)
        return found

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

    async def _remove(self, renditions: list[RenditionPlace]) -> None:
        for first in range(0, len(renditions), _AT_ONCE):
            some = renditions[first : first + _AT_ONCE]
            async with self._db.transaction() as tx:
                await tx.executemany("delete_rendition", some)
                await record_rows(tx, [Row("recipe.swept", after=await _reported(tx, some))])
            await remove_renditions(self._db, self._store, some)


def _job(row: Record) -> Job:
    return (
        edit_job(row["hash"], row["key"], REBUILD_PRIORITY) if row["key"] else render_job(row["hash"], REBUILD_PRIORITY)
    )


async def _reported(tx: Transaction, places: list[RenditionPlace]) -> dict[str, Any]:
    """What caches may hold of them: the recipes may be forgotten, and the images gone, when that is asked."""
    blobs = await tx.fetch("held_of_blobs", list({digest for digest, *_ in places}))
    slugs = await tx.fetch("slugs_of_recipes", list({recipe for _, recipe, *_ in places}))
    return {
        "renditions": [
            {"hash": digest.hex(), "recipe": recipe, "format": format_, "marks": marks}
            for digest, recipe, format_, marks in places
        ],
        "slugs": {row["hash"]: row["slug"] for row in slugs},
        "blobs": {row["hash"].hex(): {"names": row["names"], "pictures": row["pictures"]} for row in blobs},
    }


def _place(row: Record) -> RenditionPlace:
    return row["blob_hash"], row["recipe_hash"], row["format"], row["marks"]
