"""Removing for good what nothing refers to, and checking what is kept.

No request ever deletes bytes; these are an operator's commands. A sweep holds a hash's lock while it
asks, deletes rows, then objects, and commits last: an upload of the same bytes waits, and puts them
again. Claims, which only a sweep removes, keep it from bytes that are just being put.
"""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from app.db.errors import ConstraintViolated
from app.db.pool import Database, Transaction
from app.errors import ObjectMissing
from app.model import EXTENSIONS, BlobHash, RecipeHash
from app.service.intake import lock_blob
from app.store import ObjectStore, blob_key, rendition_key

LEAST_GRACE: Final = timedelta(hours=1)
"""Younger claims may belong to an upload under way."""

_BEGINNING: Final = b""


@dataclass(frozen=True, slots=True)
class Swept:
    """A blob that went, or would go; `size` in bytes, 0 for one that was never recorded."""

    hash: BlobHash
    size: int


@dataclass(frozen=True, slots=True)
class Damage:
    """An object that is not what its row says."""

    key: str
    what: Literal["missing", "damaged"]


class Housekeeping:
    def __init__(self, database: Database, store: ObjectStore) -> None:
        self._db = database
        self._store = store

    async def sweep(self, older_than: timedelta, *, dry_run: bool = False) -> AsyncIterator[Swept]:
        """Blobs that nothing has referred to for `older_than` (an hour at least), each gone when it is told."""
        cutoff = datetime.now(UTC) - max(older_than, LEAST_GRACE)
        after = _BEGINNING
        while page := await self._db.fetch("old_hashes", cutoff, after):
            hashes = [row["hash"] for row in page]
            for row in await self._db.fetch("unused_blobs", cutoff, hashes):
                if dry_run or await self._sweep_one(row["hash"], cutoff):
                    yield Swept(BlobHash(row["hash"].hex()), row["size"])
            if not dry_run:
                await self._db.execute("delete_served_claims", hashes, cutoff)
            after = hashes[-1]

    async def _sweep_one(self, digest: bytes, cutoff: datetime) -> bool:
        try:
            async with self._db.transaction() as tx:
                await lock_blob(tx, BlobHash(digest.hex()))
                if not await tx.fetch("unused_blobs", cutoff, [digest]):
                    return False
                await delete_blob(tx, self._store, digest, cutoff)
        except ConstraintViolated:  # a set was given the picture while we waited: links take no hash's lock
            return False
        return True

    async def verify(self) -> AsyncIterator[Damage | None]:
        """Reads every stored object again: what is wrong with it, or None where it is whole."""
        after = _BEGINNING
        while rows := await self._db.fetch("blobs_after", after):
            for row in rows:
                blob = BlobHash(row["hash"].hex())
                yield await self._verify_one(blob_key(blob), blob)
                for rendition in row["renditions"]:
                    recipe, fmt, etag = rendition.split(" ")
                    yield await self._verify_one(rendition_key(blob, recipe, fmt), etag)
            after = rows[-1]["hash"]

    async def _verify_one(self, key: str, digest: str) -> Damage | None:
        found = hashlib.sha256()
        try:
            async with self._store.open(key) as body:
                async for chunk in body:
                    found.update(chunk)
        except ObjectMissing:
            return Damage(key, "missing")
        return None if found.hexdigest() == digest else Damage(key, "damaged")


async def delete_blob(tx: Transaction, store: ObjectStore, digest: bytes, cutoff: datetime) -> None:
    """Everything of a blob that nothing live uses: rows, then objects. The caller holds the hash's lock.

    Objects go by what could have been made, not by what is recorded: a process may have been killed between the two.
    """
    for statement in (
        "delete_renditions_of_blob",
        "delete_rendition_failures_of_blob",
        "externalise_pictures",
        "delete_dead_store_settings",
        "delete_dead_images",
        "release_imported_pictures",
        "delete_texts_of_blob",
        "delete_pictures_of_blob",
        "delete_blob",
    ):
        await tx.execute(statement, digest)
    await tx.execute("delete_claims", digest, cutoff)
    recipes = [RecipeHash(row["hash"]) for row in await tx.fetch("recipe_hashes")]
    blob = BlobHash(digest.hex())
    await store.delete(
        [blob_key(blob), *(rendition_key(blob, recipe, fmt) for recipe in recipes for fmt in EXTENSIONS)]
    )
