"""`bench/RESULTS.md`: the figures measured last, each with the day, the state of the code and the machine."""

import os
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.table import HEAD, Row, table

RESULTS: Final = Path(__file__).with_name("RESULTS.md")
_WORDS: Final = """# Figures

Written by `make bench-record`; the README says how, and what the figures mean. Each line tells when it was measured,
of which commit (`+`: with changes not committed) and where. A line without a target is told and not judged.

"""
_COLUMNS: Final = ("run", *HEAD, "date", "commit", "machine")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where and when figures were measured."""

    date: str
    commit: str
    machine: str

    def __str__(self) -> str:
        return f"{self.date}, commit {self.commit}, {self.machine}"


def origin(postgres: str) -> Origin:
    """Of what is measured just now, with that version of Postgres."""
    cores = len(os.sched_getaffinity(0))
    machine = f"{cores} cores, Python {platform.python_version()}, Postgres {postgres}"
    return Origin(f"{datetime.now(UTC):%Y-%m-%d}", _commit(), machine)


def _commit() -> str:
    """As git names it; in a copy without git nothing is known of it."""
    try:
        commit = _git("rev-parse", "--short", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", ":/", f":!{RESULTS.name}")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{commit}+" if changed else commit


def _git(*words: str) -> str:
    command = ("git", *words)
    return subprocess.run(command, cwd=RESULTS.parent, check=True, capture_output=True, text=True).stdout.strip()


def record(file: Path, made: Mapping[str, Sequence[Row]], origin: Origin, order: Iterable[str]) -> None:
    """The rows `made` by each run take the place of those that the same run left there. `order` names all runs;
    what others left is dropped."""
    kept = _read(file) | {run: [(run, *row.cells, *_of(origin)) for row in rows] for run, rows in made.items()}
    lines = [line for run in order for line in kept.get(run, ())]
    file.write_text(f"{_WORDS}{table((_COLUMNS, *lines))}\n")


def _of(origin: Origin) -> tuple[str, str, str]:
    return origin.date, origin.commit, origin.machine


def _read(file: Path) -> dict[str, list[tuple[str, ...]]]:
    """The lines of the table by run; none where its columns are other ones by now."""
    lines = [line for line in file.read_text().splitlines() if line.startswith("|")] if file.exists() else []
    cells = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
    found: dict[str, list[tuple[str, ...]]] = {}
    if cells and cells[0] == _COLUMNS:
        for line in cells[2:]:
            found.setdefault(line[0], []).append(line)
    return found
