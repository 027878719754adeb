"""One process's share of the service without any HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from app.model import SOURCE_FORMATS, BlobHash
from app.settings import Settings
from app.wiring.parts import Parts


@asynccontextmanager
async def process(dsn: str, folder: Path, **options: Any) -> AsyncIterator[Parts]:
    """Without a worker; keyword arguments are settings."""
    parts = Parts(Settings(data_dir=folder, secret_key="x" * 32, codec_processes=1, **options), dsn)
    async with parts.opened():
        yield parts


async def admitted(parts: Parts, data: bytes) -> BlobHash:
    """Uploads bytes, as each API does."""
    async with parts.pictures.intake.spool() as spool:
        await spool.write(data)
        blob = await parts.pictures.intake.keep(spool, SOURCE_FORMATS)
    async with parts.storage.database.transaction() as tx:
        await parts.pictures.filing.admit(tx, blob)
    return blob.hash
