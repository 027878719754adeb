"""Reading images for the native API: one statement a read, however large a gallery is."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from app.db.pool import Database, Record
from app.errors import ImageNotFound, ProductNotFound, StoreViewNotFound
from app.model import BlobHash, ProductId
from app.service.galleries.v1.images import ImageRows, NativeImage, State
from app.settings import Settings

LOOKED_AT: Final = 2000
"""Rows that the statement of a list looks at (native.md 3)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which images a list shows, of those behind the id `after`; None: no matter. `lacks_label` is a store view's
    code."""

    after: int
    limit: int
    skus: tuple[str, ...] | None = None
    product: int | None = None
    state: State | None = None
    sha256: BlobHash | None = None
    lacks_label: str | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class NativeGallery:
    """A product's images in order; `family` is the root product's id."""

    product_id: ProductId
    family: ProductId
    images: tuple[NativeImage, ...]


class NativeReader:
    def __init__(self, database: Database, settings: Settings) -> None:
        self._db = database
        self._rows_of = ImageRows(settings.listed_recipes)
        self._shows_marks = settings.rights == "rights"
        self._restorable = timedelta(days=settings.restore_days)

    async def image(self, image_id: int) -> NativeImage:
        """An image, also a deleted one while it can be restored; ImageNotFound."""
        found = await self.images([image_id])
        if not found:
            raise ImageNotFound(f"image {image_id}")
        return found[0]

    async def images(self, ids: list[int]) -> list[NativeImage]:
        """Those of these images that there are, in this order."""
        rows = await self._read(ids=ids)
        return [self._rows_of.image(row) for row in rows if row["id"] is not None]

    async def gallery(self, sku: str, store: str | None = None) -> NativeGallery:
        """A gallery, as the store view with this code orders and hides it. StoreViewNotFound, ProductNotFound."""
        rows = await self._read(sku=sku, store=store)
        if store is not None and rows[0]["store"] is None:
            raise StoreViewNotFound(f"store view {store}")
        if rows[0]["owner"] is None:
            raise ProductNotFound(f"There is no product {sku}.")
        images = tuple(self._rows_of.image(row) for row in rows if row["id"] is not None)
        return NativeGallery(ProductId(rows[0]["owner"]), ProductId(rows[0]["owner_family"]), images)

    async def page(self, wanted: Wanted) -> tuple[list[NativeImage], int | None]:
        """A page by id, and the id behind which the list goes on, None at its end. A page may hold few images, or none,
        although the list goes on: not more than `LOOKED_AT` are looked at."""
        rows = await self._read(wanted=wanted)
        images = [self._rows_of.image(row) for row in rows if row["id"] is not None]
        if len(images) > wanted.limit:
            return images[: wanted.limit], images[wanted.limit - 1].id
        return images, rows[0]["looked_to"] if rows[0]["looked"] == LOOKED_AT else None

    async def _read(
        self,
        ids: list[int] | None = None,
        sku: str | None = None,
        store: str | None = None,
        wanted: Wanted | None = None,
    ) -> list[Record]:
        filters = (None,) * 8 if wanted is None else _filters(wanted)
        return await self._db.fetch(
            "native_images", ids, sku, store, *filters, self._restorable, self._rows_of.hashes, self._shows_marks
        )


def _filters(wanted: Wanted) -> tuple[Any, ...]:
    return (
        wanted.limit + 1,
        wanted.after,
        None if wanted.skus is None else list(wanted.skus),
        wanted.product,
        wanted.state,
        None if wanted.sha256 is None else bytes.fromhex(wanted.sha256),
        wanted.lacks_label,
        wanted.deleted,
    )
