"""Writing a product's gallery by OpenMage's rules: scopes with fallback, types that move, "No Image".

Writers of one product are serialised by locking its row; every write is one transaction, and the
caches of this process have dropped the family before the caller hears of the success.
"""

from dataclasses import dataclass
from functools import partial

from app.db.pool import REQUEST_LOCK_SECONDS, Database, Record, Transaction
from app.errors import ImageNotFound, ImageNotSpecified, ImagesNotSupported
from app.model import ImageId, clamp_position
from app.service.changes.record import record_creation, recorded
from app.service.galleries.file_names import extension_of, is_name_of
from app.service.galleries.openmage.reader import Gallery, GalleryReader, ProductRef, Scope
from app.service.galleries.removal import Changed
from app.service.galleries.rows import lock_product
from app.service.pictures.filing import FileName, Filing, checked_base
from app.service.pictures.intake import Blob


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
            family = await lock_product(tx, gallery.product_id)
            add = partial(self._add, tx, gallery, blob, name, values)
            image = await record_creation(tx, gallery.product_id, add, is_alone=not values.types)
        self._changed([family])
        return ImageId(image)

    async def _add(self, tx: Transaction, gallery: Gallery, blob: Blob, name: FileName, values: Values) -> int:
        picture, path = await self._filing.file(tx, blob, name)
        image = await self._insert(tx, gallery, picture, path, values)
        if values.types:
            key = (gallery.product_id, gallery.store_view_id, image, list(values.types))
            await tx.execute("assign_types", *key)
        return image

    async def _insert(self, tx: Transaction, gallery: Gallery, picture: int, path: str, values: Values) -> int:
        position = values.position
        if position is None:
            position = await tx.fetchval("next_position", gallery.product_id, gallery.store_view_id)
        given = (values.label, clamp_position(position), bool(values.excluded))
        in_store = gallery.store_view_id is not None
        image: int = await tx.fetchval(
            "insert_image",
            gallery.product_id,
            picture,
            path.rsplit("/", 1)[1],
            path,
            *((None, None, None) if in_store else given),
            self._filing.recipes,
        )
        if in_store:
            label, *rest = given
            await tx.execute("set_store_values", image, gallery.store_view_id, label or None, *rest, False)
        return image

    async def for_change(
        self, product: ProductRef, store: str | None, image_id: int, base: str | None = None
    ) -> Gallery:
        """The gallery of an image that this scope lists and that may have this base name; also ImageNotFound."""
        gallery = await self._reader.read(product, Scope(store, public=False))
        gallery.image(image_id)
        checked_base(base)
        return gallery

    async def update(self, gallery: Gallery, image_id: int, values: Values, file: NewFile | None) -> None:
        """Changes what is said in the gallery's scope; bytes and name are the same in every scope.

        What is so already is not written, so that who says the same again changes neither URLs nor caches.
        """
        async with self._db.transaction(lock_seconds=REQUEST_LOCK_SECONDS) as tx:
            if file and file.blob:
                await self._filing.hold(tx, file.blob)
            family = await lock_product(tx, gallery.product_id)
            row = await _row(tx, gallery, image_id)
            async with recorded(tx, [gallery.product_id], placed=[image_id]):
                changes = await self._refile(tx, row, file) if file else 0
                changes += await _write_values(tx, gallery, row, values)
        if changes:
            self._changed([family])

    async def _refile(self, tx: Transaction, row: Record, file: NewFile) -> int:
        """Gives an image other bytes, or a name that is none of its own; how many images that changed."""
        is_new = file.blob is not None and row["blob_hash"] != bytes.fromhex(file.blob.hash)
        if not is_new and (file.base is None or row["blob_hash"] is None):
            return 0
        series = await self._filing.series_of(tx, row["file_path"]) if row["file_path"] else None
        wanted = None if file.base is None or is_name_of(row, series, file.base) else file.base
        extension = file.extension or extension_of(row)
        if extension is None:
            raise ImageNotSpecified("an external picture has no media type of its own")
        if file.blob and is_new:
            return await self._replace(tx, row, file.blob, FileName(wanted or series, extension))
        return 0 if wanted is None else await self._rename(tx, row, FileName(wanted, extension))

    async def _replace(self, tx: Transaction, row: Record, blob: Blob, name: FileName) -> int:
        await self._filing.record(tx, blob)
        picture, path = await self._filing.file(tx, blob, name)
        arguments = (row["id"], picture, path.rsplit("/", 1)[1], path, self._filing.recipes)
        changes = await tx.execute("replace_file", *arguments)
        await self._filing.edits.follow(tx, [row["id"]])
        return changes

    async def _rename(self, tx: Transaction, row: Record, name: FileName) -> int:
        path = await self._filing.rename(tx, row["picture_id"], name)
        return await tx.execute("rename_file", row["id"], path.rsplit("/", 1)[1], path)

    async def delete(self, gallery: Gallery, image_id: int) -> None:
        """Takes an image's types away in the scope, and the image out of it where no other scope uses it."""
        async with self._db.transaction(lock_seconds=REQUEST_LOCK_SECONDS) as tx:
            family = await lock_product(tx, gallery.product_id)
            row = await _row(tx, gallery, image_id)
            async with recorded(tx, [gallery.product_id]):
                changes = await _take_out(tx, gallery, row)
        if changes:
            self._changed([family])


async def _row(tx: Transaction, gallery: Gallery, image_id: int) -> Record:
    row = await tx.fetchrow("image_for_update", gallery.product_id, image_id, gallery.store_view_id)
    if row is None or row["hidden"]:
        raise ImageNotFound(f"image {image_id} was deleted meanwhile")
    return row


async def _take_out(tx: Transaction, gallery: Gallery, row: Record) -> int:
    image, store = row["id"], gallery.store_view_id
    changes = await tx.execute("clear_types", gallery.product_id, store, image, [])
    used = await tx.fetchval("is_used_for_types", image, store)
    if not used and store is None:
        changes += await tx.execute("delete_image", image)
    elif not used:
        kept = (row["store_label"], row["store_position"], row["store_excluded"])
        changes += await tx.execute("set_store_values", image, store, *kept, True)
    return changes


async def _write_values(tx: Transaction, gallery: Gallery, row: Record, values: Values) -> int:
    if gallery.store_view_id is None:
        changes = await _write_global(tx, row, values)
    else:
        changes = await _write_store(tx, gallery.store_view_id, row, values)
    if values.types is not None:
        key = (gallery.product_id, gallery.store_view_id, row["id"], list(values.types))
        changes += await tx.execute("clear_types", *key) + await tx.execute("assign_types", *key)
    return changes


async def _write_global(tx: Transaction, row: Record, values: Values) -> int:
    """Also settles an exclusion that a store-scoped creation left unset, and with it the position.

    A label that was never given reads as an empty one here, and stays as it is when it is written so.
    """
    unsettled = row["excluded"] is None
    position = row["position"] if values.position is None else clamp_position(values.position)
    excluded = row["excluded"] if values.excluded is None else values.excluded
    is_given = values.label is not None and values.label != (row["label"] or "")
    return await tx.execute(
        "set_global_values",
        row["id"],
        values.label if is_given else row["label"],
        0 if position is None and unsettled else position,
        bool(excluded),
    )


async def _write_store(tx: Transaction, store_view: int, row: Record, values: Values) -> int:
    label = row["store_label"] if values.label is None else values.label or None
    position = row["store_position"] if values.position is None else clamp_position(values.position)
    excluded = row["store_excluded"] if values.excluded is None else values.excluded
    if label is None and position is None and excluded is None:
        return await tx.execute("drop_store_values", row["id"], store_view)
    return await tx.execute("set_store_values", row["id"], store_view, label, position, excluded, False)
