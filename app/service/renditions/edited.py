"""What is recorded of edited pictures: what is done to each, its state, and what was found in it. Source: native.md,
section 10.

Who builds renditions names a segment and need not know whether an edit shows it.
"""

from typing import Final, NamedTuple

import orjson

from app.db.pool import Database, Record, Statements, Transaction
from app.errors import RenditionNotFound
from app.model import PixelFacts, Placeholder, Segment, parted
from app.raster.steps.edit import UNEDITED, Edit
from app.service.changes.record import record_state
from app.service.pictures.claims import lock_blob
from app.service.pictures.edits.values import read
from app.service.renditions.failures import failure_of
from app.service.renditions.lacking import Lacking, lacking_in
from app.settings import Settings


class Shown(NamedTuple):
    """What is done to the picture of a segment, and whether its renditions carry marks."""

    edit: Edit
    marked: bool


class EditedRows:
    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._db = database
        self._keeps_marks: Final = settings.rights == "rights"

    async def shown(self, segment: Segment) -> Shown:
        """Of any segment. RenditionNotFound for the key of an edit that nobody knows, or of other marks."""
        digest, key = _parts(segment)
        row = await self._db.fetchrow("edited_picture", digest, key) if key else None
        if row is not None:
            return Shown(read(row["edit"]), row["marks"] != "")
        if key and not await self._db.fetchval("is_of_marks", digest, key):
            raise RenditionNotFound(f"{segment} is unknown")
        return Shown(UNEDITED, bool(key))

    async def lacking(self, segment: Segment) -> Lacking:
        """RenditionNotFound for an edited picture that is gone."""
        return self._lacking(segment, await _built(self._db, segment))

    def _lacking(self, segment: Segment, row: Record) -> Lacking:
        """Where nobody knows the blob's marks, its own job looks for them, and cleans it."""
        marks = row["marks"] if self._keeps_marks else ""
        cleaning = None if marks is None else self._settings.cleaning_of(marks)
        return lacking_in(self._settings, segment, row, cleaning, row["edited"])

    async def record(
        self, tx: Transaction, segment: Segment, placeholder: Placeholder | None, found: PixelFacts | None
    ) -> None:
        """What comes of renditions that were recorded in this transaction, under the hash's lock."""
        if placeholder:
            await self.keep_placeholder(tx, segment, placeholder)
        if found:
            await self.keep_pixel_facts(tx, segment, found)
        await self._decide(tx, segment)

    async def keep_placeholder(self, statements: Statements, segment: Segment, found: Placeholder) -> None:
        """The first one stays."""
        await statements.execute("keep_placeholder_of_edit", *_parts(segment), found.thumbhash, found.color)

    async def keep_pixel_facts(self, statements: Statements, segment: Segment, found: PixelFacts) -> None:
        """Likewise."""
        await statements.execute("keep_pixel_facts_of_edit", *_parts(segment), orjson.dumps(found).decode())

    async def decide(self, segment: Segment) -> None:
        """By a job that finds nothing left to build; RenditionNotFound."""
        async with self._db.transaction() as tx:
            await lock_blob(tx, parted(segment)[0])
            await self._decide(tx, segment)

    async def _decide(self, tx: Transaction, segment: Segment) -> None:
        """An edited picture is ready once nothing is lacking."""
        row = await _built(tx, segment)
        if row["state"] != "ready" and not self._lacking(segment, row):
            await tx.execute("decide_state_of_edit", *_parts(segment), "ready", None, None)
            await record_state(tx, segment, row["state"], "ready")

    async def fail(self, segment: Segment, reason: str) -> None:
        """What is lacking has failed for good, as of a blob. RenditionNotFound."""
        (digest, key), failure = _parts(segment), failure_of(reason)
        async with self._db.transaction() as tx:
            await lock_blob(tx, parted(segment)[0])
            row = await _built(tx, segment)
            lacking = self._lacking(segment, row)
            await tx.execute("insert_rendition_failure", digest, [one.hash for one in lacking.cleaning], reason)
            await tx.execute("insert_edited_failure", digest, [one.hash for one in lacking.recipes], reason, key)
            if await tx.execute("decide_state_of_edit", digest, key, "failed", failure.code, failure.detail):
                await record_state(tx, segment, row["state"], "failed", failure)


def _parts(segment: Segment) -> tuple[bytes, str]:
    blob, key = parted(segment)
    return bytes.fromhex(blob), key


async def is_edited(statements: Statements, segment: Segment) -> bool:
    """Whether an edit shows it; else marks, or the blob alone."""
    digest, key = _parts(segment)
    return bool(key and await statements.fetchval("is_edit", digest, key))


async def _built(statements: Statements, segment: Segment) -> Record:
    row = await statements.fetchrow("renditions_of_edit", *_parts(segment))
    if row is None:
        raise RenditionNotFound(f"{segment} is unknown")
    return row
