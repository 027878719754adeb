"""What an import did, and what it left out."""

from collections import Counter
from collections.abc import Callable
from typing import Final, Literal

Subject = Literal["images", "paths", "types"]
LineOutcome = Literal["created", "updated", "unchanged", "rejected"]

_SUBJECTS: Final[tuple[Subject, ...]] = ("images", "paths", "types")
_OUTCOMES: Final[tuple[LineOutcome, ...]] = ("created", "updated", "unchanged", "rejected")


class Report:
    """`rejected_line` hears of each line that was left out: its number and why."""

    def __init__(self, rejected_line: Callable[[int, str], None]) -> None:
        self._rejected_line = rejected_line
        self._counts: Counter[tuple[Subject, LineOutcome]] = Counter()

    def count(self, subject: Subject, outcome: LineOutcome) -> None:
        self._counts[subject, outcome] += 1

    def reject(self, line: int, reason: str) -> None:
        """A line that was left out counts as an image, which nearly all lines are."""
        self.count("images", "rejected")
        self._rejected_line(line, reason)

    @property
    def rejected(self) -> int:
        return self._counts["images", "rejected"]

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        return {s: {outcome: self._counts[s, outcome] for outcome in _OUTCOMES} for s in _SUBJECTS}
