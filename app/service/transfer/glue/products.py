"""Products of an import: batch by batch, by the rules that hold for every product."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Literal

from app.db.pool import Transaction
from app.errors import InvalidCommand
from app.service.catalogue.plan import ProductOptions
from app.service.catalogue.products import put_products
from app.service.transfer.csv_table import Table
from app.service.transfer.glue.report import Report
from app.service.transfer.glue.rows import PRODUCT_COLUMNS, ProductRows, column_name
from app.service.transfer.text_file import text_file

Kind = Literal["abstract", "concrete"]
Line = tuple[int, ProductOptions | InvalidCommand]
"""The number of the line where a product begins, and what it says or why that cannot be read."""

_BATCH: Final = 1000


async def import_products(
    tx: Transaction, path: Path, kind: Kind, language: str, report: Report, advanced: Callable[[int], object]
) -> None:
    """Adds or updates the products of a file; `language` is the locale of the names kept."""

    with text_file(path, advanced) as text:
        table = Table(text, column_name)
        table.require(PRODUCT_COLUMNS[kind])
        report.note(table.note)
        lines = _lines(table, ProductRows(table.columns, kind, language))
        while batch := list(itertools.islice(lines, _BATCH)):
            await _import_batch(tx, batch, path.name, report)


async def _import_batch(tx: Transaction, batch: Sequence[Line], file: str, report: Report) -> None:
    readable = [options for _, options in batch if not isinstance(options, InvalidCommand)]
    results = iter(await put_products(tx, readable, _to_be_recorded))
    for line, options in batch:
        result = options if isinstance(options, InvalidCommand) else next(results)
        if isinstance(result, InvalidCommand):
            report.reject("products", file, line, result.reason)
        else:
            report.count("products", result[1])


@asynccontextmanager
async def _to_be_recorded(tx: Transaction, products: Sequence[int]) -> AsyncIterator[None]:
    """Notes what they were before: their rows in the log are written at the import's end."""
    await tx.execute("stage_former_products", products)
    yield


def _lines(table: Table, rows: ProductRows) -> Iterator[Line]:
    for line, cells in table.rows():
        if isinstance(cells, InvalidCommand):
            yield line, cells
            continue
        try:
            yield line, rows.read(cells)
        except InvalidCommand as error:
            yield line, error
