"""What products lack, in the words of `missing` of `GET /v1/products`."""

from collections.abc import AsyncIterator, Sequence
from typing import Final, NamedTuple

from app.db.pool import Database
from app.model import ProductId
from app.service.catalogue.codes import unknown_codes
from app.service.transfer.spreadsheet import harmless

COLUMNS: Final = ("sku", "product_id", "missing")
LABEL: Final = "label:"
"""Behind it stands a store view."""
_AT_A_TIME: Final = 500
"""Products that a statement reads."""


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


async def unknown_in(database: Database, what: str) -> str | None:
    """The store view, or type, that it names and that is not there: nothing lacks that, which looks like good news."""
    _, _, name = what.partition(":")
    if not name:
        return None
    names = ([name], []) if what.startswith(LABEL) else ([], [name])
    return name if any(await unknown_codes(database, *names)) else None


def cells_of(lack: Lack) -> tuple[str, ...]:
    return harmless(lack.sku), str(lack.product_id), lack.missing
