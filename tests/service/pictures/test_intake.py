"""Bytes on their way in, while somebody else decides about them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any

import pytest

from app.db.connections.connect import Connection
from app.errors import BlobBarred
from app.model import Facts
from app.service.pictures.claims import lock_blob
from app.service.pictures.intake import Blob, Spool
from app.settings import Settings
from app.wiring.parts import Parts
from tests.e2e.conftest import eventually

_WAITING = "select exists (select from pg_locks where locktype = 'advisory' and not granted)"


@pytest.fixture(name="parts")
async def _parts(dsn: str, tmp_path: Path) -> AsyncIterator[Parts]:
    parts = Parts(Settings(data_dir=tmp_path, secret_key="x" * 32), dsn)
    async with parts.opened():
        yield parts


async def _barred_while_waiting(parts: Parts, connection: Connection, spool: Spool, upload: Awaitable[Any]) -> None:
    """Lets an upload wait for the hash's lock, and bars the hash meanwhile."""
    async with parts.storage.database.transaction() as tx:
        await lock_blob(tx, spool.hash)
        waiting = asyncio.ensure_future(upload)
        await eventually(lambda: connection.fetchval(_WAITING))
        await tx.execute("bar_blob", bytes.fromhex(spool.hash))
    await waiting


async def test_bytes_barred_while_their_claim_waited_are_refused(parts: Parts, connection: Connection) -> None:
    """A claim that waited for the lock sees what happened during the wait."""
    async with parts.pictures.intake.spool() as spool:
        await spool.write(b"bytes")
        await spool.finish()
        with pytest.raises(BlobBarred):
            await _barred_while_waiting(
                parts, connection, spool, parts.pictures.intake.recognise(spool, frozenset({"png"}), keep=True)
            )
    assert not await connection.fetchval("select count(*) from blob_claim")


async def test_bytes_barred_while_their_record_waited_are_refused(parts: Parts, connection: Connection) -> None:
    """A record that waited for the lock sees what happened during the wait."""

    async def admit(blob: Blob) -> None:
        async with parts.storage.database.transaction() as tx:
            await parts.pictures.filing.admit(tx, blob)

    async with parts.pictures.intake.spool() as spool:
        await spool.write(b"bytes")
        await spool.finish()
        with pytest.raises(BlobBarred):
            await _barred_while_waiting(
                parts, connection, spool, admit(Blob(spool.hash, spool.size, Facts("png", 1, 1)))
            )
    assert not await connection.fetchval("select count(*) from blob")


async def test_an_upload_outlives_whoever_takes_its_file_away(parts: Parts) -> None:
    """A tidier of temporary files may come at any moment: what was kept by then stays kept, and nothing is refused."""
    async with parts.pictures.intake.spool() as spool:
        await spool.write(b"bytes")
        await spool.finish()
        spool.path.unlink()
