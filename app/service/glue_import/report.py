"""What an import did: counts, and a file of the lines that were left out."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal, Protocol

from app.errors import InvalidCommand

Subject = Literal["products", "sets", "images", "links"]
Outcome = Literal["created", "updated", "unchanged", "rejected"]
Counts = Mapping[str, Mapping[str, int]]
"""How many of each subject had each outcome."""

SUBJECTS: Final[tuple[Subject, ...]] = ("products", "sets", "images", "links")
OUTCOMES: Final[tuple[Outcome, ...]] = ("created", "updated", "unchanged", "rejected")


class _Writer(Protocol):
    def writerow(self, row: tuple[str, int | str, str], /) -> object: ...


class Report:
    """Lines that were left out go to the file at once, so that any number of them takes no memory."""

    def __init__(self, writer: _Writer) -> None:
        self._writer = writer
        self._counts: Counter[tuple[Subject, Outcome]] = Counter()
        self.folded = 0
        self.fetched = 0
        self.still_foreign = 0

    def count(self, subject: Subject, outcome: Outcome, number: int = 1) -> None:
        self._counts[subject, outcome] += number

    def reject(self, subject: Subject, file: str, line: int, reason: str) -> None:
        self.count(subject, "rejected")
        self._writer.writerow((file, line, reason))

    def count_fetched(self, pictures: int) -> None:
        self.fetched += pictures

    def count_foreign(self, url: str, reason: str) -> None:
        """A picture that could not be fetched; its URL stands in the place of the file."""
        self.still_foreign += 1
        self._writer.writerow((url, "", reason))

    @property
    def counts(self) -> Counts:
        """A row of an image file that was left out counts as a rejected image."""
        return {subject: {outcome: self._counts[subject, outcome] for outcome in OUTCOMES} for subject in SUBJECTS}

    @property
    def created(self) -> int:
        return sum(self._counts[subject, "created"] for subject in SUBJECTS)

    @property
    def rejected(self) -> int:
        return sum(self._counts[subject, "rejected"] for subject in SUBJECTS)


@contextmanager
def reported(path: Path) -> Iterator[Report]:
    """A report whose file is `path`, begun anew and gone if nothing was left out. Raises InvalidCommand if it
    cannot be written."""
    try:
        file = path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise InvalidCommand(f"The report {path} cannot be written: {error.strerror}.") from None
    with file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("file", "line", "reason"))
        report = Report(writer)
        yield report
    if not (report.rejected or report.still_foreign):
        path.unlink()
