"""Recorded figures: each with its own origin, in one table that the next recording adds to."""

from pathlib import Path

import pytest

from bench.record import RESULTS, Origin, origin, record
from bench.table import Row, at_least, markdown

OLD = Origin("2026-01-02", "abc1234", "2 cores, Python 3.11.7, Postgres 18.4")
NEW = Origin("2026-03-04", "def5678+", "4 cores, Python 3.13.1, Postgres 18.4")
ORDER = ("first", "second", "third")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "RESULTS.md"


def cells(file: Path) -> list[list[str]]:
    lines = [line for line in file.read_text().splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_a_figure_is_recorded_with_its_target_verdict_turns_and_origin(file: Path) -> None:
    """A line holds all that a figure says, when it was measured, of which commit, and where."""
    record(file, {"first": [at_least("reads", "90/s", "100/s", 0.9, 0.8, "7 undisturbed")]}, OLD, ORDER)
    reported = ["first", "reads", "90/s", "100/s", "0.90", ">= 0.80", "yes", "7 undisturbed"]
    assert cells(file) == [[*reported, OLD.date, OLD.commit, OLD.machine]]


def test_a_figure_measured_again_replaces_its_former_lines_and_no_others(file: Path) -> None:
    """What was not measured again stays, with the origin that it had, however many lines it has."""
    record(file, {"first": [Row("a", "1"), Row("b", "2")], "third": [Row("c", "3"), Row("d", "4")]}, OLD, ORDER)
    record(file, {"first": [Row("a", "5")]}, NEW, ORDER)
    assert [(line[1], line[2], line[8]) for line in cells(file)] == [
        ("a", "5", NEW.date),
        ("c", "3", OLD.date),
        ("d", "4", OLD.date),
    ]


def test_lines_stand_in_the_order_of_the_figures(file: Path) -> None:
    """In whichever order figures were measured, the table does not jump about between recordings."""
    for run in ("third", "first", "second"):
        record(file, {run: [Row(run, "1")]}, OLD, ORDER)
    assert [line[0] for line in cells(file)] == [*ORDER]


def test_what_no_figure_is_called_by_any_more_is_dropped(file: Path) -> None:
    """A figure that was given up does not stand in the table for ever."""
    record(file, {"first": [Row("a", "1")], "second": [Row("b", "2")]}, OLD, ORDER)
    record(file, {}, NEW, ("second", "third"))
    assert [line[0] for line in cells(file)] == ["second"]


def test_recording_nothing_new_changes_nothing(file: Path) -> None:
    """Empty cells, too, are read back as they were written."""
    record(file, {"first": [Row("told", "1", turns="5 undisturbed")], "second": [Row("bare", "2")]}, OLD, ORDER)
    before = file.read_bytes()
    record(file, {}, NEW, ORDER)
    assert file.read_bytes() == before


def test_the_origin_names_no_path_of_the_machine() -> None:
    """Whoever publishes the figures tells cores and versions, and nothing about his folders."""
    words = str(origin("18.4"))
    assert words.endswith("Postgres 18.4")
    assert "/" not in words
    assert str(RESULTS.parents[1]) not in markdown([Row("a", words)])
