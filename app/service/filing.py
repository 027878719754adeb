"""The second half of an upload's life, inside one transaction: blob, picture, path, rendition jobs."""

from dataclasses import dataclass

from app.db.jobs import Job, enqueue
from app.db.pool import Transaction
from app.errors import BlobBarred, InvalidFileName
from app.service.intake import Blob, lock_key
from app.service.paths import Naming, safe_base
from app.settings import Settings

RENDER = "render"
"""The job that builds every recipe in force of one blob; its payload is the hash."""

UPLOAD_PRIORITY = 10
"""Pictures that somebody just uploaded come before rebuilds."""


@dataclass(frozen=True, slots=True)
class FileName:
    """A base name as a client gives it (None: the default one) and the extension that is added to it."""

    base: str | None
    extension: str


class Filing:
    """Files uploads under paths that are unique for ever."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.recipes = [recipe.hash for recipe in settings.recipes]

    async def admit(self, tx: Transaction, blob: Blob) -> None:
        """Records the blob under its hash's lock and enqueues its renditions; BlobBarred.

        Comes first in a transaction: the sweep too takes the hash's lock before any row.
        """
        digest, facts = bytes.fromhex(blob.hash), blob.facts
        if await tx.fetchval("lock_blob", digest, lock_key(blob.hash)):
            raise BlobBarred(f"{blob.hash} was purged")
        shape = (facts.format, facts.width, facts.height, facts.frames, facts.orientation, facts.has_alpha)
        await tx.execute("insert_blob", digest, blob.size, *shape)
        await enqueue(tx, [Job(RENDER, digest, priority=UPLOAD_PRIORITY, dedupe_key=f"{RENDER}:{blob.hash}")])

    async def file(self, tx: Transaction, blob: Blob, name: FileName) -> tuple[int, str]:
        """A new picture of the blob and a new path that serves it: (picture id, path)."""
        digest = bytes.fromhex(blob.hash)
        picture = await tx.fetchval("insert_picture", digest)
        return picture, await self._take_path(tx, digest, name)

    async def rename(self, tx: Transaction, picture: int, name: FileName) -> str:
        """Another path to the blob of a picture; the one it had goes on serving."""
        digest = await tx.fetchval("blob_hash_of_picture", picture)
        return await self._take_path(tx, digest, name)

    async def _take_path(self, tx: Transaction, digest: bytes, name: FileName) -> str:
        base = safe_base(name.base)
        if base is None:
            raise InvalidFileName(f"{name.base!r} cannot be a file name")
        naming = Naming(base, name.extension, self._settings.openmage_profile)
        while True:
            number = await tx.fetchval("next_file_path_number", naming.stem, name.extension)
            path = naming.path(number)
            if await tx.fetchval("insert_file_path", path, digest, self._settings.clean.hash):
                return path
