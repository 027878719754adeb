"""Image sets of an import: rows are streamed into a temporary table, then every decision is one statement."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

from app.db.bulk import Bulk
from app.errors import InvalidCommand
from app.service.foreign.pictures import give_files
from app.service.pictures.filing import Filing
from app.service.transfer.csv_table import Table
from app.service.transfer.glue.report import Report, Subject
from app.service.transfer.glue.rows import IMAGE_COLUMNS, ImageRecord, ImageRows, column_name
from app.service.transfer.text_file import text_file


async def import_images(
    tx: Bulk,
    path: Path,
    locales: tuple[str, ...],
    report: Report,
    advanced: Callable[[int], object],
    filing: Filing,
    *,
    fold: bool,
) -> None:
    """Adds or updates pictures, sets and their links; never deletes any. `locales` are the configured ones."""
    await tx.execute("begin_image_import")
    known = frozenset(locales) | {row["locale"] for row in await tx.fetch("store_locales")}
    with text_file(path, advanced) as text:
        table = Table(text, column_name)
        table.require(IMAGE_COLUMNS)
        report.note(table.note)
        await tx.copy("import_row", _records(table, ImageRows(table.columns, known), path.name, report))
    await tx.copy("import_language", [(locale, rank) for rank, locale in enumerate(dict.fromkeys(locales))])
    await tx.execute("import_owners")
    await _reject_rows_without_owner(tx, _rejecter(path, report))
    await _stage(tx, report, fold=fold)
    await _write(tx)
    await give_files(tx, filing, [row["picture_id"] for row in await tx.fetch("pictures_without_files")])
    await _count(tx, report)


async def _stage(tx: Bulk, report: Report, *, fold: bool) -> None:
    """Decides everything, and writes nothing that outlives the transaction."""
    await tx.execute("stage_pictures")
    if fold:
        await tx.execute("fold_import")
        report.folded = await tx.fetchval("folded_owners")
    await tx.execute("stage_texts")
    await tx.execute("stage_sets")
    await tx.execute("stage_links")
    await tx.execute("stage_former_states")


async def _write(tx: Bulk) -> None:
    await tx.execute("lock_import_galleries")
    await tx.execute("write_pictures")
    await tx.execute("write_texts")
    await tx.execute("write_sets")
    await tx.execute("write_links")


def _rejecter(path: Path, report: Report) -> Callable[[int, str], None]:
    return lambda line, reason: report.reject("images", path.name, line, reason)


def _records(table: Table, rows: ImageRows, file: str, report: Report) -> Iterator[ImageRecord]:
    for line, cells in table.rows():
        try:
            if isinstance(cells, InvalidCommand):
                raise cells
            record = rows.read(line, cells)
        except InvalidCommand as error:
            report.reject("images", file, line, error.reason)
            continue
        if record is None:
            report.count("images", "skipped")
        else:
            yield record


async def _reject_rows_without_owner(tx: Bulk, reject: Callable[[int, str], None]) -> None:
    line = 0
    while rows := await tx.fetch("rows_without_owner", line):
        for line, sku, is_abstract in rows:
            reject(line, f'{"Abstract" if is_abstract else "Concrete"} product with sku "{sku}" not found.')
    await tx.execute("forget_rows_without_owner")


async def _count(tx: Bulk, report: Report) -> None:
    for row in await tx.fetch("count_import"):
        subject = cast("Subject", row["subject"])
        report.count(subject, "created", row["created"])
        report.count(subject, "updated", row["updated"])
        report.count(subject, "unchanged", row["total"] - row["created"] - row["updated"])
