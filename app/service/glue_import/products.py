"""Products of an import: batch by batch, by the rules that hold for every product."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Literal

from app.db.pool import Transaction
from app.errors import InvalidCommand
from app.service.glue_import.report import Report
from app.service.glue_import.rows import PRODUCT_COLUMNS, ProductRows
from app.service.glue_import.table import Table
from app.service.provision_plan import ProductOptions
from app.service.provision_products import put_products

Kind = Literal["abstract", "concrete"]
Line = tuple[int, ProductOptions]

_BATCH: Final = 1000


async def import_products(
    tx: Transaction, path: Path, kind: Kind, language: str, report: Report, advanced: Callable[[int], object]
) -> None:
    """Adds or updates the products of a file; `language` is the locale of the names kept."""

    def reject(line: int, reason: str) -> None:
        report.reject("products", path.name, line, reason)

    with path.open("rb") as file:
        table = Table(file, PRODUCT_COLUMNS[kind], reject, advanced)
        lines = _lines(table, ProductRows(table.columns, kind, language), reject)
        while batch := list(itertools.islice(lines, _BATCH)):
            results = await put_products(tx, [options for _, options in batch])
            for (line, _), result in zip(batch, results, strict=True):
                if isinstance(result, InvalidCommand):
                    reject(line, result.reason)
                else:
                    report.count("products", result[1])


def _lines(table: Table, rows: ProductRows, reject: Callable[[int, str], None]) -> Iterator[Line]:
    for line, cells in table.rows():
        try:
            yield line, rows.read(cells)
        except InvalidCommand as error:
            reject(line, error.reason)
