"""What an import did: counts, and a file of the lines that were left out."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Literal

from app.service.transfer.report_file import report_file

Subject = Literal["products", "sets", "images", "links"]
RowOutcome = Literal["created", "updated", "unchanged", "rejected", "skipped"]
Counts = Mapping[str, Mapping[str, int]]
"""How many of each subject had each outcome."""

SUBJECTS: Final[tuple[Subject, ...]] = ("products", "sets", "images", "links")
_OUTCOMES: Final[tuple[RowOutcome, ...]] = ("created", "updated", "unchanged", "rejected")
OUTCOMES: Final[Mapping[Subject, tuple[RowOutcome, ...]]] = dict.fromkeys(SUBJECTS, _OUTCOMES) | {
    "images": (*_OUTCOMES, "skipped")
}
"""`skipped`: rows whose set is for something other than products."""


class Report:
    """Lines that were left out go to the file at once, so that any number of them takes no memory. `notes` are
    sentences about whole files."""

    def __init__(self, file: IO[str]) -> None:
        self.path = file.name
        self.notes: list[str] = []
        self._writer = csv.writer(file, lineterminator="\n")
        self._counts: Counter[tuple[Subject, RowOutcome]] = Counter()
        self.folded = 0
        self.fetched = 0
        self.still_foreign = 0

    def note(self, sentence: str | None) -> None:
        if sentence:
            self.notes.append(sentence)

    def count(self, subject: Subject, outcome: RowOutcome, number: int = 1) -> None:
        self._counts[subject, outcome] += number

    def reject(self, subject: Subject, file: str, line: int, reason: str) -> None:
        self._list(file, line, reason)
        self.count(subject, "rejected")

    def count_fetched(self, pictures: int) -> None:
        self.fetched += pictures

    def count_foreign(self, url: str, reason: str) -> None:
        """A picture that could not be fetched; its URL stands in the place of the file."""
        self._list(url, "", reason)
        self.still_foreign += 1

    def _list(self, *cells: str | int) -> None:
        if not self.has_lines:
            self._writer.writerow(("file", "line", "reason"))
        self._writer.writerow(cells)

    @property
    def has_lines(self) -> bool:
        return bool(self.rejected or self.still_foreign)

    @property
    def counts(self) -> Counts:
        """A row of an image file that was left out counts as a rejected image."""
        return {s: {outcome: self._counts[s, outcome] for outcome in OUTCOMES[s]} for s in SUBJECTS}

    @property
    def created(self) -> int:
        return sum(self._counts[subject, "created"] for subject in SUBJECTS)

    @property
    def rejected(self) -> int:
        return sum(self._counts[subject, "rejected"] for subject in SUBJECTS)


@contextmanager
def reported(path: Path) -> Iterator[Report]:
    """A report in the file `path`, or in one with a number while another import writes there; gone if nothing was
    left out. Raises InvalidCommand if it cannot be written."""
    with report_file(path) as file:
        yield Report(file)
