"""Removing for good what nothing refers to.

No request ever deletes bytes; these are an operator's commands. All ages are reckoned by the database's clock. Claims
keep a sweep from bytes that are just being put.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from app.db.errors import ConstraintViolated
from app.db.pool import Database
from app.model import BlobHash
from app.service.changes.expiry import end_restoring
from app.service.pictures.claims import lock_blob
from app.service.pictures.removal import LEAST_GRACE, forget_blob, remove_blob
from app.service.upkeep.clocks import require_agreement
from app.store import ObjectStore

_BEGINNING: Final = b""


@dataclass(frozen=True, slots=True)
class Swept:
    """A blob that went, or would go; `size` in bytes, 0 for one that was never recorded."""

    hash: BlobHash
    size: int


class Housekeeping:
    """`restorable`: how long deleted images and replaced files can be restored."""

    def __init__(self, database: Database, store: ObjectStore, restorable: timedelta) -> None:
        self._db = database
        self._store = store
        self._restorable = restorable

    async def sweep(self, older_than: timedelta, *, dry_run: bool = False) -> AsyncIterator[Swept]:
        """Blobs that nothing has referred to for `older_than` (an hour at least), each gone when it is told.

        Raises ClocksDiffer.
        """
        await require_agreement(self._db, self._store)
        await end_restoring(self._db, self._restorable)  # as workers do, however long ago
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
                await forget_blob(tx, digest, "picture.swept")
        except ConstraintViolated:  # a set was given the picture while we waited: links take no hash's lock
            return False
        return await remove_blob(self._db, self._store, blob)
