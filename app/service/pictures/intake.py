"""The first half of an upload's life: bytes arrive, are hashed, inspected and put.

Nothing here writes a row that a reader could see: until the transaction that `filing` belongs to commits
there is only a claim and, perhaps, an unreferenced blob for the sweep.
"""

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from app.db.pool import Database
from app.errors import DiscUnavailable, Excess, FileTooLarge, FormatNotAllowed
from app.model import SOURCE_MEDIA_TYPES, BlobHash, Facts, SourceFormat
from app.raster.child.pool import CodecPool
from app.raster.facts.foreign import HEAD_BYTES
from app.service.flight import Slots
from app.service.pictures.claims import claim
from app.service.pictures.disc import fair, on_disc
from app.service.pictures.strangers import Strangers
from app.settings import Settings
from app.store import ObjectStore
from app.store.held import HeldFile, tidy
from app.store.keys import blob_key

_BLOCK: Final = 512 * 1024  # bytes handed to a thread at a time: a hop costs as much as hashing 150 KB
_FEW: Final = 8  # pieces that are written one by one; to join more of them costs less than as many calls


class Spool:
    """An upload on its way in: hashed while it is written to a private file, never held in memory.

    `announced` are the bytes that it will have by its sender's word. What the disc refuses is DiscUnavailable.
    """

    def __init__(self, held: HeldFile, limit: int, announced: int = 0) -> None:
        self.path = held.path
        self._file = held.file
        self._limit = limit
        self._announced = min(announced, limit)
        self._digest = hashlib.sha256()
        self._pending: list[bytes] = []
        self._pending_size = 0
        self._size = 0
        self.head = b""
        """The first bytes, by which formats are known."""

    @property
    def size(self) -> int:
        """Bytes received so far."""
        return self._size

    @property
    def awaited(self) -> int:
        """Bytes that are still to come, as far as is known."""
        return max(0, self._announced - self._size)

    @property
    def hash(self) -> BlobHash:
        """SHA-256 of all bytes; only after `finish`."""
        return BlobHash(self._digest.hexdigest())

    async def write(self, data: bytes) -> None:
        """Takes more bytes; FileTooLarge beyond the largest image accepted."""
        self._size += len(data)
        if len(self.head) < HEAD_BYTES:
            self.head += data[: HEAD_BYTES - len(self.head)]
        if self._size > self._limit:
            excess = Excess("MAX_IMAGE_BYTES", self._limit, self._size)
            raise FileTooLarge(f"the image is larger than {self._limit} bytes", excess)
        self._pending.append(data)
        self._pending_size += len(data)
        if self._pending_size >= _BLOCK:
            await self._flush()

    async def finish(self) -> None:
        """Writes what is still pending; after this the file is complete and the hash final."""
        await self._flush()

    async def restart(self) -> None:
        """Forgets everything received, for a transport in which the last of several values counts."""
        self._taken()
        self._size = 0
        self.head = b""
        self._digest = hashlib.sha256()
        await on_disc(self._empty)

    async def _flush(self) -> None:
        if pieces := self._taken():
            await on_disc(lambda: self._append(pieces if len(pieces) <= _FEW else [b"".join(pieces)]))

    def _taken(self) -> list[bytes]:
        pieces, self._pending, self._pending_size = self._pending, [], 0
        return pieces

    def _append(self, blocks: Sequence[bytes]) -> None:
        for block in blocks:
            self._digest.update(block)
            left = memoryview(block)
            while left:
                left = left[self._file.write(left) :]  # a disc that is nearly full takes a part

    def _empty(self) -> None:
        self._file.seek(0)
        self._file.truncate()


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes that the store holds, not yet referenced by any row; `size` in bytes."""

    hash: BlobHash
    size: int
    facts: Facts


class Intake:
    """Receives uploads, a bounded number at a time."""

    def __init__(self, settings: Settings, database: Database, store: ObjectStore, codecs: CodecPool) -> None:
        self._settings = settings
        self._db = database
        self._store = store
        self._codecs = codecs
        self.slots = Slots(settings.max_uploads)
        self.strangers = Strangers()
        self._under_way: set[Spool] = set()
        self._short_of = 0

    @asynccontextmanager
    async def spool(self, announced: int = 0) -> AsyncIterator[Spool]:
        """A place for one upload, gone with the block; Busy when all slots are taken, DiscUnavailable where the disc
        cannot hold the bytes that are `announced` beside those that other uploads still wait for."""
        with self.slots.take():
            async with self.file(announced) as spool:
                yield spool

    @asynccontextmanager
    async def file(self, announced: int = 0) -> AsyncIterator[Spool]:
        """As `spool`, for somebody who has seen to a slot, or to a place among strangers."""
        held = await on_disc(self._create)
        spool = Spool(held, self._settings.max_image_bytes, announced)
        self._under_way.add(spool)
        try:
            await self._require_room()
            yield spool
        except DiscUnavailable:
            self._short_of = max(spool.size + spool.awaited, 1)
            raise
        finally:
            self._under_way.discard(spool)
            await asyncio.to_thread(held.close)

    async def check(self) -> None:
        """Raises DiscUnavailable while the disc would not hold what it lately could not."""
        await on_disc(self._try_out)
        await self._require_room(self._short_of)
        self._short_of = 0

    async def tidy(self) -> None:
        """Removes what uploads left behind whose process was killed."""
        await asyncio.to_thread(tidy, self._settings.spool_dir, unlocked="upload-*")

    async def keep(
        self,
        spool: Spool,
        allowed: frozenset[SourceFormat],
        inspect: Callable[[Path], Awaitable[Facts]] | None = None,
    ) -> Blob:
        """Finishes a spool, inspects it and puts its bytes into the store.

        Raises ImageRejected or one of its kinds for bytes that are refused; `inspect` replaces the full decode where a
        dialect asks for less.
        """
        blob = await self.inspect(spool, allowed, inspect)
        await claim(self._db, blob.hash)
        await self._put(spool, blob)
        return blob

    async def inspect(
        self,
        spool: Spool,
        allowed: frozenset[SourceFormat],
        inspect: Callable[[Path], Awaitable[Facts]] | None = None,
    ) -> Blob:
        """Finishes a spool and says what is in it, without keeping it; raises as `keep` does."""
        await spool.finish()
        async with fair(spool.path, spool.hash):
            facts = await (inspect or partial(self._codecs.inspect, allowed=allowed))(spool.path)
        return _allowed(Blob(spool.hash, spool.size, facts), allowed)

    async def recognise(self, spool: Spool, allowed: frozenset[SourceFormat], *, keep: bool) -> Blob | None:
        """Bytes that are recorded already, without looking into them again; FormatNotAllowed, BlobBarred.

        With `keep` they are in the store afterwards, which the record does not prove, and no sweep takes them
        meanwhile; without it nothing is written.
        """
        await spool.finish()
        digest = spool.hash
        if keep:
            await claim(self._db, digest)
        row = await self._db.fetchrow("known_blob", bytes.fromhex(digest))
        if row is None or row["marks"] is None:  # whose marks nobody has looked for is looked into
            return None
        blob = _allowed(Blob(digest, spool.size, Facts(**row)), allowed)
        if keep and await self._store.stat(blob_key(digest)) is None:
            await self._put(spool, blob)
        return blob

    async def recall(self, digest: BlobHash) -> Blob | None:
        """Bytes that are recorded and that the store holds, kept from sweeps meanwhile; BlobBarred."""
        await claim(self._db, digest)
        row = await self._db.fetchrow("known_blob", bytes.fromhex(digest))
        held = await self._store.stat(blob_key(digest))
        return None if row is None or held is None else Blob(digest, held.size, Facts(**row))

    async def _put(self, spool: Spool, blob: Blob) -> None:
        media_type = SOURCE_MEDIA_TYPES[blob.facts.source_format]
        await self._store.put(blob_key(blob.hash), spool.path, sha256=blob.hash, media_type=media_type, handover=True)

    async def _require_room(self, more: int = 0) -> None:
        needed = sum(spool.awaited for spool in self._under_way) + more
        free = await on_disc(lambda: shutil.disk_usage(self._settings.spool_dir).free)
        if free < needed:
            raise DiscUnavailable(f"{free} bytes are free in {self._settings.spool_dir}, {needed} are awaited")

    def _try_out(self) -> None:
        with self._create() as held:
            held.file.write(bytes(_BLOCK))

    def _create(self) -> HeldFile:
        self._settings.spool_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return HeldFile(self._settings.spool_dir)


def _allowed(blob: Blob, formats: frozenset[SourceFormat]) -> Blob:
    if blob.facts.source_format not in formats:
        raise FormatNotAllowed(f"{blob.facts.source_format} is not accepted here")
    return blob
