"""Writing what was said of an image, inside the transaction of a change, which holds the image's product.

What is so already is not written: who says the same again makes no revision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.db.pool import Record, Transaction
from app.errors import StoreViewNotFound
from app.service.galleries.rows import places, set_places
from app.service.galleries.v1 import positions
from app.service.galleries.v1.input import ImageInput, StoreInput


async def write_values(tx: Transaction, row: Record, given: ImageInput) -> int:
    """`row` as `native_image_to_change` gives it. How many rows that changed; StoreViewNotFound."""
    changes = await _write_global(tx, row, given)
    elsewhere = await write_scopes(tx, row["product_id"], row["id"], given)
    if elsewhere:
        await tx.execute("touch_image", row["id"])
    return changes + elsewhere


async def _write_global(tx: Transaction, row: Record, given: ImageInput) -> int:
    label = given.get("label", row["label"])
    excluded = row["excluded"]
    if "exclude" in given and bool(given["exclude"]) != bool(excluded):
        excluded = bool(given["exclude"])
    changes = await tx.execute("set_global_values", row["id"], label, row["position"], excluded)
    if "position" in given:
        listed = await places(tx, row["product_id"])
        changes += await set_places(tx, positions.put(listed, row["id"], given["position"]))
    return changes


def takes_types(given: ImageInput) -> bool:
    """Whether types are said, globally or in store views: other images may lose them."""
    stores = given.get("stores") or {}
    return "types" in given or any("types" in (values or {}) for values in stores.values())


async def write_scopes(tx: Transaction, product: int, image: int, given: ImageInput) -> int:
    """What is not kept with the image itself: its types, and what store views say of it."""
    target, changes = _Target(tx, product, image), 0
    if "types" in given:
        changes += await target.write_types(None, given["types"] or ())
    if "stores" in given:
        changes += await target.write_stores(given["stores"])
    return changes


@dataclass(frozen=True, slots=True)
class _Target:
    tx: Transaction
    product: int
    image: int

    async def write_types(self, store: int | None, types: Sequence[str]) -> int:
        key = (self.product, store, self.image, list(types))
        return await self.tx.execute("clear_types", *key) + await self.tx.execute("assign_types", *key)

    async def write_stores(self, given: Mapping[str, StoreInput | None] | None) -> int:
        if given is None:
            return await self._forget(None)
        rows = await self.tx.fetch("stores_of_image", self.image, list(given))
        stores = {row["code"]: row for row in rows}
        changes = 0
        for code, values in given.items():
            if code not in stores:
                raise StoreViewNotFound(f"store view {code!r}")
            changes += await self._write_store(stores[code], values)
        return changes

    async def _write_store(self, store: Record, given: StoreInput | None) -> int:
        if given is None:
            return await self._forget(store["id"])
        changes = await self._write_settings(store, given)
        if "types" not in given:
            return changes
        types = given["types"]
        if types is None:
            return changes + await self.tx.execute("unset_types_in_stores", self.image, store["id"])
        return changes + await self.write_types(store["id"], types)

    async def _write_settings(self, store: Record, given: StoreInput) -> int:
        label = given.get("label", store["label"])
        position = given.get("position", store["position"])
        excluded = given.get("exclude", store["excluded"])
        hidden = bool(given.get("hidden", store["hidden"]))
        if not hidden and label is None and position is None and excluded is None:
            return await self.tx.execute("drop_store_values", self.image, store["id"])
        settings = (self.image, store["id"], label, position, excluded, hidden)
        return await self.tx.execute("set_store_values", *settings)

    async def _forget(self, store: int | None) -> int:
        """All that one store view, None for each of them, says."""
        settings = await self.tx.execute("forget_store_values", self.image, store)
        return settings + await self.tx.execute("unset_types_in_stores", self.image, store)
