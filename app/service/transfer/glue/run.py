"""The catalogue of a Glue shop, from the files that it has (spec §10).

It is one transaction: readers see the catalogue before or after it, and a dry run does it all and then
takes it back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.db.bulk import Bulk, bulk
from app.db.pool import Database
from app.errors import InvalidCommand
from app.service.changes.acting import acting, in_batch
from app.service.changes.finishing import finish_batch
from app.service.pictures.filing import Filing
from app.service.transfer.glue.images import import_images
from app.service.transfer.glue.products import Kind, import_products
from app.service.transfer.glue.report import Report

PRODUCT_FILES: Final[dict[Kind, str]] = {"abstract": "product_abstract.csv", "concrete": "product_concrete.csv"}
IMAGE_FILE: Final = "product_image.csv"

_NAMES: Final = (*PRODUCT_FILES.values(), IMAGE_FILE)


@dataclass(frozen=True, slots=True)
class Options:
    """`folder` holds the files, any of which may be missing. `locales` are the configured ones, the default
    first. `fold`: owners that show the same in every language get their sets once, without locale. `keep`:
    false for a dry run."""

    folder: Path
    locales: tuple[str, ...]
    fold: bool = False
    keep: bool = True

    def files(self) -> list[Path]:
        """Those that there are, in the order in which they are read; InvalidCommand if there is none, and for one
        that seems to be there under another name."""
        there = self._names_there()
        if not there.intersection(_NAMES):
            raise InvalidCommand(f"There is none of {', '.join(_NAMES)} in {self.folder}.")
        return [self.folder / name for name in _NAMES if name in there]

    def missing(self) -> list[str]:
        there = {path.name for path in self.files()}
        return [name for name in _NAMES if name not in there]

    def _names_there(self) -> set[str]:
        try:
            names = {path.name for path in self.folder.iterdir()}
        except OSError as error:
            raise InvalidCommand(f"The folder {self.folder} cannot be read: {error.strerror}.") from None
        for name in sorted(names):
            if name.lower() in set(_NAMES) - names:
                raise InvalidCommand(f"{self.folder / name} would not be read: call it {name.lower()}.")
        return names


async def run_import(
    database: Database, filing: Filing, options: Options, report: Report, advanced: Callable[[int], object]
) -> None:
    """`advanced` hears of the bytes read. Raises InvalidCommand for a file that cannot be read at all; what is
    wrong with a line is reported, and costs no other line."""
    files = {path.name: path for path in options.files()}
    for name in options.missing():
        report.note(f"There is no {name} in {options.folder}.")
    async with bulk(database, keep=options.keep) as tx:
        await tx.execute("lock_glue_import")
        await tx.execute("begin_product_log")
        for kind, name in PRODUCT_FILES.items():
            if path := files.get(name):
                await import_products(tx, path, kind, options.locales[0], report, advanced)
        if path := files.get(IMAGE_FILE):
            await import_images(tx, path, options.locales, report, advanced, filing, fold=options.fold)
        if report.created:
            await tx.execute("analyze_catalogue")
        if options.keep:
            await _record(tx, has_images=IMAGE_FILE in files)


async def _record(tx: Bulk, *, has_images: bool) -> None:
    """The rows of the log, at the import's end: whoever reads the log waits for those who write it."""
    statements = (
        "record_import_products",
        *(("record_import_pictures", "record_import_sets", "record_import_images") if has_images else ()),
    )
    with in_batch():
        for statement in statements:
            await tx.execute(statement, *acting().columns)
        await finish_batch(tx, acting())
