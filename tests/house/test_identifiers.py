"""Names say what a thing is, in words of the field: who speaks to whom is prose."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.house.figures import APP

_SPOKEN: Final = {"said", "tell", "telling", "tells", "told", "untold"}
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def _given(node: ast.AST) -> Iterator[str]:
    """The names that a node gives; what libraries call theirs, such as a file's `tell`, is only asked for."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Attribute(attr=name, ctx=ast.Store()) | ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
            yield name
        case ast.alias(asname=str(name)):
            yield name


def _names(path: Path) -> Iterator[str]:
    names = {path.stem, *(name for node in ast.walk(ast.parse(path.read_text())) for name in _given(node))}
    return filter(_is_spoken, names)


def _is_spoken(name: str) -> bool:
    return any(word.lower() in _SPOKEN for word in _WORD.findall(name))


def test_no_name_is_told_or_said() -> None:
    """What is reported, stated or announced is called so."""
    found = {path: set(_names(path)) for path in APP.rglob("*.py")}
    assert {path.relative_to(APP).as_posix(): names for path, names in found.items() if names} == {}
