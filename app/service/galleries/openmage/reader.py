"""Reading a product's gallery in a scope: what OpenMage lists, one statement a read."""

from dataclasses import dataclass

from app.db.pool import Readable, Record
from app.errors import ImageNotFound, ProductNotFound, StoreViewNotFound
from app.model import ImageId, ProductId, StoreViewId, sku_key


@dataclass(frozen=True, slots=True)
class ProductRef:
    """A product as a client names it: the SKU is tried first, then the id, then the SKU with blanks for its pluses, and
    in other cases of its letters."""

    sku: str | None
    id: int | None


@dataclass(frozen=True, slots=True)
class Scope:
    """A store view's code, in any case, or id as a client names it; None, "0" or "admin" is the global scope, or the
    default store view for those who see a shop from the outside (`public`)."""

    store: str | None
    public: bool


@dataclass(frozen=True, slots=True)
class GalleryImage:
    """One image with its values in the scope read. `path` serves the cleaned original, unless the
    picture is only known by its external URL."""

    id: ImageId
    label: str | None
    position: int | None
    excluded: bool | None
    path: str | None
    external_url: str | None
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gallery:
    """A product's images in the order of their positions. `family` is the root product's id; a null
    store view is the global scope."""

    product_id: ProductId
    family: ProductId
    store_view_id: StoreViewId | None
    supports_images: bool
    images: tuple[GalleryImage, ...]

    def image(self, image_id: int) -> GalleryImage:
        for image in self.images:
            if image.id == image_id:
                return image
        raise ImageNotFound(f"image {image_id} is not one of product {self.product_id}")


class GalleryReader:
    def __init__(self, database: Readable) -> None:
        self._db = database

    async def read(self, product: ProductRef, scope: Scope) -> Gallery:
        """Raises StoreViewNotFound, then ProductNotFound."""
        keys = (None, None) if product.sku is None else (sku_key(product.sku), sku_key(product.sku.replace("+", " ")))
        rows = await self._db.fetch("gallery_in_scope", product.sku, product.id, scope.store, scope.public, *keys)
        check_scope(rows[0], scope)
        first = rows[0]
        images = tuple(_image(row) for row in rows if _is_shown(row, scope))
        return Gallery(
            product_id=ProductId(first["product_id"]),
            family=ProductId(first["family"]),
            store_view_id=first["store_view_id"],
            supports_images=first["supports_images"],
            images=images,
        )


def check_scope(row: Record, scope: Scope) -> None:
    """Whether the store view and the product exist for this caller, in that order."""
    if row["scope_kind"] == "named" and row["store_view_id"] is None:
        raise StoreViewNotFound(f"store view {scope.store!r}")
    if row["product_id"] is None or not row["in_website"] or (scope.public and not row["is_public"]):
        raise ProductNotFound


def _is_shown(row: Record, scope: Scope) -> bool:
    return row["id"] is not None and not (scope.public and row["excluded"])


def _image(row: Record) -> GalleryImage:
    return GalleryImage(
        id=ImageId(row["id"]),
        label=row["label"],
        position=row["position"],
        excluded=row["excluded"],
        path=row["file_path"],
        external_url=row["external_url"],
        types=tuple(row["types"]),
    )
