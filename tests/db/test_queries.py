import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from app.db.connections.connect import Connection
from app.db.files import sql_folder
from app.db.queries import Statement, load_queries
from app.errors import Misconfigured

_APP = Path(__file__).parents[2] / "app"
_VERBS = {"fetch", "fetchrow", "fetchval", "execute", "executemany"}


def _write(folder: Path, text: str) -> Path:
    (folder / "some.sql").write_text(text)
    return folder


def test_a_query_has_a_name_a_sentence_and_a_statement(tmp_path: Path) -> None:
    """A query has a name, a sentence of one or more lines, and a statement that may hold comments."""
    _write(
        tmp_path, "-- name: first\n-- Answers\n-- this.\nselect 1 -- one\n;\n\n-- name: second\n-- Two.\nselect 2;\n"
    )

    assert load_queries(tmp_path) == {
        "first": Statement("first", "Answers this.", "select 1 -- one"),
        "second": Statement("second", "Two.", "select 2"),
    }


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("-- name: q\nselect 1;\n", "no sentence"),
        ("-- name: q\n-- Says.\n", "no statement"),
        ("select 1;\n-- name: q\n-- Says.\nselect 1;\n", "text before"),
        ("-- name: q\n-- Says.\nselect 1;\n-- name: q\n-- Says.\nselect 1;\n", "two queries named q"),
    ],
)
def test_a_file_that_is_not_in_order_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    """A file that is not in order is refused in one sentence that names it."""
    with pytest.raises(Misconfigured, match=complaint) as refusal:
        load_queries(_write(tmp_path, text))

    assert "some.sql" in refusal.value.reason


def test_queries_and_those_who_ask_them_agree(queries: Mapping[str, Statement]) -> None:
    """Every query that the code asks for exists, and none lies about unused."""
    named = set(_names())
    known = {*queries, *load_queries(sql_folder() / "bulk")}

    assert sorted(named - known) == []
    assert sorted(known - named - set(_texts())) == []


async def test_every_query_fits_the_schema(connection: Connection, queries: Mapping[str, Statement]) -> None:
    """Every query can be prepared on the migrated schema."""
    for query in queries.values():
        try:
            await connection.prepare(query.sql)
        except Exception as error:
            pytest.fail(f"{query.name}: {error}")


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _texts() -> Iterator[str]:
    """All literals: a name may go through a variable, such as that of a loop over several statements."""
    for path in _APP.rglob("*.py"):
        for node in ast.walk(_parsed(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def _names() -> Iterator[str]:
    """First arguments of the verbs, and names looked up in the loaded queries."""
    for path in _APP.rglob("*.py"):
        for node in ast.walk(_parsed(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _VERBS:
                yield from _literals(node.args[:1])
            if isinstance(node, ast.Subscript) and _asks_for_queries(node.value):
                yield from _literals([node.slice])


def _asks_for_queries(node: ast.expr) -> bool:
    """Whether it is `load_queries()`, however it is reached."""
    return isinstance(node, ast.Call) and "load_queries" in ast.unparse(node)


def _literals(nodes: list[ast.expr]) -> Iterator[str]:
    """The string, or both strings of a choice; statements given as text have spaces."""
    for node in nodes:
        if isinstance(node, ast.IfExp):
            yield from _literals([node.body, node.orelse])
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
            yield node.value
