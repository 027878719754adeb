"""Figures and how they are shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_HEAD: Final = ("figure", "ours", "baseline", "ratio", "target", "met")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure; `ratio` None where it is told and not judged. `met` None: likewise."""

    name: str
    ours: str
    baseline: str = ""
    ratio: float | None = None
    target: str = ""
    met: bool | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        return self.name, self.ours, self.baseline, ratio, self.target, {None: "", True: "yes", False: "no"}[self.met]


def at_least(name: str, ours: str, baseline: str, ratio: float, target: float) -> Row:
    return Row(name, ours, baseline, ratio, f">= {target:.2f}", ratio >= target)


def at_most(name: str, ours: str, baseline: str, ratio: float, target: float) -> Row:
    return Row(name, ours, baseline, ratio, f"<= {target:.2f}", ratio <= target)


def markdown(rows: Iterable[Row]) -> str:
    """A table that people and renderers read alike."""
    lines = [_HEAD, *(row.cells for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(_HEAD))]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    shown = [f"| {' | '.join(line)} |" for line in padded]
    return "\n".join([shown[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *shown[1:]])
