"""Figures and how they are shown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

HEAD: Final = ("figure", "ours", "baseline", "ratio", "target", "met", "turns")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure; `ratio` None where there is no baseline, `met` None where it is told and not judged. `turns` says
    how often it was measured while nothing else ran."""

    name: str
    ours: str
    baseline: str = ""
    ratio: float | None = None
    target: str = ""
    met: bool | None = None
    turns: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        met = {None: "", True: "yes", False: "no"}[self.met]
        return self.name, self.ours, self.baseline, ratio, self.target, met, self.turns


def at_least(name: str, ours: str, baseline: str, ratio: float, target: float, turns: str = "") -> Row:
    return Row(name, ours, baseline, ratio, f">= {target:.2f}", ratio >= target, turns)


def at_most(name: str, ours: str, baseline: str, ratio: float, target: float, turns: str = "") -> Row:
    return Row(name, ours, baseline, ratio, f"<= {target:.2f}", ratio <= target, turns)


def markdown(rows: Iterable[Row]) -> str:
    """A table that people and renderers read alike."""
    return table((HEAD, *(row.cells for row in rows)))


def table(lines: Sequence[Sequence[str]]) -> str:
    """Of lines with equally many cells, the first of which is the head."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    shown = [f"| {' | '.join(line)} |" for line in padded]
    return "\n".join([shown[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *shown[1:]])
