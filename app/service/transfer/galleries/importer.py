"""Reading a gallery file into the catalogue: a batch at a time, each line on its own."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from typing import Final, assert_never

from app.db.errors import ConstraintViolated
from app.db.pool import Database, Transaction
from app.errors import ImageRejected, InvalidCommand, ProductImagesError, Unavailable
from app.model import sku_key
from app.service.changes.record import recorded, recorded_pictures
from app.service.pictures.filing import Filing
from app.service.pictures.intake import Blob
from app.service.transfer.galleries.apply import Applier, Known, store_names
from app.service.transfer.galleries.files import GalleryFiles
from app.service.transfer.galleries.lines import ImageLine, Line, PathLine, TypesLine, brought_id, parse_line
from app.service.transfer.galleries.report import LineOutcome, Report, Subject

BATCH: Final = 100

Numbered = tuple[int, bytes | str]
"""A line and its number in the file, from 1."""


class _DryRun(Exception):
    """Nothing is to be kept."""


@dataclass(frozen=True, slots=True)
class _Read:
    number: int
    line: Line
    blob: Blob | None


class GalleryImport:
    """A file that was imported before changes nothing, so one that was broken off is simply imported again."""

    def __init__(
        self, database: Database, filing: Filing, files: GalleryFiles, report: Report, *, dry_run: bool = False
    ) -> None:
        self._db = database
        self._filing = filing
        self._files = files
        self._report = report
        self._dry_run = dry_run
        self._left_out: list[tuple[int, str]] = []

    async def reserve_ids(self, lines: Iterable[Numbered]) -> None:
        """Keeps all ids that a file brings along free for it, before its first batch: images that are uploaded while it
        is imported, or before a broken-off import is repeated, get ids behind them."""
        highest = await asyncio.to_thread(lambda: max((brought_id(text) for _, text in lines), default=0))
        await self._db.fetchval("move_image_ids_beyond", highest, self._dry_run)

    async def run(self, lines: Iterable[Numbered]) -> None:
        """All lines; those that are left out are told to the report, in the order of the file. Raises Unavailable."""
        waiting = iter(lines)
        while batch := list(islice(waiting, BATCH)):
            try:
                read = await asyncio.gather(*(self._read(number, text) for number, text in batch if text.strip()))
                await self._write([one for one in read if one is not None])
            finally:
                self._report_left_out()

    def _report_left_out(self) -> None:
        left_out, self._left_out = sorted(self._left_out), []
        for number, reason in left_out:
            self._report.reject(number, reason)

    async def _read(self, number: int, text: bytes | str) -> _Read | None:
        try:
            line = parse_line(text)
            return _Read(number, line, await self._blob(line))
        except Unavailable:
            raise
        except ProductImagesError as error:
            self._left_out.append((number, error.reason or error.public))
        return None

    async def _blob(self, line: Line) -> Blob | None:
        match line:
            case ImageLine():
                name = line.file or line.path
                if name is None and line.url_large is None and line.url_small is None:
                    raise InvalidCommand("an image needs a file, a path or a URL.")
            case PathLine():
                name = line.file
            case TypesLine():
                name = None
            case _:
                assert_never(line)
        return None if name is None else await self._files.read(name)

    async def _write(self, batch: Sequence[_Read]) -> None:
        done: list[tuple[Subject, LineOutcome]] = []
        with suppress(_DryRun):
            async with self._db.transaction() as tx:
                await tx.execute("lock_gallery_import")
                admitted = await self._admit(tx, batch)
                known = await self._known(tx, admitted)
                await self._reserve_ids(tx, admitted, known)
                await self._apply_all(tx, admitted, known, done)
                if self._dry_run:
                    raise _DryRun
        for subject, outcome in done:
            self._report.count(subject, outcome)

    async def _apply_all(
        self, tx: Transaction, batch: Sequence[_Read], known: Known, done: list[tuple[Subject, LineOutcome]]
    ) -> None:
        """Each line alone; what is done before one that fails is `done` nevertheless."""
        applier, products = Applier(self._filing, known), sorted(set(known.products.values()))
        pictures = [row["picture_id"] for row in await tx.fetch("pictures_of_products", products)]
        async with recorded_pictures(tx, pictures), recorded(tx, products, placed=None):
            for one in batch:
                with self._left_out_alone(one.number):
                    async with tx.savepoint():
                        done.append(await _apply(applier, tx, one))

    @contextmanager
    def _left_out_alone(self, number: int) -> Iterator[None]:
        """A line that cannot be applied is left out, alone."""
        try:
            yield
        except Unavailable:
            raise
        except ConstraintViolated as error:
            what = "says what may not be stored" if error.kind == "check" else "contradicts what is stored"
            self._left_out.append((number, f"{what}: {error.constraint or error.reason}."))
        except ProductImagesError as error:
            self._left_out.append((number, error.reason or error.public))

    async def _admit(self, tx: Transaction, batch: Sequence[_Read]) -> list[_Read]:
        """Takes the locks of all hashes in the order that everybody keeps who takes more than one."""
        blobs = {one.blob.hash: one.blob for one in batch if one.blob}
        barred = set[str]()
        for digest in sorted(blobs):
            try:
                async with tx.savepoint():
                    await self._filing.admit(tx, blobs[digest])
            except ImageRejected:
                barred.add(digest)
        for one in batch:
            if one.blob and one.blob.hash in barred:
                self._left_out.append((one.number, "these bytes were purged and may not come back."))
        return [one for one in batch if not one.blob or one.blob.hash not in barred]

    async def _reserve_ids(self, tx: Transaction, batch: Sequence[_Read], known: Known) -> None:
        """New images, of this import or uploaded meanwhile, get ids behind those that the batch brings along: for
        lines that can be read only once."""
        images = [one.line for one in batch if isinstance(one.line, ImageLine) and one.line.sku in known.products]
        await tx.fetchval("move_image_ids_beyond", max((line.id or 0 for line in images), default=0), self._dry_run)

    async def _known(self, tx: Transaction, batch: Sequence[_Read]) -> Known:
        skus = sorted({one.line.sku for one in batch if not isinstance(one.line, PathLine)})
        rows = await tx.fetch("products_by_sku", skus, list(map(sku_key, skus)))
        products = {row["sku"]: row["id"] for row in rows}
        await tx.fetch("lock_products", sorted(set(products.values())))
        stores = await tx.fetch("store_view_names")
        codes = {row["id"]: row["code"] for row in stores}
        types = frozenset(row["code"] for row in await tx.fetch("image_type_codes"))
        return Known(products, store_names(stores), codes, types)


async def _apply(applier: Applier, tx: Transaction, one: _Read) -> tuple[Subject, LineOutcome]:
    match one.line:
        case ImageLine():
            return "images", await applier.image(tx, one.line, one.blob)
        case PathLine():
            return "paths", await applier.path(tx, one.line, one.blob)
        case TypesLine():
            return "types", await applier.types(tx, one.line)
        case _:
            assert_never(one.line)
