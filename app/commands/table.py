"""Rows as people read them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any


def table(items: Sequence[Mapping[str, Any]]) -> str:
    """The items in aligned columns under their names; empty for none."""
    if not items:
        return ""
    rows = [list(items[0]), *([_cell(value) for value in item.values()] for item in items)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.1f}"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S")
        case list():
            return ",".join(map(str, value)) or "-"
        case _:
            return str(value)
