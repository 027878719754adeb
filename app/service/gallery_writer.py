"""Writing a product's gallery by OpenMage's rules: scopes with fallback, types that move, "No Image".

Writers of one product are serialised by locking its row; every write is one transaction, and the
caches of this process have dropped the family before the caller hears of the success.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.db.pool import REQUEST_LOCK_SECONDS, Database, Record, Transaction
from app.errors import ImageNotFound, ImageNotSpecified, ImagesNotSupported, ProductNotFound
from app.model import ImageId, ProductId, clamp_position
from app.service.filing import FileName, Filing, checked_base
from app.service.gallery import Gallery, GalleryReader, ProductRef, Scope
from app.service.intake import Blob

Changed = Callable[[Iterable[ProductId]], None]
"""Told the families that a commit changed."""


@dataclass(frozen=True, slots=True)
class Values:
    """What a client says of an image; None = not said. An empty store label drops the store's own."""

    label: str | None = None
    position: int | None = None
    excluded: bool | None = None
    types: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class NewFile:
    """A replacement's parts: new bytes, a new base name, another extension; None = as it was."""

    blob: Blob | None = None
    base: str | None = None
    extension: str | None = None


class GalleryWriter:
    def __init__(self, database: Database, reader: GalleryReader, filing: Filing, changed: Changed) -> None:
        self._db = database
        self._reader = reader
        self._filing = filing
        self._changed = changed

    async def for_upload(self, product: ProductRef, store: str | None, base: str | None) -> Gallery:
        """The gallery that an image of this base name may be added to; StoreViewNotFound, ProductNotFound,
        ImagesNotSupported, InvalidFileName."""
        gallery = await self._reader.read(product, Scope(store, public=False))
        if not gallery.supports_images:
            raise ImagesNotSupported
        checked_base(base)
        return gallery

    async def create(self, gallery: Gallery, blob: Blob, name: FileName, values: Values) -> ImageId:
        """Adds an image; what is said of it goes to the gallery's scope alone."""
        async with self._db.transaction(lock_seconds=REQUEST_LOCK_SECONDS) as tx:
            await self._filing.admit(tx, blob)
            family = await _lock(tx, gallery.product_id)
            picture, path = await self._filing.file(tx, blob, name)
            image = await self._insert(tx, gallery, picture, path, values)
            if values.types:
                await tx.execute("assign_types", gallery.product_id, gallery.store_view_id, image, list(values.types))
        self._changed([family])
        return image

    async def _insert(self, tx: Transaction, gallery: Gallery, picture: int, path: str, values: Values) -> ImageId:
        position = values.position
        if position is None:
            position = await tx.fetchval("next_position", gallery.product_id, gallery.store_view_id)
        said = (values.label, clamp_position(position), bool(values.excluded))
        in_store = gallery.store_view_id is not None
        image = await tx.fetchval(
            "insert_image",
            gallery.product_id,
            picture,
            path.rsplit("/", 1)[1],
            path,
            *((None, None, None) if in_store else said),
            self._filing.recipes,
        )
        if in_store:
            label, *rest = said
            await tx.execute("set_store_values", image, gallery.store_view_id, label or None, *rest, False)
        return ImageId(image)

    async def for_change(
        self, product: ProductRef, store: str | None, image_id: int, base: str | None = None
    ) -> Gallery:
        """The gallery of an image that this scope lists and that may have this base name; also ImageNotFound."""
        gallery = await self._reader.read(product, Scope(store, public=False))
        gallery.image(image_id)
        checked_base(base)
        return gallery

    async def update(self, gallery: Gallery, image_id: int, values: Values, file: NewFile | None) -> None:
        """Changes what is said in the gallery's scope; bytes and name are the same in every scope."""
        async with self._db.transaction(lock_seconds=REQUEST_LOCK_SECONDS) as tx:
            if file and file.blob:
                await self._filing.admit(tx, file.blob)
            family = await _lock(tx, gallery.product_id)
            row = await _row(tx, gallery, image_id)
            if file:
                await self._refile(tx, row, file)
            if gallery.store_view_id is None:
                await _write_global(tx, row, values)
            else:
                await _write_store(tx, gallery.store_view_id, row, values)
            if values.types is not None:
                key = (gallery.product_id, gallery.store_view_id, image_id, list(values.types))
                await tx.execute("clear_types", *key)
                await tx.execute("assign_types", *key)
        self._changed([family])

    async def _refile(self, tx: Transaction, row: Record, file: NewFile) -> None:
        if row["is_external"] and file.blob is None:
            return
        extension = file.extension or (row["file_path"] or "").rpartition(".")[2]
        if not extension:
            raise ImageNotSpecified("an external picture has no media type of its own")
        present = (row["file_path"] or "").rpartition("/")[2].rpartition(".")[0]
        name = FileName(file.base or present or None, extension)
        if file.blob is None:
            path = await self._filing.rename(tx, row["picture_id"], name)
            await tx.execute("rename_file", row["id"], path.rsplit("/", 1)[1], path)
        else:
            picture, path = await self._filing.file(tx, file.blob, name)
            arguments = (row["id"], picture, path.rsplit("/", 1)[1], path, self._filing.recipes)
            await tx.execute("replace_file", *arguments)

    async def delete(self, gallery: Gallery, image_id: int) -> None:
        """Takes an image's types away in the scope, and the image out of it where no other scope uses it."""
        async with self._db.transaction(lock_seconds=REQUEST_LOCK_SECONDS) as tx:
            family = await _lock(tx, gallery.product_id)
            row = await _row(tx, gallery, image_id)
            await tx.execute("clear_types", gallery.product_id, gallery.store_view_id, image_id, [])
            used = await tx.fetchval("is_used_for_types", image_id, gallery.store_view_id)
            if not used and gallery.store_view_id is None:
                await tx.execute("delete_image", image_id)
            elif not used:
                kept = (row["store_label"], row["store_position"], row["store_excluded"])
                await tx.execute("set_store_values", image_id, gallery.store_view_id, *kept, True)
        self._changed([family])


async def _lock(tx: Transaction, product: ProductId) -> ProductId:
    """The family that the product belongs to from now until the commit."""
    rows = await tx.fetch("lock_products", [product])
    if not rows:
        raise ProductNotFound(f"product {product} was deleted meanwhile")
    return ProductId(rows[0]["family"])


async def _row(tx: Transaction, gallery: Gallery, image_id: int) -> Record:
    row = await tx.fetchrow("image_for_update", gallery.product_id, image_id, gallery.store_view_id)
    if row is None or row["hidden"]:
        raise ImageNotFound(f"image {image_id} was deleted meanwhile")
    return row


async def _write_global(tx: Transaction, row: Record, values: Values) -> None:
    """Also settles an exclusion that a store-scoped creation left unset, and with it the position."""
    unsettled = row["excluded"] is None
    position = row["position"] if values.position is None else clamp_position(values.position)
    excluded = row["excluded"] if values.excluded is None else values.excluded
    await tx.execute(
        "set_global_values",
        row["id"],
        row["label"] if values.label is None else values.label,
        0 if position is None and unsettled else position,
        bool(excluded),
    )


async def _write_store(tx: Transaction, store_view: int, row: Record, values: Values) -> None:
    label = row["store_label"] if values.label is None else values.label or None
    position = row["store_position"] if values.position is None else clamp_position(values.position)
    excluded = row["store_excluded"] if values.excluded is None else values.excluded
    if label is None and position is None and excluded is None:
        await tx.execute("drop_store_values", row["id"], store_view)
    else:
        await tx.execute("set_store_values", row["id"], store_view, label, position, excluded, False)
