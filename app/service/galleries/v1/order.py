"""Putting a gallery in order as a whole. Source: native.md, section 3."""

from collections.abc import Sequence
from typing import Final

from app.db.pool import REQUEST_LOCK_SECONDS, Database, Record, Transaction
from app.errors import Conflict, ProductNotFound, StoreViewNotFound
from app.service.changes.record import Row, record_rows
from app.service.galleries.positions import Changes
from app.service.galleries.removal import Committed
from app.service.galleries.rows import lock_product, set_places

_GLOBAL: Final = 0
"""As the log names the global scope."""


class GalleryOrder:
    def __init__(self, database: Database, committed: Committed) -> None:
        self._db = database
        self._committed = committed

    async def put(self, sku: str, images: Sequence[int], store: str | None = None) -> None:
        """Gives the images of a gallery the positions 1, 2, 3 …, those that a store view lists there alone. Conflict,
        with the ids as they are, where these are not all of them; ProductNotFound, StoreViewNotFound."""
        async with self._db.transaction(lock_seconds=REQUEST_LOCK_SECONDS) as tx:
            product = await tx.fetchrow("product_for_images", sku)
            if product is None:
                raise ProductNotFound(f"There is no product {sku}.")
            family = await lock_product(tx, product["id"])
            scope = await _scope(tx, store)
            listed = await tx.fetch("gallery_places_in_store", product["id"], scope)
            rows = await _place(tx, listed, images, scope)
            if rows:
                await record_rows(tx, [_row(product["id"], scope, listed, images)])
        if rows:
            self._committed.announce([family], None)


async def _scope(tx: Transaction, store: str | None) -> int | None:
    if store is None:
        return None
    scope: int | None = await tx.fetchval("store_by_code", store)
    if scope is None:
        raise StoreViewNotFound(f"store view {store!r}")
    return scope


async def _place(tx: Transaction, listed: Sequence[Record], images: Sequence[int], scope: int | None) -> int:
    """How many images that moved."""
    present = {row["id"]: row["position"] for row in listed}
    if sorted(present) != sorted(images):
        raise Conflict("The gallery has other images.", {"images": list(present)})
    moved: Changes = {image: place for place, image in enumerate(images, 1) if present[image] != place}
    if not moved:
        return 0
    if scope is None:
        return await set_places(tx, moved)
    return await tx.execute("set_places_in_store", list(moved), list(moved.values()), scope)


def _row(product: int, scope: int | None, former: Sequence[Record], present: Sequence[int]) -> Row:
    """Of the former order the positions are told, too, which need not be 1, 2, 3 …"""
    where = {"scope": _GLOBAL if scope is None else scope}
    images, positions = [row["id"] for row in former], [row["position"] for row in former]
    before = {**where, "images": images, "positions": positions}
    return Row("gallery.reordered", product, before=before, after={**where, "images": list(present)})
