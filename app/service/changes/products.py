"""Products that were deleted come back, with their images: those were never taken away. Source: native.md, section 3.

The caller holds the lock of provisioning, so that nobody takes a name meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.db.pool import Record, Transaction
from app.errors import Conflict, Gone
from app.service.changes.record import recorded_products


@dataclass(frozen=True, slots=True)
class Back:
    """A product that is there again."""

    id: int
    sku: str


async def restore_products(tx: Transaction, products: Sequence[int], restorable: timedelta) -> list[Back]:
    """Those that were deleted, none without all others. Gone for one that was deleted too long ago; Conflict, with
    SKUs, where another product has an SKU or a slug by now, and where a variant's parent is deleted."""
    found = [row for row in await tx.fetch("products_to_revert", products, restorable) if row["is_deleted"]]
    if any(row["is_over"] for row in found):
        raise Gone("it was deleted longer ago than can be restored")
    if taken := [str(row["sku"]) for row in found if hinders(row)]:
        raise Conflict("An SKU or a slug is another product's by now, or a parent is deleted.", {"products": taken})
    ids = [row["id"] for row in found]
    async with recorded_products(tx, ids):
        await tx.execute("restore_products", ids)
    return [Back(row["id"], row["sku"]) for row in found]


async def delete_again(tx: Transaction, products: Sequence[int]) -> None:
    """Products that were brought back are deleted. The caller holds them."""
    async with recorded_products(tx, products):
        await tx.fetch("delete_products", products)


def hinders(row: Record) -> bool:
    """Whether something of a row of `products_to_revert` keeps a deleted product from coming back."""
    return bool(row["is_sku_taken"] or row["is_slug_taken"] or row["is_orphan"])
