"""An image leaves every gallery at once, whoever takes it away: those behind it close the gap, the types that it held
become an explicit "none", and its path answers no more, unless another image came with the same one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.db.pool import REQUEST_LOCK_SECONDS, Database, Record, Transaction
from app.model import ImageId, ProductId
from app.service.changes.record import recorded
from app.service.galleries import positions
from app.service.galleries.rows import image_row_of, lock_product, places, set_places, withdraw_path

Changed = Callable[[Iterable[ProductId]], None]
"""Told the families that a commit changed."""


@dataclass(frozen=True, slots=True)
class Committed:
    """Whom a process tells what it has committed, so that it never answers otherwise from memory: the families that
    changed, and a path that was taken back."""

    changed: Changed
    withdrawn: Callable[[str], None] = lambda _: None

    def announce(self, families: Iterable[ProductId], withdrawn: str | None) -> None:
        self.changed(families)
        if withdrawn is not None:
            self.withdrawn(withdrawn)


@dataclass(frozen=True, slots=True)
class Removed:
    """What is to be reported once the removal is committed: the family, and the path that the image had."""

    family: ProductId
    path: str | None


class ImageRemover:
    def __init__(self, database: Database, committed: Committed) -> None:
        self._db = database
        self._committed = committed

    async def remove(self, product: ProductId, image: ImageId) -> None:
        """In a transaction of its own; raises what `remove_image` raises."""
        async with self._db.transaction(lock_seconds=REQUEST_LOCK_SECONDS) as tx:
            removed = await remove_image(tx, product, image)
        self._committed.announce([removed.family], removed.path)


async def remove_image(tx: Transaction, product: ProductId, image: ImageId) -> Removed:
    """ProductNotFound; ImageNotFound for one that is none of this product's."""
    family = await lock_product(tx, product)
    row = await image_row_of(tx, product, image)
    async with recorded(tx, [product]):
        await set_places(tx, positions.remove(await places(tx, product), image))
        await take_out(tx, row)
    return Removed(family, row["file_path"])


async def take_out(tx: Transaction, row: Record) -> None:
    """Of the images whose product the caller holds, one that goes, with its types and its path; those behind it stay
    where they are."""
    await tx.execute("release_types_of_image", row["id"])
    await tx.execute("delete_image", row["id"])
    await withdraw_path(tx, row)
