"""Who is at work on which bytes: the lock of a hash for a moment, a claim for as long as an upload may take."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from app.db.pool import REQUEST_LOCK_SECONDS, Database, Transaction
from app.errors import BlobBarred
from app.model import BlobHash

_REMOVAL: Final = timedelta(seconds=15)
"""After which a store, which is given up after eight, no longer carries out a removal."""
_POLL_SECONDS: Final = 0.05


async def lock_blob(tx: Transaction, blob: BlobHash) -> None:
    """Holds the hash's lock until the transaction ends: the advisory lock of its first 64 bits."""
    await tx.fetchval("lock_blob", lock_of(blob))


async def lock_blobs(tx: Transaction, blobs: Iterable[BlobHash]) -> None:
    """The locks of several, always in the same order."""
    await tx.fetch("lock_blobs", [lock_of(blob) for blob in sorted(blobs)])


def lock_of(blob: BlobHash) -> int:
    """The advisory lock of a hash, for who holds it from the beginning of a transaction."""
    return int.from_bytes(bytes.fromhex(blob[:16]), "big", signed=True)


async def claim(database: Database, blob: BlobHash) -> None:
    """Keeps sweeps from bytes that are about to be put; BlobBarred.

    Waits for a removal of the same bytes to end, or to be so old that the store is no longer at it.
    """
    while not await _try_to_claim(database, blob):  # noqa: ASYNC110, who removes them may be another process
        await asyncio.sleep(_POLL_SECONDS)


async def _try_to_claim(database: Database, blob: BlobHash) -> bool:
    digest = bytes.fromhex(blob)
    held = lock_of(blob)
    async with database.transaction(lock_seconds=REQUEST_LOCK_SECONDS, apart=True, holding=held) as tx:
        claimed = await tx.fetchval("claim_blob", digest, _REMOVAL)
        if claimed is None and await tx.fetchval("blob_is_barred", digest):
            raise BlobBarred(f"{blob} was purged")
    return claimed is not None
