"""Which tests a first change need not wait for: those that start a server, a database or a program."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import pytest

_TESTS: Final = Path(__file__).parent
_STARTING: Final = frozenset(
    {"cluster", "seed", "s3_endpoint", "others", "stoppable_s3", "bucket", "serve", "codecs", "pool"}
)
"""Fixtures that start a Postgres, a bucket, a web server or children that decode."""
_OF_PROGRAMS: Final = {
    "commands", "e2e", "embedded", "house/test_coverage.py", "raster/child", "torture", "upgrade", "test_compose.py",
    "test_readme.py", "test_wheel.py",
}  # fmt: skip
"""Tests of whole programs."""
_AT_LENGTH: Final = {
    "apis/openmage/test_hostile_bodies.py", "apis/spree/test_strangers.py", "apis/test_worst_cases.py",
    "raster/animation/test_large_animations.py", "raster/colour/test_declared.py", "raster/steps/test_geometry.py",
    "raster/test_source.py", "raster/test_strange_pictures.py", "server/test_connection.py",
}  # fmt: skip
"""Tests that take long for what they are: they measure, go to the limits, compare many pictures with other eyes, or
wait for clients that are slow."""

_FIXTURE: Final = re.compile(
    r"^@pytest(?:_asyncio)?\.fixture(?:\(.*\bname=\"(\w+)\".*)?.*\n(?:async )?def (\w+)\(([^)]*)\)", re.MULTILINE
)
_TEST: Final = re.compile(r"^ *(?:async )?def test_\w+\(([^)]*)\)", re.MULTILINE)


def is_left_out(path: Path) -> bool:
    """Whether a file or folder has no fast test: it is not even read, which takes longer than running the others."""
    if not path.is_relative_to(_TESTS):
        return False
    name = path.relative_to(_TESTS).as_posix()
    return name in _OF_PROGRAMS | _AT_LENGTH or (path.match("test_*.py") and _all_start_something(path))


def starts_something(item: pytest.Item) -> bool:
    return "[s3" in item.name or not _STARTING.isdisjoint(getattr(item, "fixturenames", ()))


def _all_start_something(path: Path) -> bool:
    """As far as can be told from the text, without the half second that its imports take; in doubt it is read."""
    text = path.read_text(encoding="utf-8")
    tests = [_names(given) for given in _TEST.findall(text)]
    fixtures = _fixtures_for(path.parent) | _fixtures_in(text)
    return "TestCase" not in text and bool(tests) and all(_is_starting(names, fixtures) for names in tests)


def _is_starting(names: frozenset[str], fixtures: Mapping[str, frozenset[str]]) -> bool:
    """Whether one of these fixtures is a starting one, or asks for one."""
    asked: set[str] = set()
    while names:
        if names & _STARTING:
            return True
        asked |= names
        names = frozenset(wanted for name in names for wanted in fixtures.get(name, ())) - asked
    return False


@cache
def _fixtures_for(folder: Path) -> Mapping[str, frozenset[str]]:
    """What its tests may ask for, and what that asks for: of its own `conftest` and of those above it."""
    own = folder / "conftest.py"
    above = {} if folder == _TESTS else _fixtures_for(folder.parent)
    return {**above, **(_fixtures_in(own.read_text(encoding="utf-8")) if own.exists() else {})}


def _fixtures_in(text: str) -> dict[str, frozenset[str]]:
    return {name or function: _names(given) for name, function, given in _FIXTURE.findall(text)}


def _names(parameters: str) -> frozenset[str]:
    return frozenset(_words(parameters))


def _words(parameters: str) -> Iterator[str]:
    """Of `page: Page, api: Api`: `page` and `api`."""
    for parameter in parameters.split(","):
        if found := re.match(r"\s*(\w+)", parameter):
            yield found[1]
