"""Removing renditions that former recipes made, once their URLs are no longer wanted."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

from app.db.pool import Database, Record, Transaction
from app.model import NO_MARKS, RecipeHash
from app.service.changes.record import Row, record_rows
from app.service.pictures.removal import RenditionPlace, remove_renditions
from app.service.upkeep.clocks import require_agreement
from app.settings import Settings
from app.store import ObjectStore

_AT_ONCE: Final = 200
"""Renditions that are removed at a time, while uploads of what they show wait."""

_PROMISES: Final = (
    ("promised_recipes", ("last",), (0,)),
    ("serving_recipes", ("last",), ("",)),
    ("failed_recipes", ("last_blob", "last_recipe"), (b"", "")),
)
"""Statements that page through who refers to recipes, with the columns that a page ends with and the beginning."""


class UnusedRenditions:
    def __init__(self, settings: Settings, database: Database, store: ObjectStore) -> None:
        offered = (*settings.width_recipes, settings.feed_recipe)
        self._in_force = [recipe.hash for recipe in (*settings.recipes, *offered, *settings.cleanings)]
        self._db = database
        self._store = store

    async def sweep(self, older_than: timedelta, *, dry_run: bool = False) -> tuple[int, int]:
        """Removes renditions that no recipe in force, live image or path refers to: (how many, their bytes).

        Raises ClocksDiffer.
        """
        await require_agreement(self._db, self._store)
        count = size = 0
        former = {RecipeHash(row["hash"]) for row in await self._db.fetch("former_recipes", self._in_force)}
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

    async def _remove(self, renditions: list[RenditionPlace]) -> None:
        for first in range(0, len(renditions), _AT_ONCE):
            some = renditions[first : first + _AT_ONCE]
            async with self._db.transaction() as tx:
                await tx.executemany("delete_rendition", some)
                await record_rows(tx, [Row("recipe.swept", after=await _reported(tx, some))])
            await remove_renditions(self._db, self._store, some)


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
