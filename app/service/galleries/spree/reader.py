"""Reading galleries as Spree lists them: in the global scope, one statement a read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.db.pool import Readable, Record
from app.errors import ImageNotFound, ProductNotFound
from app.model import BlobHash, Format, ImageId, ProductId, RecipeHash, Segment, segment_of


@dataclass(frozen=True, slots=True)
class Parent:
    """What owns a list: a root product by slug, former slug or id; or a product of either kind by id."""

    kind: Literal["product", "variant"]
    slug: str
    id: int | None


@dataclass(frozen=True, slots=True)
class ImageFile:
    """The file behind an image: `width` and `height` in pixels, before any orientation is applied."""

    name: str
    format: Format
    width: int
    height: int
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListedImage:
    """An image with its global values; without a `file` it is known by its external URLs."""

    id: ImageId
    product_id: ProductId
    position: int | None
    label: str | None
    excluded: bool
    file: ImageFile | None
    url_large: str | None = None
    url_small: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A product's images in the order of their positions; `family` is the root product's id."""

    product_id: ProductId
    family: ProductId
    images: tuple[ListedImage, ...]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What an image's file URLs serve. `recipe` None: the image keeps no version of the one asked for;
    `key` the edit that its renditions show, or the marks that they carry."""

    name: str
    path: str | None
    updated_at: datetime | None
    blob: BlobHash
    format: Format
    recipe: RecipeHash | None
    key: str | None

    @property
    def segment(self) -> Segment:
        return segment_of(self.blob, self.key)


class SpreeGalleryReader:
    def __init__(self, database: Readable) -> None:
        self._db = database

    async def find(self, parent: Parent) -> ProductId:
        """The product that owns the list; ProductNotFound."""
        if parent.kind == "product":
            row = await self._db.fetchrow("spree_product", parent.slug, parent.id)
        else:
            row = await self._db.fetchrow("spree_variant", parent.id)
        if row is None:
            raise ProductNotFound(f"{parent}")
        return ProductId(row["id"])

    async def list(self, parent: Parent) -> Listing:
        """Every image of the list; ProductNotFound."""
        if parent.kind == "product":
            rows = await self._db.fetch("spree_images_of_product", parent.slug, parent.id)
        else:
            rows = await self._db.fetch("spree_images_of_variant", parent.id)
        if not rows:
            raise ProductNotFound(f"{parent}")
        images = tuple(listed_image(row) for row in rows if row["id"] is not None)
        return Listing(ProductId(rows[0]["product_id"]), ProductId(rows[0]["family"]), images)

    async def image(self, image_id: int) -> tuple[ProductId, ListedImage]:
        """An image of any list, with its family; ImageNotFound."""
        row = await self._db.fetchrow("spree_image", image_id)
        if row is None:
            raise ImageNotFound(f"image {image_id}")
        return ProductId(row["family"]), listed_image(row)

    async def file(self, image_id: int, recipe: str) -> StoredFile:
        """The file behind an image's URLs, with the version it keeps of the named recipe; ImageNotFound."""
        row = await self._db.fetchrow("spree_file", image_id, recipe)
        if row is None:
            raise ImageNotFound(f"image {image_id} has no file")
        return StoredFile(
            name=file_name(row),
            path=row["file_path"],
            updated_at=row["file_updated_at"],
            blob=BlobHash(row["blob_hash"].hex()),
            format=row["format"],
            recipe=row["recipe"],
            key=row["edit_key"] or row["marks"],
        )


def listed_image(row: Record) -> ListedImage:
    return ListedImage(
        id=ImageId(row["id"]),
        product_id=ProductId(row["product_id"]),
        position=row["position"],
        label=row["label"],
        excluded=bool(row["excluded"]),
        file=_file(row),
        url_large=row["url_large"],
        url_small=row["url_small"],
    )


def _file(row: Record) -> ImageFile | None:
    if row["format"] is None:
        return None
    return ImageFile(file_name(row), row["format"], row["width"], row["height"], row["file_updated_at"])


def file_name(row: Record) -> str:
    """The file's name; an image that was given none is called after its id."""
    return row["file_name"] or str(row["id"])
