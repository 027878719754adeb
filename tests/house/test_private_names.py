"""Names that libraries keep to themselves are used in few places, and these were read with the library's version."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import version
from typing import Final

import pytest

from tests.house.figures import APP

USED: Final = {
    "aiohttp": {
        "http/ready": {"_keep_alive", "_value"},
        "server/connection": {
            "_buffer_paused",
            "_force_close",
            "_keepalive_timeout",
            "_messages",
            "_process_keepalive",
            "_upgraded",
            "_waiter",
        },
        "server/runner": {"_make_server"},
    },
    "asyncpg": {"db/connections/connect": {"_transport"}},
    "python": {"apis/spree/body/texts": {"_is_text_encoding"}},
}
"""By library and module. A name that classes of ours have as well, such as `_loop`, cannot be told apart."""
READ_IN: Final = {"aiohttp": "3.14.5", "asyncpg": "0.32.0", "pgqueuer": "1.6.0"}
"""Of pgqueuer `db/queue` uses what its guide does not name."""
_DOCUMENTED: Final = {"_replace", "_asdict", "_make", "_exit", "_deserialize"}
"""Of named tuples, `os` and marshmallow: public in spite of their names."""
_OWN: Final = {"self", "cls"}


def _trees() -> Iterator[tuple[str, ast.Module]]:
    for path in APP.rglob("*.py"):
        yield path.relative_to(APP).with_suffix("").as_posix(), ast.parse(path.read_text())


def _defined(node: ast.AST) -> set[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Attribute(attr=name, ctx=ast.Store()) | ast.Name(id=name, ctx=ast.Store()):
            return {name}
    return set()


def _private(node: ast.AST, ours: set[str]) -> set[str]:
    """A private name that is asked of something else, or of a class of ours that has it from a library."""
    if not isinstance(node, ast.Attribute) or not node.attr.startswith("_") or node.attr.startswith("__"):
        return set()
    is_own = isinstance(node.value, ast.Name) and node.value.id in _OWN
    return set() if node.attr in _DOCUMENTED or (is_own and node.attr in ours) else {node.attr}


def test_private_names_of_libraries_are_known() -> None:
    """Whoever upgrades a library has one list of places to look at."""
    trees = dict(_trees())
    ours = {name for tree in trees.values() for node in ast.walk(tree) for name in _defined(node)}
    found: dict[str, set[str]] = defaultdict(set)
    for module, tree in trees.items():
        for node in ast.walk(tree):
            found[module] |= _private(node, ours)
    listed = {module: names for places in USED.values() for module, names in places.items()}
    assert {module: names for module, names in found.items() if names} == listed


@pytest.mark.parametrize("library", READ_IN)
def test_libraries_are_those_that_were_read(library: str) -> None:
    """With another version: read what the modules above use, run their tests, and write down the version here."""
    assert version(library) == READ_IN[library], sorted(USED.get(library, ()))
