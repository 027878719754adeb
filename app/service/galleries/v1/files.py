"""The file of an image: its picture, its name and its path, inside the transaction of a change."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from app.db.pool import Record, Transaction
from app.errors import Conflict, ImageNotFound
from app.model import EXTENSIONS, BlobHash
from app.raster.steps.edit import UNEDITED, Edit
from app.service.galleries.declared import keep_declared
from app.service.galleries.file_names import extension_of, is_name_of
from app.service.galleries.v1.input import NewBytes, PictureOf, Source
from app.service.pictures.claims import lock_blob, lock_of
from app.service.pictures.edits.values import read
from app.service.pictures.file_names import sanitised
from app.service.pictures.filing import Draft, FileName, Filing
from app.service.pictures.paths import stem
from app.service.pictures.uploaders import record_uploader, uploader


@dataclass(frozen=True, slots=True)
class Filed:
    """What an image shows, and what is done to it; a picture that is known by its URLs alone has neither name nor
    path."""

    picture: int
    name: str | None
    path: str | None
    edit: Edit = UNEDITED


@dataclass(frozen=True, slots=True)
class Drafted:
    """A picture that has no path yet, with its product (both in `row`, of `insert_picture_for_product`), and what its
    file is called, if anything."""

    row: Record
    draft: Draft
    name: str | None


Enter: TypeAlias = Callable[[Filed, Sequence[Any]], Awaitable[bool]]
"""Writes the entry of a file together with its path, whose row has these further columns; whether nobody had that."""


class Files:
    def __init__(self, filing: Filing) -> None:
        self._filing = filing

    async def admit(self, tx: Transaction, source: Source) -> bool:
        """As `hold`, for bytes that are shown anew for sure, which are recorded, with who has uploaded them; whether
        nobody had them before. The transaction holds what `lock` says from its beginning on."""
        if isinstance(source, NewBytes):
            return await self._filing.record(tx, source.blob, uploader())
        await self.hold(tx, source)
        return False

    def lock(self, source: Source) -> int | None:
        """The lock of new bytes; None for others, which are still to be looked for."""
        return lock_of(source.blob.hash) if isinstance(source, NewBytes) else None

    async def hold(self, tx: Transaction, source: Source) -> None:
        """Holds the bytes until the transaction ends, which comes first in it. BlobBarred, ImageNotFound."""
        if isinstance(source, NewBytes):
            await self._filing.hold(tx, source.blob)
            return
        row = await _picture_of(tx, source)
        if row["blob_hash"] is not None:
            await lock_blob(tx, BlobHash(row["blob_hash"].hex()))

    async def is_shown(self, tx: Transaction, row: Record, source: Source) -> bool:
        """Whether an image shows the same picture, or the same bytes, already."""
        if isinstance(source, NewBytes):
            return bool(row["blob_hash"] == bytes.fromhex(source.blob.hash))
        other = await _picture_of(tx, source)
        if other["picture_id"] == row["picture_id"]:
            return True
        return other["blob_hash"] is not None and bool(other["blob_hash"] == row["blob_hash"])

    async def file(self, tx: Transaction, source: Source, given: str | None, series: str | None = None) -> Filed:
        """Picture, name and path of a new file. The name that was `given` wins over the one that the file came with;
        where there is neither its path goes on with a `series`. The caller holds the bytes. ImageNotFound,
        InvalidFileName."""
        if isinstance(source, PictureOf):
            return await self._share(tx, source, given)
        name = _kept(given or source.name)
        path_name = _path_name(name, EXTENSIONS[source.blob.facts.format], series)
        picture, path = await self._filing.file(tx, source.blob, path_name)
        return _filed(name, picture, path)

    async def draft(self, tx: Transaction, product: int, source: NewBytes, given: str | None) -> Drafted:
        """A picture of new bytes for a product, which is locked; ProductNotFound, InvalidFileName."""
        name = _kept(given or source.name)
        path_name = _path_name(name, EXTENSIONS[source.blob.facts.format])
        return Drafted(*await self._filing.draft(tx, source.blob, path_name, product), name)

    async def enter(self, tx: Transaction, drafted: Drafted, enter: Enter) -> Filed:
        """As `file`, for an entry that is written in one statement with its path."""
        picture, name = drafted.row["picture"], drafted.name

        async def take(path: str, columns: Sequence[Any]) -> bool:
            return await enter(_filed(name, picture, path), columns)

        return _filed(name, picture, await self._filing.take_path(tx, drafted.draft, take))

    async def _share(self, tx: Transaction, source: PictureOf, given: str | None) -> Filed:
        """Another path to the picture of another image, which nobody can purge while it is held."""
        row = await _picture_of(tx, source)
        edit = read(row["edit"]) if source.edited else UNEDITED
        if row["blob_hash"] is None:
            return Filed(row["picture_id"], None, None, edit)
        name = _kept(given or row["file_name"])
        path = await self._filing.rename(tx, row["picture_id"], _path_name(name, EXTENSIONS[row["format"]]))
        return Filed(row["picture_id"], name or path.rpartition("/")[2], path, edit)

    async def replace(self, tx: Transaction, row: Record, source: Source, given: str | None) -> Filed:
        """The same of an image that showed another picture: a file that comes without a name keeps the former one."""
        series = None if row["file_path"] is None else await self._filing.series_of(tx, row["file_path"])
        if isinstance(source, NewBytes):
            await self._filing.record(tx, source.blob)
        return await self.file(tx, source, given, series)

    async def rename(self, tx: Transaction, row: Record, name: str) -> str | None:
        """A path with this name to the same bytes; None where the image has that name already. Conflict for one without
        a file, InvalidFileName."""
        extension = extension_of(row)
        if row["file_path"] is None or extension is None:
            raise Conflict("A picture that lies elsewhere has no file to name.")
        base = stem(sanitised(name))
        series = await self._filing.series_of(tx, row["file_path"])
        if name == row["file_name"] or is_name_of(row, series, base):
            return None
        return await self._filing.rename(tx, row["picture_id"], FileName(base, extension))

    async def declare(self, tx: Transaction, image: int, picture: int, source: Source) -> None:
        """Keeps as what a file was declared, where it is something else."""
        if isinstance(source, NewBytes):
            await keep_declared(tx, image, picture, source.blob, source.declared)

    async def remember(self, tx: Transaction, source: NewBytes) -> None:
        """That who acts has had these bytes in hand."""
        await record_uploader(tx, source.blob.hash)


def _kept(given: str | None) -> str | None:
    return None if given is None else sanitised(given)


def _filed(name: str | None, picture: int, path: str) -> Filed:
    return Filed(picture, name or path.rpartition("/")[2], path)


def _path_name(name: str | None, extension: str, series: str | None = None) -> FileName:
    return FileName(series if name is None else stem(name), extension)


async def _picture_of(tx: Transaction, source: PictureOf) -> Record:
    row = await tx.fetchrow("picture_of_live_image", source.image)
    if row is None:
        raise ImageNotFound(f"There is no image {source.image}.")
    return row
