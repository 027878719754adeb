"""Uploaded bytes as they are needed again, and what follows where they are lost. Source: core.md 5."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from app.db.pool import Database
from app.errors import ObjectMissing, OriginalMissing, RenditionNotFound
from app.model import BlobHash
from app.store import ObjectStore, blob_key

_AT_ONCE: Final = 20


@asynccontextmanager
async def original_of(blob: BlobHash, database: Database, store: ObjectStore) -> AsyncIterator[Path]:
    """The bytes as a file while the block lasts. OriginalMissing where the store has lost them, which is noted for
    `doctor`; RenditionNotFound where the blob was swept."""
    try:
        async with store.local(blob_key(blob)) as path:
            yield path
    except ObjectMissing as error:
        raise await lost(database, blob) from error


async def lost(database: Database, blob: BlobHash) -> OriginalMissing | RenditionNotFound:
    """What the absence of bytes means that are recorded, or were a moment ago; the former is noted for `doctor`."""
    if await database.execute("note_missing_original", bytes.fromhex(blob)):
        return OriginalMissing(f"{blob} is recorded, but not in the store")
    return RenditionNotFound(f"blob {blob} was swept meanwhile")


async def missing_originals(database: Database, store: ObjectStore) -> tuple[list[BlobHash], int]:
    """Originals that are not in the store, of those that were once missing and of a sample, and how many were looked
    for. A small catalogue is looked through as a whole."""
    rows = await database.fetch("originals_to_look_at", b"")
    rows += await database.fetch("originals_to_look_at", secrets.token_bytes(32))
    blobs = sorted({BlobHash(row["hash"].hex()) for row in rows})
    turns = asyncio.Semaphore(_AT_ONCE)

    async def is_missing(blob: BlobHash) -> bool:
        async with turns:
            return await store.stat(blob_key(blob)) is None

    missing = await asyncio.gather(*map(is_missing, blobs))
    return [blob for blob, is_gone in zip(blobs, missing, strict=True) if is_gone], len(blobs)
