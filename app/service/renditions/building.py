"""Building renditions: objects put before rows are written, rows in one transaction; only what was lost has its rows
already. Doing it twice changes nothing."""

import asyncio
from collections.abc import Sequence

from app.db.errors import ConstraintViolated
from app.db.pool import Database
from app.errors import CodecsTooSlow, ImageRejected, RenditionNotFound
from app.events import Cause, Observe, RenditionBuilt
from app.model import Format, Recipe, Segment, parted
from app.raster.child.pool import CodecPool
from app.service.pictures.disc import fair
from app.service.pictures.originals import original_of
from app.service.pictures.removal import remove_renditions
from app.service.renditions.rendition import Kept, as_kept, place, put
from app.service.renditions.rows import RenditionRows
from app.settings import Settings
from app.store import ObjectStore


class Builder:
    def __init__(
        self,
        settings: Settings,
        database: Database,
        store: ObjectStore,
        codecs: CodecPool,
        rows: RenditionRows,
        observe: Observe,
    ) -> None:
        self._settings = settings
        self._db = database
        self._store = store
        self._codecs = codecs
        self._rows = rows
        self._observe = observe

    async def build(
        self, segment: Segment, recipes: Sequence[Recipe], formats: Sequence[Format] | None, cause: Cause
    ) -> None:
        """Every recipe in every format (None: the source's own), from one decode."""
        made = await self._put(segment, await self._made(segment, recipes, formats, cause))
        try:
            await self._rows.record(segment, recipes, made)
        except ConstraintViolated as error:
            await self._remove_unrecorded(segment, made)
            raise RenditionNotFound(f"{segment} was swept meanwhile") from error
        self._report(made, cause)

    async def build_each(
        self, segment: Segment, shared: Sequence[Sequence[Recipe]], formats: Sequence[Format] | None = None
    ) -> None:
        """One share after the other, each kept as soon as it is made. A picture that makes one fail fails when all were
        tried, and not for good while time ran out for another: that one has not failed."""
        slow: CodecsTooSlow | None = None
        failed: ImageRejected | None = None
        for recipes in shared:
            try:
                await self.build(segment, recipes, formats, "job")
            except CodecsTooSlow as error:
                slow = error
            except ImageRejected as error:
                failed = error
        if first := slow or failed:
            raise first

    async def build_again(self, segment: Segment, recipe: Recipe, fmt: Format | None) -> None:
        """One that is recorded, and that the store has lost: as what it was recorded, whatever is in force by now.
        `fmt` None: the source's own.

        The row comes first here. It has no bytes as it is, and broken off in between, it has none still and is built
        again; bytes that come first could be others than it tells of, for ever."""
        ours = await self._made(segment, [recipe], [fmt] if fmt else None, "demand")
        for one in ours:
            await self._rows.restore(segment, one)
        made = await self._put(segment, ours)
        for kept, one in zip(made, ours, strict=True):
            if kept is not one:  # what another process put meanwhile counts
                await self._rows.restore(segment, kept)
        await self._remove_unrecorded(segment, made)  # it may have been swept meanwhile
        self._report(made, "demand")

    async def _made(
        self, segment: Segment, recipes: Sequence[Recipe], formats: Sequence[Format] | None, cause: Cause
    ) -> Sequence[Kept]:
        blob, _ = parted(segment)
        edit, carries_marks = await self._rows.edited.shown(segment)
        marked = carries_marks or self._settings.clean_marked in recipes
        async with original_of(blob, self._db, self._store) as path, fair(path, blob):
            rendered = await self._codecs.build(
                path,
                recipes,
                formats,
                turn="further" if formats else "build",
                marked=marked,
                edit=edit,
                waited_for=cause == "demand",
            )
        return await asyncio.gather(*map(as_kept, rendered))

    async def _put(self, segment: Segment, made: Sequence[Kept]) -> Sequence[Kept]:
        most = self._settings.max_body_bytes
        return await asyncio.gather(*(put(self._store, segment, one, most) for one in made))

    async def _remove_unrecorded(self, segment: Segment, made: Sequence[Kept]) -> None:
        await remove_renditions(self._db, self._store, [place(segment, one) for one, *_ in made])

    def _report(self, made: Sequence[Kept], cause: Cause) -> None:
        for one, *_ in made:
            self._observe(RenditionBuilt(one.recipe.name, one.format, len(one.data), one.width * one.height, cause))
