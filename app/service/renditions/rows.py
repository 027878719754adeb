"""What is recorded of renditions: a blob's own, and those that carry its marks, which stand in tables of their own.

Whoever asks names a segment and need not know which.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from app.db.pool import Database, Record, Statements, Transaction
from app.errors import RenditionFailed, RenditionNotFound
from app.model import NO_MARKS, BlobHash, Format, MarksKey, Recipe, RecipeHash, Segment, parted, segment_of
from app.raster.child.allowance import shares
from app.service.changes.record import record_state
from app.service.pictures.claims import lock_blob
from app.service.renditions.failures import failure_of
from app.service.renditions.kept_recipes import register
from app.service.renditions.rendition import Kept
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Lacking:
    """What a blob lacks of the recipes in force, in its own format: the cleaned original, which is the blob's own even
    where it carries marks, and the recipes of `segment`. `shares` are all of them, by what is built at once."""

    segment: Segment
    cleaning: tuple[Recipe, ...]
    recipes: tuple[Recipe, ...]
    shares: Sequence[Sequence[Recipe]]

    def __bool__(self) -> bool:
        return bool(self.cleaning or self.recipes)


class RenditionRows:
    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._db = database
        self.keeps_marks: Final = settings.rights == "rights"

    async def find(self, segment: Segment, recipe: RecipeHash, fmt: Format | None) -> Record:
        """A rendition, built or not (`size` null); `fmt` None: its own. RenditionNotFound, RenditionFailed."""
        row = await self.look(segment, recipe, fmt)
        if row["reason"] is not None:
            raise RenditionFailed(row["reason"])
        return row

    async def look(self, segment: Segment, recipe: RecipeHash, fmt: Format | None) -> Record:
        """The same, also of one that failed: `reason` says why."""
        blob, marks = parted(segment)
        name, further = ("marked_rendition", (marks,)) if marks else ("rendition", ())
        row = await self._db.fetchrow(name, bytes.fromhex(blob), recipe, fmt, *further)
        if row is None:
            raise RenditionNotFound(f"{segment} is unknown")
        return row

    async def known_marks(self, blob: BlobHash) -> MarksKey | None:
        """Those that renditions of the blob are to carry; None where nobody has looked for them yet.

        RenditionNotFound for a blob that is gone.
        """
        row = await self._db.fetchrow("marks_of_blob", bytes.fromhex(blob))
        if row is None:
            raise RenditionNotFound(f"{blob} is unknown")
        marks: MarksKey | None = row["marks"]
        return marks if self.keeps_marks else NO_MARKS

    async def keep_marks(self, blob: BlobHash, marks: MarksKey) -> None:
        """Remembers what was found in a picture of before."""
        await self._db.execute("keep_marks", bytes.fromhex(blob), marks)

    async def lacking(self, blob: BlobHash, marks: MarksKey) -> Lacking:
        """RenditionNotFound for a blob that is gone."""
        return self._lacking(blob, await _built(self._db, blob), marks)

    def _lacking(self, blob: BlobHash, row: Record, marks: MarksKey) -> Lacking:
        cleaning = self._settings.cleaning_of(marks)
        built = row["marked"] if marks else row["built"]
        clean = () if cleaning.hash in row["built"] else (cleaning,)
        recipes = tuple(recipe for recipe in self._settings.recipes if recipe.hash not in built)
        return Lacking(segment_of(blob, marks), clean, recipes, _shares(row, (*clean, *recipes)))

    async def lacking_further(
        self, segment: Segment, formats: Sequence[Format]
    ) -> list[tuple[Sequence[Format], Sequence[Sequence[Recipe]]]]:
        """What is neither built nor failed of the recipes in force: in which formats, and by what is built at once."""
        blob, marks = parted(segment)
        recipes = {recipe.hash: recipe for recipe in self._settings.recipes}
        wanted = list(recipes), list(formats), marks
        missing: dict[tuple[Format, ...], list[Recipe]] = defaultdict(list)
        rows = await self._db.fetch("missing_further_formats", bytes.fromhex(blob), *wanted)
        for row in rows:
            missing[tuple(row["formats"])].append(recipes[row["recipe_hash"]])
        return [(lacking, _shares(rows[0], some)) for lacking, some in missing.items()]

    async def record(self, segment: Segment, recipes: Sequence[Recipe], made: Sequence[Kept]) -> None:
        """Renditions that the store holds, in one transaction, with what that makes of the picture's state; doing it
        twice changes nothing. RenditionNotFound, or ConstraintViolated, for a blob that is gone."""
        blob, marks = parted(segment)
        digest, hashes = bytes.fromhex(blob), [recipe.hash for recipe in recipes]
        own = [kept for kept in made if not marks or kept[0].recipe.box is None]
        marked = [kept for kept in made if marks and kept[0].recipe.box is not None]
        async with self._db.transaction() as tx:
            await lock_blob(tx, blob)
            await register(tx, recipes)
            if own:
                await tx.execute("insert_renditions", digest, *_columns(own))
            if marked:
                await tx.execute("insert_marked_renditions", digest, *_columns(marked), marks)
                await tx.execute("forget_marked_failure", digest, hashes, marks)
            for recipe in recipes:
                if recipe.box is None:
                    await tx.execute("move_paths_to_cleaning", digest, recipe.hash)
            await tx.execute("forget_rendition_failure", digest, hashes)
            await self._decide(tx, blob)

    async def decide(self, blob: BlobHash) -> None:
        """As `record` ends, by a job that finds nothing left to build; RenditionNotFound."""
        async with self._db.transaction() as tx:
            await lock_blob(tx, blob)
            await self._decide(tx, blob)

    async def _decide(self, tx: Transaction, blob: BlobHash) -> None:
        """A picture is ready once nothing is lacking, and its URLs name its marks from then on. Under the hash's lock:
        of several who record the last ones at the same time, one sees that they are."""
        row = await _built(tx, blob)
        marks = row["marks"] if self.keeps_marks else NO_MARKS
        if marks is None or self._lacking(blob, row, marks):
            return
        digest = bytes.fromhex(blob)
        if marks:
            await tx.execute("show_marks", digest)
        if row["state"] != "ready":
            await tx.execute("decide_state", digest, "ready", None, None)
            await record_state(tx, blob, row["state"], "ready")

    async def restore(self, segment: Segment, made: Kept) -> None:
        """A rendition that is recorded is in the store again; its time stays where its bytes do."""
        blob, marks = parted(segment)
        one, etag, size = made
        where = (bytes.fromhex(blob), one.recipe.hash, one.format, marks)
        await self._db.execute("restore_rendition", *where, size, etag, one.width, one.height)

    async def fail(self, blob: BlobHash, marks: MarksKey, reason: str) -> None:
        """What is lacking has failed for good: it answers with the cleaned original from now on. So has the picture,
        unless it is ready by now. RenditionNotFound for a blob that is gone."""
        digest = bytes.fromhex(blob)
        async with self._db.transaction() as tx:
            await lock_blob(tx, blob)
            row = await _built(tx, blob)
            lacking = self._lacking(blob, row, marks)
            cleaning, hashes = ([recipe.hash for recipe in some] for some in (lacking.cleaning, lacking.recipes))
            await tx.execute("insert_rendition_failure", digest, cleaning if marks else cleaning + hashes, reason)
            if marks:
                await tx.execute("insert_marked_failure", digest, hashes, reason, marks)
            failure = failure_of(reason)
            if await tx.execute("decide_state", digest, "failed", failure.code, failure.detail):
                await record_state(tx, blob, row["state"], "failed", failure)

    async def forget(self, segment: Segment, recipe: RecipeHash, fmt: Format) -> None:
        """A rendition that is recorded but not in the store."""
        blob, marks = parted(segment)
        await self._db.execute("delete_rendition", bytes.fromhex(blob), recipe, fmt, marks)

    async def move_paths(self, blob: BlobHash, cleaning: RecipeHash) -> None:
        """Paths whose own version of the cleaning was never built take this one."""
        await self._db.execute("move_paths_to_cleaning", bytes.fromhex(blob), cleaning)


async def _built(statements: Statements, blob: BlobHash) -> Record:
    row = await statements.fetchrow("renditions_of_blob", bytes.fromhex(blob))
    if row is None:
        raise RenditionNotFound(f"{blob} is unknown")
    return row


def _shares(row: Record, recipes: Sequence[Recipe]) -> Sequence[Sequence[Recipe]]:
    return shares(row["frames"], row["pixels"], recipes)


def _columns(made: Sequence[Kept]) -> Iterable[tuple[object, ...]]:
    rows = [(one.recipe.hash, one.format, one.width, one.height, size, etag) for one, etag, size in made]
    return zip(*rows, strict=True)
