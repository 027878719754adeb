"""How Postgres would go about each statement of the service, in a shop that is there."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import asyncpg

from app.db.queries import Statement, load_queries
from bench.table import Row

_LARGE: Final = 100_000
"""Rows of a table that nothing may read through."""
_SCANS: Final = frozenset({"Seq Scan", "Parallel Seq Scan"})
_ALL: Final[Mapping[str, str]] = {
    "catalogue_is_empty": "looks at one row",
    "count_blobs": "counts no more than so many rows, once a minute",
    "count_images": "counts no more than so many rows, once a minute",
    "count_products": "counts no more than so many rows, once a minute",
}
"""Those that count what there is up to a bound, and the one that looks at a single row of it."""
_PLANNED: Final = ("select", "with", "insert", "update", "delete", "(")


async def plans(dsn: str) -> list[Row]:
    """Which statements read a large table from its beginning to its end, as planned for whatever parameters."""
    connection = await asyncpg.connect(dsn)
    try:
        large = await _large(connection)
        statements = [one for one in load_queries().values() if one.sql.lower().startswith(_PLANNED)]
        through = {one.name: found for one in statements if (found := await _read_through(connection, one, large))}
    finally:
        await connection.close()
    others = {name: tables for name, tables in through.items() if name not in _ALL}
    named = "; ".join(f"{name}: {', '.join(sorted(tables))}" for name, tables in others.items())
    title = f"statements that read a large table through, of {len(statements)}, beside {len(_ALL)} that count all"
    return [Row(title, f"{len(others)}{f' ({named})' if named else ''}", target="0", met=not others)]


async def _large(connection: asyncpg.Connection) -> frozenset[str]:
    rows = await connection.fetch("select relname from pg_class where relkind = 'r' and reltuples > $1", _LARGE)
    return frozenset(row["relname"] for row in rows)


async def _read_through(connection: asyncpg.Connection, statement: Statement, large: frozenset[str]) -> set[str]:
    prepared = await connection.prepare(statement.sql)
    nothing = [None] * len(prepared.get_parameters())
    text = await connection.fetchval(f"explain (generic_plan, format json) {statement.sql}", *nothing)
    nodes = _nodes(json.loads(text)[0]["Plan"])
    return {node["Relation Name"] for node in nodes if node["Node Type"] in _SCANS} & large


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)
