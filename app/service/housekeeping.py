"""Removing for good what nothing refers to, and checking what is kept.

No request ever deletes bytes; these are an operator's commands. All ages are reckoned by the database's clock. Claims
keep a sweep from bytes that are just being put.
"""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from app.db.errors import ConstraintViolated
from app.db.pool import Database
from app.errors import ObjectMissing
from app.model import BlobHash
from app.service.claims import lock_blob
from app.service.removal import LEAST_GRACE, forget_blob, remove_blob
from app.store import ObjectStore, blob_key, rendition_key

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
        grace = max(older_than, LEAST_GRACE)
        after = _BEGINNING
        while page := await self._db.fetch("hashes_behind", after):
            hashes = [row["hash"] for row in page]
            for row in await self._db.fetch("unused_blobs", grace, hashes):
                blob = BlobHash(row["hash"].hex())
                if dry_run or await self._sweep_one(blob, grace):
                    yield Swept(blob, row["size"])
            if not dry_run:
                await self._db.execute("delete_served_claims", grace, hashes)
            after = hashes[-1]

    async def _sweep_one(self, blob: BlobHash, grace: timedelta) -> bool:
        digest = bytes.fromhex(blob)
        try:
            async with self._db.transaction() as tx:
                await lock_blob(tx, blob)
                if not await tx.fetch("unused_blobs", grace, [digest]):
                    return False
                await forget_blob(tx, digest)
        except ConstraintViolated:  # a set was given the picture while we waited: links take no hash's lock
            return False
        return await remove_blob(self._db, self._store, blob)

    async def verify(self) -> AsyncIterator[Damage | None]:
        """Reads every stored object again: what is wrong with it, or None where it is whole."""
        after = _BEGINNING
        while rows := await self._db.fetch("blobs_after", after):
            for row in rows:
                blob = BlobHash(row["hash"].hex())
                yield await self._verify_one(blob_key(blob), blob)
                for rendition in row["renditions"]:
                    recipe, fmt, etag, _ = rendition.split(" ")
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
