"""Writing a catalogue's galleries as lines, with their files beside them."""

from collections.abc import AsyncIterator
from itertools import groupby
from pathlib import Path
from typing import Any

from app.db.pool import Database
from app.model import BlobHash
from app.service.gallery_transfer.stored import as_document, stored_line
from app.store import ObjectStore, blob_key


class GalleryExport:
    """`files`: where uploaded bytes are written, each at its path; None for lines alone. The bytes are those
    that were uploaded, private metadata included."""

    def __init__(self, database: Database, store: ObjectStore, files: Path | None) -> None:
        self._db = database
        self._store = store
        self._files = files

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
                await self._write(row["path"], row["blob"])
                yield as_document(stored_line(row))
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
                await self._write(row["path"], row["blob"])
                yield {"path": row["path"], "file": row["path"] if row["blob"] else None}
            after = rows[-1]["path"]

    async def _write(self, path: str | None, blob: str | None) -> None:
        if self._files is None or path is None or blob is None:
            return
        target = self._files / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        async with self._store.open(blob_key(BlobHash(blob))) as body:
            with target.open("wb") as file:
                async for chunk in body:
                    file.write(chunk)
