"""Taking bytes away for good. Source: core.md 5.

Rows go first and are committed; objects after them, under the hash's lock taken anew, and only if nothing has come back
meanwhile. So a row never outlives its bytes. Between the two a claim of the removal stands in for the rows: whatever is
broken off there is found and finished by the next sweep.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import product
from typing import Final, Literal, TypeAlias

import orjson

from app.db.pool import Database, Transaction
from app.model import EXTENSIONS, BlobHash, Format, RecipeHash, segment_of
from app.service.changes.acting import acting
from app.service.pictures.claims import lock_blob, lock_blobs
from app.store import ObjectStore, beginnings_of, blob_key, rendition_key

LEAST_GRACE: Final = timedelta(hours=1)
"""Younger claims may belong to an upload under way."""

_EDITS_IN_A_ROW: Final = 1000

RenditionPlace: TypeAlias = tuple[bytes, RecipeHash, Format, str]
"""Where a rendition is recorded: blob, recipe, format, and the marks that it carries or the key of the edit that it
shows."""


async def held_of(tx: Transaction, digest: bytes) -> str | None:
    """What caches may hold of a blob, as the log tells it once that stops answering; None where there is no blob."""
    found: str | None = await tx.fetchval("held_of_blob", digest)
    return found


async def forget_blob(
    tx: Transaction, digest: bytes, kind: Literal["picture.swept", "picture.purged"], held: str | None = None
) -> None:
    """Removes all rows of a blob that nothing live uses, and claims the removal of its bytes, which `remove_blob` does
    once this is committed; the log tells what caches may hold of it, which stops answering then: what was `held`, or
    is by now. The caller holds the hash's lock; ConstraintViolated where something uses it after all."""
    if reported := held or await held_of(tx, digest):
        for row in _rows(reported):
            await tx.execute("record_removal", kind, row, *acting().columns)
    for statement in (
        "claim_removal",
        "delete_renditions_of_blob",
        "delete_rendition_failures_of_blob",
        "delete_edited_pictures_of_blob",
        "externalise_pictures",
        "delete_dead_store_settings",
        "delete_dead_images",
        "release_imported_pictures",
        "delete_texts_of_blob",
        "delete_pictures_of_blob",
        "delete_blob",
    ):
        await tx.execute(statement, digest)


def _rows(held: str) -> Iterator[str]:
    """As the log has it: a row for some edits each; the first tells all the rest, too."""
    whole = orjson.loads(held)
    edits, again = whole["edits"], {name: whole[name] for name in ("hash", "format", "names", "pictures", "slugs")}
    for first in range(0, len(edits) or 1, _EDITS_IN_A_ROW):
        some = {"edits": edits[first : first + _EDITS_IN_A_ROW]}
        yield orjson.dumps((again if first else whole) | some).decode()


async def remove_blob(database: Database, store: ObjectStore, blob: BlobHash) -> bool:
    """Removes the bytes of a blob whose rows are gone, and all that may have been made of them; False where they came
    back meanwhile. Where the store does not answer, the claim of the removal keeps those bytes from being put until
    the store can no longer be at it. Of what the law bars no former version remains either; StoreUnavailable, with the
    rest done, where one does."""
    digest, is_answered = bytes.fromhex(blob), False
    try:
        async with database.transaction() as tx:
            await lock_blob(tx, blob)
            is_barred: bool = await tx.fetchval("blob_is_barred", digest)
            is_unwanted: bool = await tx.fetchval("may_be_removed", digest, LEAST_GRACE)
            if is_unwanted:
                await store.delete(await _keys(tx, blob))
            is_answered = True
    finally:
        if is_answered:  # also where the transaction, which has written nothing, could not be committed
            await database.execute("delete_claims", digest, LEAST_GRACE)
    if is_barred:
        await _remove_versions(database, store, blob)
    return is_unwanted


async def _remove_versions(database: Database, store: ObjectStore, blob: BlobHash) -> None:
    """Unless somebody has lifted the bar meanwhile."""
    async with database.transaction() as tx:
        await lock_blob(tx, blob)
        if await tx.fetchval("blob_is_barred", bytes.fromhex(blob)):
            await store.delete_versions(beginnings_of(blob))


async def remove_renditions(database: Database, store: ObjectStore, places: Sequence[RenditionPlace]) -> None:
    """Removes the objects of renditions whose rows are gone, but not of those that are recorded anew."""
    async with database.transaction() as tx:
        await lock_blobs(tx, {BlobHash(digest.hex()) for digest, *_ in places})
        gone = await tx.fetch("unrecorded_renditions", *zip(*places, strict=True))
        await store.delete(
            rendition_key(segment_of(BlobHash(row["blob_hash"].hex()), row["marks"]), row["recipe_hash"], row["format"])
            for row in gone
        )


async def _keys(tx: Transaction, blob: BlobHash) -> list[str]:
    """By what could have been made, not by what was recorded: a process may have been killed between the two."""
    recipes = [RecipeHash(row["hash"]) for row in await tx.fetch("recipe_hashes")]
    keys = [row["key"] for row in await tx.fetch("keys_of_removal", bytes.fromhex(blob))]
    segments = {segment_of(blob), *(segment_of(blob, key) for key in keys)}
    renditions = (rendition_key(*place) for place in product(segments, recipes, EXTENSIONS))
    return [blob_key(blob), *renditions]
