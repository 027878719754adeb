"""Items of reports as lines of a table."""

from typing import Any, Final

from app.service.reports.checks import Item
from app.service.transfer.spreadsheet import harmless

COLUMNS: Final = ("sku", "product_id", "image", "rule", "result", "measured", "limit")


def cells_of(item: Item) -> tuple[str, ...]:
    check = item.check
    return (
        harmless(item.sku),
        str(item.product_id),
        str(item.image),
        check.rule.id,
        check.result,
        harmless(shown(check.measured)),
        harmless(shown(check.limit)),
    )


def shown(value: Any) -> str:
    """What was measured, or its limit, in a line; empty where there is no such thing."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
