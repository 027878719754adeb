"""What products lack, in the words of `missing` of `GET /v1/products`."""

from collections.abc import AsyncIterator, Sequence
from typing import Final, NamedTuple

from app.db.pool import Database
from app.model import ProductId
from app.service.transfer.spreadsheet import harmless

COLUMNS: Final = ("sku", "product_id", "missing")
_AT_A_TIME: Final = 500
"""Products that a statement reads."""


_LABEL: Final = "label"


class Lack(NamedTuple):
    """`missing`: `image`, `label:STORE` or `type:TYPE`."""

    sku: str
    product_id: ProductId
    missing: str


async def lacks(database: Database, what: str | None = None) -> AsyncIterator[Sequence[Lack]]:
    """Of all products by id, some after the others: everything, or `what` alone."""
    behind = 0
    while rows := await database.fetch("lacking_products", behind, _AT_A_TIME):
        found = [Lack(row["sku"], ProductId(row["id"]), row["what"]) for row in rows if row["what"] is not None]
        yield [lack for lack in found if what in (None, lack.missing)]
        behind = rows[-1]["id"]


async def is_known(database: Database, what: str) -> bool:
    """Whether it names a store view, or type, that is there, if it names any: nothing lacks another, which looks like
    good news."""
    kind, _, name = what.partition(":")
    if not name:
        return True
    row = await database.fetchrow("unknown_names", [name] if kind == _LABEL else [], [] if kind == _LABEL else [name])
    return row is not None and not row["stores"] and not row["types"]


def cells_of(lack: Lack) -> tuple[str, ...]:
    return harmless(lack.sku), str(lack.product_id), lack.missing
