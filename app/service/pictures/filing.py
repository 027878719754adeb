"""The second half of an upload's life, inside one transaction: blob, picture, path, rendition jobs."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import orjson

from app.db.pool import Record, Transaction
from app.db.queue.jobs import Job, enqueue
from app.errors import BlobBarred, ImageNotFound, InvalidCommand, InvalidFileName, ProductNotFound
from app.model import Note
from app.service.pictures.claims import lock_blob
from app.service.pictures.edits.following import Edits
from app.service.pictures.intake import Blob
from app.service.pictures.paths import Naming, check_path, safe_base, split_number, stem
from app.settings import Settings

RENDER = "render"
"""The job that builds every recipe in force of one blob; its payload is the hash."""

UPLOAD_PRIORITY = 10
"""Pictures that somebody just uploaded come before rebuilds."""

REBUILD_PRIORITY = 0

Take: TypeAlias = Callable[[str, Sequence[Any]], Awaitable[bool]]
"""Takes a path, whose row has these further columns; whether nobody had it."""


@dataclass(frozen=True, slots=True)
class FileName:
    """A base name as a client gives it (None: the default one) and the extension that is added to it."""

    base: str | None
    extension: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A path that is still to be taken: for which bytes, in which series, and the first number of that to be tried."""

    digest: bytes
    naming: Naming
    number: int


def checked_base(name: str | None) -> str:
    """The base name that a client's name stands for; InvalidFileName."""
    base = safe_base(name)
    if base is None:
        raise InvalidFileName(f"{name!r} cannot be a file name")
    return base


class Filing:
    """Files uploads under paths that are unique for ever."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._keeps_marks = settings.rights == "rights"
        self.edits = Edits(settings)
        self.recipes = self.edits.recipes
        self._cleanings = (settings.clean.hash, settings.cleanings[-1].hash)

    async def admit(self, tx: Transaction, blob: Blob) -> None:
        """Records the blob under its hash's lock, and enqueues its renditions. BlobBarred.

        Comes first in a transaction: the sweep too takes the hash's lock before any row.
        """
        await lock_blob(tx, blob.hash)
        await self.record(tx, blob)

    async def hold(self, tx: Transaction, blob: Blob) -> None:
        """The first half of `admit`, for who does not know yet whether the bytes are new where they go; BlobBarred."""
        await lock_blob(tx, blob.hash)
        if await tx.fetchval("blob_is_barred", bytes.fromhex(blob.hash)):
            raise BlobBarred(f"{blob.hash} was purged")

    async def record(self, tx: Transaction, blob: Blob, uploader: str | None = None) -> bool:
        """The second half of `admit`, with who has uploaded the blob if that is to be kept; whether nobody had these
        bytes before. BlobBarred."""
        digest, facts = bytes.fromhex(blob.hash), blob.facts
        shape = (facts.format, facts.width, facts.height, facts.frames, facts.orientation, facts.has_alpha)
        found = (_json(facts.notes), facts.converted_from, facts.marks, self._keeps_marks)
        row = await tx.fetchrow("insert_blob", digest, blob.size, *shape, *found, uploader)
        assert row is not None
        if row["is_barred"]:
            raise BlobBarred(f"{blob.hash} was purged")
        await enqueue(tx, [render_job(digest, UPLOAD_PRIORITY)])
        return bool(row["is_new"])

    async def file(self, tx: Transaction, blob: Blob, name: FileName) -> tuple[int, str]:
        """A new picture of the blob and a new path that serves it: (picture id, path)."""
        digest, naming = bytes.fromhex(blob.hash), self._naming(name)
        row = await tx.fetchrow("insert_picture", digest, naming.stem, naming.extension)
        assert row is not None
        return row["picture"], await self.take_path(tx, Draft(digest, naming, row["number"]))

    async def draft(self, tx: Transaction, blob: Blob, name: FileName, product: int) -> tuple[Record, Draft]:
        """A new picture of the blob, whose path is still to be taken, once the product that it is for is locked: a row
        with the id of the picture, and what `lock_products` tells of the product. ProductNotFound."""
        digest, naming = bytes.fromhex(blob.hash), self._naming(name)
        row = await tx.fetchrow("insert_picture_for_product", digest, naming.stem, naming.extension, product)
        if row is None:
            raise ProductNotFound(f"product {product} was deleted meanwhile")
        return row, Draft(digest, naming, row["number"])

    async def take_path(self, tx: Transaction, draft: Draft, take: Take | None = None) -> str:
        """The first path of the series that is free; `take` may write more than the path."""
        take, naming, number = take or partial(_take, tx), draft.naming, draft.number
        while not await take(path := naming.path(number), (draft.digest, *self._cleanings, naming.suffix(number))):
            # Paths that were brought along do not count in their series; they are passed in one go.
            await tx.execute("pass_taken_paths", naming.stem, naming.extension, naming.ahead)
            number = await tx.fetchval("next_file_path_number", naming.stem, naming.extension)
        return path

    async def new_path(self, tx: Transaction, blob: Blob, name: FileName) -> str:
        """A path of our own making for bytes whose picture exists."""
        return await self._next_path(tx, bytes.fromhex(blob.hash), name)

    async def adopt_path(self, tx: Transaction, path: str, blob: Blob) -> bool:
        """Takes the path that these bytes have elsewhere; False if it serves them already. InvalidCommand where it
        serves others, or is withdrawn, or is no path at all."""
        check_path(path)
        digest = bytes.fromhex(blob.hash)
        if await tx.fetchval("insert_file_path", path, digest, *self._cleanings, None):
            return True
        row = await tx.fetchrow("lock_path", path)
        if row is None or row["blob_hash"] != digest:
            raise InvalidCommand(f"{path} is taken here by another file.")
        return False

    async def rename(self, tx: Transaction, picture: int, name: FileName) -> str:
        """Another path to the blob of a picture, beside the one that it had; ImageNotFound for one without a blob."""
        digest = await tx.fetchval("blob_hash_of_picture", picture)
        if digest is None:
            raise ImageNotFound(f"the bytes of picture {picture} were purged meanwhile")
        return await self._next_path(tx, digest, name)

    async def series_of(self, tx: Transaction, path: str) -> str:
        """The base of a path's name: without its extension, and without the number that this service put behind it.

        Nobody recorded the number of a path that was brought along, or is old: it counts as one if the name without it
        is taken as well.
        """
        name, extension = stem(path.rpartition("/")[2]), path.rpartition(".")[2]
        parts = split_number(name)
        if parts is None:
            return name
        base, number = parts
        bare = f"{path.rpartition('/')[0]}/{base}.{extension}"
        return base if await tx.fetchval("suffix_of_path", path, number, bare) == number else name

    def _naming(self, name: FileName) -> Naming:
        return Naming(checked_base(name.base), name.extension, self._settings.openmage_profile)

    async def _next_path(self, tx: Transaction, digest: bytes, name: FileName) -> str:
        naming = self._naming(name)
        number = await tx.fetchval("next_file_path_number", naming.stem, naming.extension)
        return await self.take_path(tx, Draft(digest, naming, number))


async def _take(tx: Transaction, path: str, columns: Sequence[Any]) -> bool:
    return await tx.fetchval("insert_file_path", path, *columns) is not None


def render_job(digest: bytes, priority: int) -> Job:
    """The job of a blob, by the bytes of its hash; one at a time is in the queue."""
    return Job(RENDER, digest, priority, dedupe_key=f"{RENDER}:{digest.hex()}")


def _json(notes: Sequence[Note] | None) -> str | None:
    return None if notes is None else orjson.dumps(notes).decode()
