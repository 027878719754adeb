"""Form is held: small functions, all typed, modules of a few screens, folders that one takes in at a glance."""

import tomllib
from typing import Final

from tests.house.figures import APP, beside, functions, is_typed, middle_and_tail, modules, size_of

_MOST_LINES: Final = 250
_MOST_MODULES: Final = 14
_BY_NOUN: Final = "commands"
"""Has a module for each noun of the command line."""


def test_functions_are_small() -> None:
    """Half of all functions have no more than 6 lines, nine of ten no more than 14."""
    middle, tail = middle_and_tail([size_of(function) for _, function in functions()])
    assert middle <= 6
    assert tail <= 14


def test_every_parameter_and_result_is_typed() -> None:
    """No function leaves a type out."""
    assert [name for name, function in functions() if not is_typed(function)] == []


def test_modules_are_short() -> None:
    """No module is longer than 250 lines, blank ones aside."""
    assert {name: lines for name, lines in modules().items() if lines > _MOST_LINES} == {}


def test_folders_are_taken_in_at_a_glance() -> None:
    """No more than 14 modules lie beside one another; commands go by noun."""
    assert {name: count for name, count in beside().items() if count > _MOST_MODULES and name != _BY_NOUN} == {}


def test_lint_holds_complexity() -> None:
    """Ruff refuses what has more than 8 ways through it."""
    lint = tomllib.loads((APP.parent / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    assert "C90" in lint["select"]
    assert lint["mccabe"]["max-complexity"] <= 8
