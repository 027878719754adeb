"""Building renditions: by the background task for every upload, and on demand until it came round.

Both ways lead through `_build`: one decode for all recipes wanted, objects put before rows are
written, rows in one transaction. Doing it twice changes nothing.
"""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from app.db.errors import ConstraintViolated
from app.db.pool import Database, Record
from app.errors import (
    ImageRejected,
    ObjectMissing,
    RenditionFailed,
    RenditionNotFound,
    Unavailable,
)
from app.events import Cause, Observe, RenditionBuilt, nobody
from app.model import (
    FURTHER_FORMATS,
    MEDIA_TYPES,
    BlobHash,
    Format,
    Recipe,
    RecipeHash,
    Rendered,
)
from app.raster.pool import CodecPool
from app.service.demand import Delays, Guests
from app.service.disc import fair
from app.service.flight import SingleFlight, Slots
from app.service.kept_recipes import kept, register
from app.service.original import original_of
from app.service.removal import remove_renditions
from app.service.rendition import Rendition
from app.settings import Settings
from app.store import ObjectStore
from app.store.keys import rendition_key, rendition_of_key

T = TypeVar("T")


class Renderer:
    def __init__(
        self,
        settings: Settings,
        database: Database,
        store: ObjectStore,
        codecs: CodecPool,
        observe: Observe = nobody,
    ) -> None:
        self._settings = settings
        self._observe = observe
        self._db = database
        self._store = store
        self._codecs = codecs
        self._recipes = {recipe.hash: recipe for recipe in (settings.clean, *settings.recipes)}
        self.slots = Slots(settings.max_builds)
        self._guests = Guests(max(1, settings.max_builds // 2))
        self._delays = Delays()
        self._building: SingleFlight[tuple[str, ...], None] = SingleFlight(self.slots)

    async def register_recipes(self) -> None:
        """Keeps the parameters of the recipes in force, so that their URLs can be built for ever."""
        await register(self._db, self._recipes.values())

    async def build_all(self, blob: BlobHash) -> None:
        """The job: every recipe in force that the blob has no rendition of yet, in its own format.

        Where it fails, cleaning is done alone: it decodes nothing, and is what answers instead.
        """
        row = await self._db.fetchrow("renditions_of_blob", bytes.fromhex(blob))
        if row is None:
            return  # swept since the job was enqueued
        missing = [recipe for recipe in self._recipes.values() if recipe.hash not in row["built"]]
        if not missing:
            return
        with suppress(RenditionNotFound):  # swept while it was being built
            try:
                await self._build(blob, missing, None, "job")
            except ImageRejected:
                if len(missing) > 1 and self._settings.clean in missing:
                    await self._build(blob, [self._settings.clean], None, "job")
                raise

    async def give_up(self, blob: BlobHash, reason: str) -> None:
        """After the job's last try: what is missing answers with the cleaned original from now on."""
        row = await self._db.fetchrow("renditions_of_blob", bytes.fromhex(blob))
        if row is not None:
            missing = [recipe for recipe in self._recipes if recipe not in row["built"]]
            await self.register_recipes()
            await self._db.execute("insert_rendition_failure", bytes.fromhex(blob), missing, reason)

    async def find(
        self, blob: BlobHash, recipe: RecipeHash, fmt: Format | None = None, *, asker: str = ""
    ) -> Rendition:
        """A rendition, built now if it is not there yet; `fmt` None = the source's own format. `asker` is the address
        for which a further format would be built.

        Raises RenditionNotFound for what was never listed, RenditionFailed for what failed for good, Busy when all
        slots, or those of the asker, are taken, RenditionDelayed when the codecs did not manage it lately.
        """
        row = await self._row(blob, recipe, fmt)
        made: Format = fmt or row["source_format"]
        if row["size"] is None:
            own = made == row["source_format"]
            which = (blob, recipe, made)
            self._delays.require_due(which)
            await self._building.run(which, lambda: self._build_one(*which, None if own else asker))
            row = await self._row(blob, recipe, made)
        if row["size"] is None:
            raise RenditionNotFound(f"{blob} has no {recipe} in {made}")
        key = rendition_key(blob, recipe, made)
        return Rendition(key, made, row["size"], row["etag"], row["created_at"])

    async def find_preferred(
        self, blob: BlobHash, recipe: RecipeHash, own: Format, wanted: Sequence[Format], asker: str
    ) -> tuple[Rendition, bool]:
        """A rendition in the first of the formats `wanted` that can be had now, else in the picture's `own`; and
        whether nothing better may come. Raises as `find` does."""
        row = await self._row(blob, recipe, own)
        if own != row["source_format"]:
            raise RenditionNotFound(f"{blob} is not a picture in {own}")
        for fmt in wanted:
            with suppress(RenditionFailed, Unavailable):
                return await self.find(blob, recipe, fmt, asker=asker), fmt == wanted[0]
        return await self.find(blob, recipe, own), not wanted

    async def build_further(self, blob: BlobHash, formats: Sequence[Format]) -> None:
        """What the blob lacks in further formats, of the recipes in force, from one decode."""
        wanted = [recipe.hash for recipe in self._settings.recipes]
        missing: dict[tuple[Format, ...], list[Recipe]] = defaultdict(list)
        for row in await self._db.fetch("missing_further_formats", bytes.fromhex(blob), wanted, list(formats)):
            missing[tuple(row["formats"])].append(self._recipes[row["recipe_hash"]])
        with suppress(RenditionNotFound):  # swept while it was being built
            for lacking, recipes in missing.items():
                await self._build(blob, recipes, lacking, "job")

    async def cleaned(self, blob: BlobHash, version: RecipeHash | None = None) -> Rendition:
        """The cleaned original under the cleaning version that a path was given (None: the one in force).

        A version that is gone before it was ever built gives way to the one in force.
        """
        current = self._settings.clean.hash
        if version is not None and version != current:
            row = await self._row(blob, version, None)
            if row["size"] is not None:
                return await self.find(blob, version)
            await self._db.execute("move_paths_to_cleaning", bytes.fromhex(blob), current)
        return await self.find(blob, current)

    async def original(self, path: str) -> Rendition:
        """The cleaned original that a file path serves; RenditionNotFound, RenditionFailed, Busy."""
        row = None if "\0" in path else await self._db.fetchrow("original_by_path", path)
        if row is None:
            raise RenditionNotFound(f"no file has the path {path}")
        return await self.cleaned(BlobHash(row["blob_hash"].hex()), row["clean_recipe"])

    async def despite_losses(self, work: Callable[[], Awaitable[T]]) -> T:
        """What `work` gives. Where it meets a rendition that is recorded but not in the store, the record is
        forgotten and `work` done once more, which builds it anew."""
        try:
            return await work()
        except ObjectMissing as lost:
            made = rendition_of_key(lost.reason)
            if made is None:
                raise
            blob, recipe, fmt = made
            await self._db.execute("delete_rendition", bytes.fromhex(blob), recipe, fmt)
        return await work()

    async def _row(self, blob: BlobHash, recipe: RecipeHash, fmt: Format | None) -> Record:
        row = await self._db.fetchrow("rendition", bytes.fromhex(blob), recipe, fmt)
        if row is None:
            raise RenditionNotFound(f"blob {blob} is unknown")
        if row["reason"] is not None:
            raise RenditionFailed(row["reason"])
        return row

    async def _build_one(self, blob: BlobHash, recipe: RecipeHash, fmt: Format, asker: str | None) -> None:
        """Without an asker it is the source's own format, which comes before all others."""
        wanted = self._recipes.get(recipe) or await kept(self._db, recipe)
        if asker is not None and (wanted.box is None or fmt not in FURTHER_FORMATS):
            raise RenditionNotFound(f"{wanted.name} is not made in {fmt}")
        try:
            with self._delays.one_try((blob, recipe, fmt)):
                if asker is None:
                    await self._build(blob, [wanted], None, "demand")
                else:
                    with self._guests.place(asker):
                        await self._build(blob, [wanted], [fmt], "demand")
        except ImageRejected as error:
            raise RenditionFailed(str(error)) from error

    async def name_of(self, recipe: RecipeHash) -> str:
        """What a recipe is called, in force or kept; RenditionNotFound."""
        known = self._recipes.get(recipe) or await kept(self._db, recipe)
        return known.name

    async def _build(
        self, blob: BlobHash, recipes: Sequence[Recipe], formats: Sequence[Format] | None, cause: Cause
    ) -> None:
        async with original_of(blob, self._db, self._store) as path, fair(path, blob):
            rendered = await self._codecs.build(path, recipes, formats, turn="further" if formats else "build")
        etags = await asyncio.gather(*(self._put(blob, one) for one in rendered))
        try:
            await self._record(blob, recipes, list(zip(rendered, etags, strict=True)))
        except ConstraintViolated as error:
            places = [(bytes.fromhex(blob), one.recipe.hash, one.format) for one in rendered]
            await remove_renditions(self._db, self._store, places)
            raise RenditionNotFound(f"blob {blob} was swept meanwhile") from error
        for one in rendered:
            built = RenditionBuilt(one.recipe.name, one.format, len(one.data), one.width * one.height, cause)
            self._observe(built)

    async def _record(
        self, blob: BlobHash, recipes: Sequence[Recipe], made: Sequence[tuple[Rendered, tuple[str, int]]]
    ) -> None:
        digest = bytes.fromhex(blob)
        rows = [(one.recipe.hash, one.format, one.width, one.height, size, etag) for one, (etag, size) in made]
        async with self._db.transaction() as tx:
            await register(tx, recipes)
            await tx.execute("insert_renditions", digest, *zip(*rows, strict=True))
            for recipe in recipes:
                if recipe.box is None:
                    await tx.execute("move_paths_to_cleaning", digest, recipe.hash)
            await tx.execute("forget_rendition_failure", digest, [recipe.hash for recipe in recipes])

    async def _put(self, blob: BlobHash, one: Rendered) -> tuple[str, int]:
        """(etag, size) of what the store holds now: ours, or what an earlier try left there."""
        key = rendition_key(blob, one.recipe.hash, one.format)
        etag = hashlib.sha256(one.data).hexdigest()
        if await self._store.put(key, one.data, sha256=etag, media_type=MEDIA_TYPES[one.format]):
            return etag, len(one.data)
        kept = await self._store.read(key, self._settings.max_body_bytes)
        return hashlib.sha256(kept).hexdigest(), len(kept)
