"""Uploaded bytes as they are needed again, and what follows where they are lost. Source: core.md 5."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.db.pool import Database
from app.errors import ObjectMissing, OriginalMissing, RenditionNotFound
from app.model import BlobHash
from app.store import ObjectStore, blob_key


@asynccontextmanager
async def original_of(blob: BlobHash, database: Database, store: ObjectStore) -> AsyncIterator[Path]:
    """The bytes as a file while the block lasts. OriginalMissing where the store has lost them, which is noted for
    `doctor`; RenditionNotFound where the blob was swept."""
    try:
        async with store.local(blob_key(blob)) as path:
            yield path
    except ObjectMissing as error:
        if await database.execute("note_missing_original", bytes.fromhex(blob)):
            raise OriginalMissing(f"{blob} is recorded, but not in the store") from error
        raise RenditionNotFound(f"blob {blob} was swept meanwhile") from error
