"""What is recorded of renditions: a blob's own, those that carry its marks, and those that edits made, which stand in
tables of their own.

Whoever asks names a segment and need not know which.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

import orjson

from app.db.pool import Database, Record, Statements, Transaction
from app.errors import RenditionFailed, RenditionNotFound
from app.model import (
    NO_MARKS,
    BlobHash,
    Format,
    MarksKey,
    Note,
    PixelFacts,
    Placeholder,
    Recipe,
    RecipeHash,
    Segment,
    parted,
    segment_of,
)
from app.service.changes.record import record_state
from app.service.pictures.claims import lock_blob
from app.service.pictures.edits.following import Edits
from app.service.pictures.filing import REBUILD_PRIORITY
from app.service.renditions.edited import EditedRows, is_edited
from app.service.renditions.failures import failure_of
from app.service.renditions.kept_recipes import register
from app.service.renditions.lacking import Lacking, lacking_in, shared
from app.service.renditions.rendition import Kept
from app.settings import Settings


class RenditionRows:
    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._db = database
        self.keeps_marks: Final = settings.rights == "rights"
        self.edited: Final = EditedRows(settings, database)
        self._edits = Edits(settings)

    async def find(self, segment: Segment, recipe: RecipeHash, fmt: Format | None) -> Record:
        """A rendition, built or not (`size` null); `fmt` None: its own. RenditionNotFound, RenditionFailed."""
        row = await self.look(segment, recipe, fmt)
        if row["reason"] is not None:
            raise RenditionFailed(row["reason"])
        return row

    async def look(self, segment: Segment, recipe: RecipeHash, fmt: Format | None) -> Record:
        """The same, also of one that failed: `reason` says why."""
        blob, key = parted(segment)
        name, further = ("keyed_rendition", (key,)) if key else ("rendition", ())
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
        cleaning, built = self._settings.cleaning_of(marks), row["marked"] if marks else row["built"]
        return lacking_in(self._settings, segment_of(blob, marks), row, cleaning, built)

    async def lacking_further(
        self, segment: Segment, recipes: Sequence[Recipe], formats: Sequence[Format]
    ) -> list[tuple[Sequence[Format], Sequence[Sequence[Recipe]]]]:
        """What is neither built nor failed of these recipes: in which formats, and by what is built at once."""
        blob, key = parted(segment)
        known = {recipe.hash: recipe for recipe in recipes}
        wanted = list(known), list(formats), key
        missing: dict[tuple[Format, ...], list[Recipe]] = defaultdict(list)
        rows = await self._db.fetch("missing_further_formats", bytes.fromhex(blob), *wanted)
        for row in rows:
            missing[tuple(row["formats"])].append(known[row["recipe_hash"]])
        return [(lacking, shared(rows[0], some)) for lacking, some in missing.items()]

    async def record(self, segment: Segment, recipes: Sequence[Recipe], made: Sequence[Kept]) -> None:
        """Renditions that the store holds, in one transaction, with what that makes of the picture's state; doing it
        twice changes nothing. RenditionNotFound, or ConstraintViolated, for a blob that is gone."""
        blob, key = parted(segment)
        digest, hashes = bytes.fromhex(blob), [recipe.hash for recipe in recipes]
        own = [kept for kept in made if not key or kept[0].recipe.box is None]
        keyed = [kept for kept in made if key and kept[0].recipe.box is not None]
        small = next((one.placeholder for one, *_ in made if one.placeholder), None)
        found = next((one.pixel_facts for one, *_ in made if one.pixel_facts), None)
        async with self._db.transaction() as tx:
            await lock_blob(tx, blob)
            await register(tx, recipes)
            if own:
                await tx.execute("insert_renditions", digest, *_columns(own))
            if keyed:
                await tx.execute("insert_keyed_renditions", digest, *_columns(keyed), key)
                await tx.execute("forget_keyed_failure", digest, hashes, key)
            for recipe in recipes:
                if recipe.box is None:
                    await tx.execute("move_paths_to_cleaning", digest, recipe.hash)
            if not await is_edited(tx, segment):
                await tx.execute("forget_rendition_failure", digest, hashes)
                await self._keep(tx, blob, small, found)
                return
            await self.edited.record(tx, segment, small, found)
            if own:
                await tx.execute("forget_rendition_failure", digest, [kept[0].recipe.hash for kept in own])
                await self._decide(tx, blob)

    async def _keep(
        self, tx: Transaction, blob: BlobHash, placeholder: Placeholder | None, found: PixelFacts | None
    ) -> None:
        """What comes of renditions that were recorded."""
        if placeholder:
            await keep_placeholder(tx, blob, placeholder)
        if found:
            await keep_pixel_facts(tx, blob, found)
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
            await self._show_marks(tx, digest)
        if row["state"] != "ready":
            await tx.execute("decide_state", digest, "ready", None, None)
            await record_state(tx, Segment(blob), row["state"], "ready")

    async def _show_marks(self, tx: Transaction, digest: bytes) -> None:
        """Those of its renditions that edits made carry them, too: they are others from then on."""
        if await tx.execute("show_marks", digest):
            rows = await tx.fetch("edited_images_of_blob", digest)
            if rows:
                await self._edits.follow_later(tx, [row["id"] for row in rows], REBUILD_PRIORITY)

    async def restore(self, segment: Segment, made: Kept) -> None:
        """A rendition that is recorded is in the store again; its time stays where its bytes do."""
        blob, key = parted(segment)
        one, etag, size = made
        where = (bytes.fromhex(blob), one.recipe.hash, one.format, key)
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
                await record_state(tx, Segment(blob), row["state"], "failed", failure)

    async def forget(self, segment: Segment, recipe: RecipeHash, fmt: Format) -> None:
        """A rendition that is recorded but not in the store."""
        blob, key = parted(segment)
        await self._db.execute("delete_rendition", bytes.fromhex(blob), recipe, fmt, key)

    async def move_paths(self, blob: BlobHash, cleaning: RecipeHash) -> None:
        """Paths whose own version of the cleaning was never built take this one."""
        await self._db.execute("move_paths_to_cleaning", bytes.fromhex(blob), cleaning)


async def keep_placeholder(statements: Statements, blob: BlobHash, found: Placeholder) -> None:
    """The first one of a picture stays."""
    await statements.execute("keep_placeholder", bytes.fromhex(blob), found.thumbhash, found.color)


async def keep_pixel_facts(statements: Statements, blob: BlobHash, found: PixelFacts | None) -> None:
    """Likewise; None: nothing could be found, which nobody tries again."""
    await statements.execute("keep_pixel_facts", bytes.fromhex(blob), orjson.dumps(found or {}).decode())


async def keep_notes(statements: Statements, blob: BlobHash, found: Sequence[Note]) -> None:
    """Likewise."""
    await statements.execute("keep_notes", bytes.fromhex(blob), orjson.dumps(found).decode())


async def _built(statements: Statements, blob: BlobHash) -> Record:
    row = await statements.fetchrow("renditions_of_blob", bytes.fromhex(blob))
    if row is None:
        raise RenditionNotFound(f"{blob} is unknown")
    return row


def _columns(made: Sequence[Kept]) -> Iterable[tuple[object, ...]]:
    rows = [(one.recipe.hash, one.format, one.width, one.height, size, etag) for one, etag, size in made]
    return zip(*rows, strict=True)
