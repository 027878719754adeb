"""Who has uploaded which bytes: a hash is no secret, so it gives a picture to those alone who had the bytes in hand."""

from app.db.pool import Database, Transaction
from app.model import BlobHash
from app.service.changes.acting import acting


async def record_uploader(tx: Transaction, blob: BlobHash) -> None:
    """Who acts has uploaded these bytes. Where they are not recorded nothing is written."""
    await tx.execute("record_uploader", bytes.fromhex(blob), uploader())


async def has_uploaded(database: Database, blob: BlobHash) -> bool:
    """Whether who acts has uploaded these bytes, and they were not removed since."""
    known: bool = await database.fetchval("has_uploaded", bytes.fromhex(blob), uploader())
    return known


def uploader() -> str:
    """Who acts, as the record names him: keys and sessions have ids of their own each."""
    act = acting()
    return f"{act.kind}:{act.id}"
