"""CSV files as shops' tools and spreadsheets write them, read row by row."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from app.errors import InvalidCommand
from app.service.transfer.text_file import NO_TEXT, TextFile

Row = tuple[int, list[str] | InvalidCommand]
"""The number of the line where a row begins, counted from 1, and its cells, or why it cannot be read."""

_SEPARATORS: Final = {",": "", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SEPARATOR_LINE: Final = re.compile(r'"?sep=([,;\t|])"?', re.IGNORECASE)
"""What Excel heeds, and some programs write for it, before the header."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
_LONGEST_SHOWN: Final = 60


class Table:
    """`columns` gives the place of each column by its name, which `named` makes of a cell of the header. Raises
    InvalidCommand without a header that can be read, and where two columns have one name."""

    def __init__(self, text: TextFile, named: Callable[[str], str] = str.strip) -> None:
        self._name = text.name
        if text.is_empty:
            raise InvalidCommand(f"{text.name} is empty: its first line has to name the columns.")
        if _CONTROL.search(text.first_line):
            raise InvalidCommand(f"{text.name} is no text in UTF-8: save it as CSV (UTF-8).")
        self._unreadable = (0, "")  # the last line that holds what no text may, and what that is
        lines = self._readable(text)
        given = _SEPARATOR_LINE.fullmatch(text.first_line)
        self._lines_before = len(list(islice(lines, 1))) if given else 0
        separator = given[1] if given else max(_SEPARATORS, key=text.first_line.count)
        self._oddities = text.oddities + [f"separated by {_SEPARATORS[separator]}"] * (separator != ",")
        self._reader = csv.reader(lines, delimiter=separator, strict=True)
        self.header = self._read_header()
        self.columns: Mapping[str, int] = {name: at for at, name in enumerate(map(named, self.header)) if name}
        if len(self.columns) < sum(1 for cell in self.header if named(cell)):
            raise InvalidCommand(f"{text.name}: the column {self._twice(named)} is there twice.")

    @property
    def note(self) -> str | None:
        """How the file is read, where that is not plain UTF-8 with commas."""
        return f"{self._name} is read as {', '.join(self._oddities)}." if self._oddities else None

    def require(self, needed: Sequence[str]) -> None:
        """InvalidCommand if a column is missing."""
        if missing := [name for name in needed if name not in self.columns]:
            shown = "".join(one if one.isprintable() else " " for one in ",".join(self.header)[:_LONGEST_SHOWN])
            raise InvalidCommand(f"{self._name}: there is no column {', '.join(missing)} in its first line ({shown}).")

    def rows(self) -> Iterator[Row]:
        """All rows that say anything; a broken one costs no other."""
        while True:
            start = self._line + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield start, InvalidCommand(f"This is no row: {error}.")
                continue
            if cells:
                problem = self._problem(start, cells)
                yield start, InvalidCommand(problem) if problem else cells

    @property
    def _line(self) -> int:
        return self._reader.line_num + self._lines_before

    def _read_header(self) -> list[str]:
        try:
            return next(self._reader, [])
        except csv.Error as error:
            raise InvalidCommand(f"{self._name}: the first line does not name the columns: {_shown(error)}.") from None

    def _twice(self, named: Callable[[str], str]) -> str:
        names = [named(cell) for cell in self.header]
        return next(name for name in names if name and names.count(name) > 1)

    def _problem(self, start: int, cells: Sequence[str]) -> str | None:
        line, problem = self._unreadable
        if line >= start:
            return problem
        width = len(self.header)
        if len(cells) < width or any(cells[width:]):
            return f"The line has {len(cells)} cells instead of {width}."
        return None

    def _readable(self, text: TextFile) -> Iterator[str]:
        for number, line in enumerate(text.lines(), 1):
            if found := NO_TEXT.search(line):
                # A null character is valid in UTF-8, but not in Postgres.
                is_null = found[0] == "\0"
                self._unreadable = (
                    number,
                    f"The line {'has a null character' if is_null else f'is not {text.encoding}'}.",
                )
            yield line


def _shown(error: Exception) -> str:
    """What the reader says, on one line: it quotes separators as they are."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in str(error))
