"""CSV files as the shop's own tools write them, read line by line (spec §10)."""

import csv
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from app.errors import InvalidCommand

Reject = Callable[[int, str], None]
"""Told the number of a line and why it is left out."""

Row = tuple[int, list[str]]
"""The number of the line where a row begins, counted from 1, and its cells."""

_BOM: Final = b"\xef\xbb\xbf"
_PREFIX: Final = "product_image."
"""What combined files put before the columns of images."""


class Table:
    """An open file. `columns` gives the place of each column by its name; raises InvalidCommand without a
    header that names all the columns `needed`."""

    def __init__(self, file: BinaryIO, needed: Collection[str], reject: Reject, advanced: Callable[[int], object]):
        self._file = file
        self._reject = reject
        self._advanced = advanced
        self._unreadable = (0, "")  # the last line that holds what no text may, and what that is
        self._reader = csv.reader(self._lines(), strict=True)
        header = next(self._reader, [])
        self._width = len(header)
        self.columns: Mapping[str, int] = {name.strip().removeprefix(_PREFIX): at for at, name in enumerate(header)}
        if missing := sorted(set(needed) - self.columns.keys()):
            raise InvalidCommand(f"{Path(file.name).name}: there is no column {', '.join(missing)}.")

    def rows(self) -> Iterator[Row]:
        """Those that can be read at all; a broken one costs no other."""
        while True:
            start = self._reader.line_num + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                self._reject(start, f"This is no row: {error}.")
                continue
            if not cells:
                continue
            if problem := self._problem(start, cells):
                self._reject(start, problem)
            else:
                yield start, cells

    def _problem(self, start: int, cells: Sequence[str]) -> str | None:
        line, problem = self._unreadable
        if line >= start:
            return problem
        if len(cells) < self._width or any(cells[self._width :]):
            return f"The line has {len(cells)} cells instead of {self._width}."
        return None

    def _lines(self) -> Iterator[str]:
        for number, line in enumerate(self._file, 1):
            self._advanced(len(line))
            if number == 1:
                line = line.removeprefix(_BOM)
            try:
                text = line.decode()
            except UnicodeDecodeError:
                text = line.decode(errors="replace")
                self._unreadable = number, "The line is not UTF-8."
            if "\0" in text:  # valid in UTF-8, but not in Postgres
                text = text.replace("\0", "")
                self._unreadable = number, "The line has a null character."
            yield text
