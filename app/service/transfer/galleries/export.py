"""Writing a catalogue's galleries as lines, with their files beside them."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from app.db.pool import Database
from app.errors import ObjectMissing
from app.model import BlobHash
from app.service.transfer.galleries.stored import as_document, stored_line
from app.store import ObjectStore, blob_key

_BY_HASH: Final = "by-hash"
"""The folder of files that the disc does not take at their paths."""


class GalleryExport:
    """`files`: where uploaded bytes are written, each at its path, or where its line says, if the disc does not take
    such a name; None for lines alone. The bytes are those that were uploaded, private metadata included.

    `trouble` is told the path of a file that could not be written, and why; its line is there all the same."""

    def __init__(
        self, database: Database, store: ObjectStore, files: Path | None, trouble: Callable[[str, str], None]
    ) -> None:
        self._db = database
        self._store = store
        self._files = files
        self._trouble = trouble

    async def lines(self) -> AsyncIterator[dict[str, Any]]:
        """All lines in the order in which an import has to read them."""
        async for line in self._images():
            yield line
        async for line in self._nones():
            yield line
        async for line in self._paths():
            yield line

    async def _images(self) -> AsyncIterator[dict[str, Any]]:
        after = 0
        while page := await self._db.fetch("images_behind", after):
            for row in await self._db.fetch("images_to_transfer", [image["id"] for image in page]):
                file = await self._write(row["path"], row["blob"])
                yield as_document(replace(stored_line(row), file=None if file == row["path"] else file))
            after = page[-1]["ordinal"]

    async def _nones(self) -> AsyncIterator[dict[str, Any]]:
        after = 0
        while rows := await self._db.fetch("nones_to_transfer", after):
            for sku, of_product in groupby(rows, lambda row: row["sku"]):
                line: dict[str, Any] = {"sku": sku}
                for store, of_scope in groupby(of_product, lambda row: row["store"]):
                    nones = {row["type_code"]: None for row in of_scope}
                    if store is None:
                        line["types"] = nones
                    else:
                        line.setdefault("stores", {})[store] = {"types": nones}
                yield line
            after = rows[-1]["id"]

    async def _paths(self) -> AsyncIterator[dict[str, Any]]:
        after = ""
        while rows := await self._db.fetch("paths_to_transfer", after):
            for row in (row for row in rows if not row["is_of_image"]):
                yield {"path": row["path"], "file": await self._write(row["path"], row["blob"])}
            after = rows[-1]["path"]

    async def _write(self, path: str | None, blob: str | None) -> str | None:
        """Where an import finds the bytes of a path, below the folder of files."""
        if path is None or blob is None:
            return None
        if self._files is None:
            return path
        try:
            return await self._write_somewhere(self._files, path, BlobHash(blob))
        except ObjectMissing:
            self._trouble(path, f"the store has lost the original, {blob}")
        except OSError as error:
            self._trouble(path, error.strerror or str(error))
        return path

    async def _write_somewhere(self, folder: Path, path: str, blob: BlobHash) -> str:
        try:
            await self._copy(blob, folder / path.lstrip("/"))
        except OSError:  # such as a name that is too long, or one that is a folder's as well
            name = f"{_BY_HASH}/{blob}"
            await self._copy(blob, folder / name)
            return name
        return path

    async def _copy(self, blob: BlobHash, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        async with self._store.open(blob_key(blob)) as body:
            with target.open("wb") as file, _whole_or_not_at_all(target):
                async for chunk in body:
                    file.write(chunk)


@contextmanager
def _whole_or_not_at_all(target: Path) -> Iterator[None]:
    """An import would take the first half of a file for the file."""
    try:
        yield
    except BaseException:
        target.unlink(missing_ok=True)
        raise
