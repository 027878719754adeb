"""A table of texts, line by line: what each wants, and what is wrong with it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.errors import InvalidCommand
from app.service.transfer.csv_table import Table
from app.service.transfer.spreadsheet import plain
from app.service.transfer.texts.cells import COLUMNS, VALUES, Strange, value_of

_LARGEST_ID: Final = 2**63 - 1
_ID: Final = re.compile(r"[0-9]{1,19}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Mistake:
    """`column` None: of the whole line."""

    line: int
    column: str | None
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What line `number` says of an image in a store view (its code, empty: globally): cells and values by name."""

    number: int
    image: int
    sku: str | None
    store: str
    cells: Mapping[str, str]
    values: Mapping[str, Any]


def wishes(table: Table) -> Iterator[Wish | Mistake]:
    """InvalidCommand where the columns are not those of such a table."""
    table.require(["image"])
    if strange := [name for name in table.columns if name not in COLUMNS]:
        raise InvalidCommand(f"There is no column {strange[0][:60]!r}: a table has {', '.join(COLUMNS)}.")
    for number, cells in table.rows():
        if isinstance(cells, InvalidCommand):
            yield Mistake(number, None, "malformed", cells.reason or cells.public)
        else:
            yield from _of_line(number, {name: cells[at] for name, at in table.columns.items()})


def _of_line(number: int, cells: Mapping[str, str]) -> Iterator[Wish | Mistake]:
    image = cells["image"].strip().lstrip("0")
    if not _ID.fullmatch(image) or int(image) > _LARGEST_ID:
        yield Mistake(number, "image", "wrong_type", "It has to be the id of an image.")
        return
    given = {name: cells[name] for name in VALUES if name in cells}
    values, mistakes = _read(number, given)
    if mistakes:
        yield from mistakes
        return
    sku = plain(cells["sku"]) if cells.get("sku") else None
    yield Wish(number, int(image), sku, cells.get("store", "").strip(), given, values)


def _read(number: int, given: Mapping[str, str]) -> tuple[Mapping[str, Any], Sequence[Mistake]]:
    values, mistakes = {}, []
    for name, cell in given.items():
        try:
            values[name] = value_of(name, cell)
        except Strange as error:
            mistakes.append(Mistake(number, name, error.code, error.detail))
    return values, mistakes
