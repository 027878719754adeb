"""How Postgres would go about each statement of the service, in a shop that is there."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

import asyncpg

from app.db.queries import Statement, load_queries
from bench.table import Row

Connection: TypeAlias = asyncpg.Connection

_LARGE: Final = 100_000
"""Rows of a table that nothing may read through."""
_SCANS: Final = frozenset({"Seq Scan", "Parallel Seq Scan"})
READING_ALL: Final[Mapping[str, str]] = {
    "catalogue_is_empty": "looks at one row",
    "count_blobs": "counts no more than so many rows, once a minute",
    "count_images": "counts no more than so many rows, once a minute",
    "count_products": "counts no more than so many rows, once a minute",
    "failed_jobs_to_retry": "what a command asks for; the queue holds what waits, and nothing that is done",
    "job_failures": "counts the queue, every few seconds",
    "queue_depths": "counts the queue, every few seconds",
}
"""Statements that read a table through because that is what they are for, with the reason."""
_PLANNED: Final = ("select", "with", "insert", "update", "delete", "(")


async def plans(dsn: str) -> list[Row]:
    """Which statements read a large table from its beginning to its end, as planned for whatever parameters."""
    connection = await asyncpg.connect(dsn)
    try:
        through = await read_through(connection, _LARGE)
    finally:
        await connection.close()
    others = {name: tables for name, tables in through.items() if name not in READING_ALL}
    named = "; ".join(f"{name}: {', '.join(sorted(tables))}" for name, tables in others.items())
    title = (
        f"statements that read a large table through, of {len(_planned())}, beside {len(READING_ALL)} that count all"
    )
    return [Row(title, f"{len(others)}{f' ({named})' if named else ''}", target="0", met=not others)]


async def read_through(connection: Connection, rows: int) -> dict[str, set[str]]:
    """The tables of more than so many rows that a statement reads through, by its name. A plan for all parameters is
    the one that each is given, filters that are left out included."""
    large = await _large(connection, rows)
    return {one.name: found for one in _planned() if (found := await _of_statement(connection, one, large))}


def _planned() -> list[Statement]:
    return [one for one in load_queries().values() if one.sql.lower().startswith(_PLANNED)]


async def _large(connection: Connection, least: int) -> frozenset[str]:
    rows = await connection.fetch("select relname from pg_class where relkind = 'r' and reltuples > $1", least)
    return frozenset(row["relname"] for row in rows)


async def _of_statement(connection: Connection, statement: Statement, large: frozenset[str]) -> set[str]:
    prepared = await connection.prepare(statement.sql)
    nothing = [None] * len(prepared.get_parameters())
    text = await connection.fetchval(f"explain (generic_plan, format json) {statement.sql}", *nothing)
    nodes = _nodes(json.loads(text)[0]["Plan"])
    return {node["Relation Name"] for node in nodes if node["Node Type"] in _SCANS} & large


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)
