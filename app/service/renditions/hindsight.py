"""What is found in a picture that a version took in, or whose renditions it built, which did not look for it."""

from collections.abc import Sequence
from pathlib import Path

from app.db.pool import Database
from app.errors import ImageRejected
from app.model import BlobHash, Note, PixelFacts
from app.raster.child.pool import CodecPool
from app.service.pictures.disc import fair
from app.service.pictures.originals import original_of
from app.service.renditions.lacking import Lacking
from app.service.renditions.rows import keep_notes, keep_pixel_facts
from app.store import ObjectStore


async def look_into(database: Database, store: ObjectStore, codecs: CodecPool, blob: BlobHash, lacks: Lacking) -> None:
    """Looks at its pixels and for notes, as far as nobody did."""
    if not (lacks.is_unseen or lacks.is_unnoted):
        return
    async with original_of(blob, database, store) as path, fair(path, blob):
        if lacks.is_unseen:
            await keep_pixel_facts(database, blob, await _facts_of(codecs, path))
        if lacks.is_unnoted:
            await keep_notes(database, blob, await _notes_on(codecs, path))


async def _notes_on(codecs: CodecPool, path: Path) -> Sequence[Note]:
    """None on a picture that would not be taken any more."""
    try:
        return (await codecs.inspect(path, whole=False, turn="build")).notes or ()
    except ImageRejected:
        return ()


async def _facts_of(codecs: CodecPool, path: Path) -> PixelFacts | None:
    """Likewise."""
    try:
        return await codecs.pixel_facts(path)
    except ImageRejected:
        return None
