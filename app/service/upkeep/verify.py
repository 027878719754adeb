"""Reading every stored object again, and putting back what is missing or damaged."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.db.pool import Database, Record, Transaction
from app.db.queue.jobs import Job, enqueue
from app.errors import ChecksumMismatch, ObjectMissing
from app.model import SOURCE_MEDIA_TYPES, BlobHash, SourceFormat, segment_of
from app.service.pictures.claims import lock_blob
from app.service.pictures.edits.following import edit_job
from app.service.pictures.filing import REBUILD_PRIORITY, render_job
from app.service.pictures.removal import RenditionPlace, remove_renditions
from app.store import ObjectStore, blob_key, rendition_key


@dataclass(frozen=True, slots=True)
class Expected:
    """An object as it is recorded: `sha256` in hex, `size` in bytes, the format in which it was sent; `place` of a
    rendition, None for an original."""

    key: str
    blob: BlobHash
    sha256: str
    size: int
    format: SourceFormat
    place: RenditionPlace | None = None


@dataclass(frozen=True, slots=True)
class Damage:
    """An object that is not what its row says."""

    what: Literal["missing", "damaged"]
    expected: Expected

    @property
    def key(self) -> str:
        return self.expected.key


class Verify:
    def __init__(self, database: Database, store: ObjectStore) -> None:
        self._db = database
        self._store = store

    async def run(self) -> AsyncIterator[Damage | None]:
        """What is wrong with each object, or None where it is whole. Missing originals are noted for `doctor`."""
        after = b""
        while rows := await self._db.fetch("blobs_after", after):
            for row in rows:
                original, *renditions = _expected(row)
                damage = await self._look(original)
                await self._note(row, damage)
                yield damage
                for rendition in renditions:
                    yield await self._look(rendition)
            after = rows[-1]["hash"]

    async def repair(self, damages: Sequence[Damage], place: Path) -> AsyncIterator[Damage]:
        """What of it could be mended: originals whose bytes a file at or below `place` has, whatever its name, and
        renditions, which the background task builds anew from originals that are whole."""
        lost = {damage.expected.sha256: damage for damage in damages if damage.expected.place is None}
        sizes = {damage.expected.size for damage in lost.values()}
        for path in _files(place) if lost else ():
            digest = await asyncio.to_thread(_sha256, path, sizes)
            if digest in lost and await self._put_back(lost[digest], path):
                yield lost.pop(digest)
        for damage in damages:
            if damage.expected.place is not None and damage.expected.blob not in lost:
                await self._build_anew(damage.expected.place)
                yield damage

    async def _look(self, expected: Expected) -> Damage | None:
        found = hashlib.sha256()
        try:
            async with self._store.open(expected.key) as body:
                async for chunk in body:
                    found.update(chunk)
        except ObjectMissing:
            return Damage("missing", expected)
        return None if found.hexdigest() == expected.sha256 else Damage("damaged", expected)

    async def _note(self, row: Record, damage: Damage | None) -> None:
        is_missing = damage is not None and damage.what == "missing"
        if is_missing != row["is_noted"]:
            await self._db.execute("note_missing_original" if is_missing else "forget_missing_original", row["hash"])

    async def _put_back(self, damage: Damage, path: Path) -> bool:
        """False where the file has changed since it was looked at, or the picture is not wanted any more."""
        expected, digest = damage.expected, bytes.fromhex(damage.expected.blob)
        with suppress(ChecksumMismatch):
            async with self._db.transaction() as tx:
                await lock_blob(tx, expected.blob)
                if await tx.fetchrow("known_blob", digest) is None:
                    return False
                if damage.what == "damaged":
                    await self._store.delete([expected.key])
                media_type = SOURCE_MEDIA_TYPES[expected.format]
                await self._store.put(expected.key, path, sha256=expected.sha256, media_type=media_type)
                await tx.execute("forget_missing_original", digest)
                await enqueue(tx, [render_job(digest, REBUILD_PRIORITY)])
            return True
        return False

    async def _build_anew(self, place: RenditionPlace) -> None:
        await self._db.execute("delete_rendition", *place)
        await remove_renditions(self._db, self._store, [place])
        async with self._db.transaction() as tx:
            await enqueue(tx, [await _job(tx, *place)])


async def _job(tx: Transaction, digest: bytes, _: str, __: str, key: str) -> Job:
    """That builds a rendition anew."""
    if key and await tx.fetchval("is_edit", digest, key):
        return edit_job(digest, key, REBUILD_PRIORITY)
    return render_job(digest, REBUILD_PRIORITY)


def _expected(row: Record) -> Iterator[Expected]:
    """The original, then its renditions."""
    blob = BlobHash(row["hash"].hex())
    yield Expected(blob_key(blob), blob, blob, row["size"], row["source_format"])
    for rendition in row["renditions"]:
        recipe, fmt, etag, size, marks = rendition.split(" ")
        key = rendition_key(segment_of(blob, marks), recipe, fmt)
        yield Expected(key, blob, etag, int(size), fmt, (row["hash"], recipe, fmt, marks))


def _files(place: Path) -> Iterable[Path]:
    return [place] if place.is_file() else (path for path in place.rglob("*") if path.is_file())


def _sha256(path: Path, sizes: set[int]) -> str | None:
    """None for a file that is not of one of these sizes, or that cannot be read."""
    with suppress(OSError):
        if path.stat().st_size in sizes:
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
    return None
