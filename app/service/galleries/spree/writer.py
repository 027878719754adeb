"""Writing galleries by Spree's rules: lists with positions, files that are replaced, images that move.

Writers of one list are serialised by locking its product, those of a move both products in the order
of their ids; every write is one transaction.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.db.pool import REQUEST_LOCK_SECONDS, Database, Record, Transaction
from app.errors import ImageNotFound, ProductNotFound, Rejected
from app.model import EXTENSIONS, ImageId, ProductId
from app.service.galleries.spree import positions
from app.service.galleries.spree.reader import ListedImage, file_name, listed_image
from app.service.pictures import paths
from app.service.pictures.filing import FileName, Filing
from app.service.pictures.intake import Blob

Changed = Callable[[Iterable[ProductId]], None]
"""Told the families that a commit changed."""

_LARGEST_ID = 2**63 - 1


class TargetNotFound(Rejected):
    """The product that an image is to move to does not exist."""

    def __init__(self, target: int | None) -> None:
        self._target = "" if target is None else str(target)
        super().__init__()

    @property
    def public(self) -> str:
        return f"Couldn't find Spree::Variant with 'id'={self._target}"


@dataclass(frozen=True, slots=True)
class StoredUpload:
    """Bytes that the store holds, under the name that the list shows."""

    blob: Blob
    name: str


@dataclass(frozen=True, slots=True)
class Edit:
    """The new values of an image; only those named in `given` ("alt", "position", "viewable_id") are meant."""

    given: frozenset[str]
    alt: str | None = None
    position: int | None = None
    target: int | None = None
    upload: StoredUpload | None = None


class SpreeGalleryWriter:
    """`withdrawn` is told the paths that a commit took back."""

    def __init__(
        self, database: Database, filing: Filing, changed: Changed, withdrawn: Callable[[str], None] = lambda _: None
    ) -> None:
        self._db = database
        self._filing = filing
        self._changed = changed
        self._withdrawn = withdrawn

    async def create(
        self, product: ProductId, upload: StoredUpload, alt: str | None, position: int | None
    ) -> ListedImage:
        """Adds an image at `position` (None: at the bottom); ProductNotFound, BlobBarred."""
        async with self._db.transaction(lock_seconds=REQUEST_LOCK_SECONDS) as tx:
            await self._filing.admit(tx, upload.blob)
            families = await _lock(tx, product, product)
            picture, path = await self._filing.file(tx, upload.blob, _path_name(upload))
            place, changes = positions.insert(await _places(tx, product), position)
            await _set_places(tx, changes)
            values = (product, picture, upload.name, path, alt, place, False, self._filing.recipes)
            row = await _image(tx, await tx.fetchval("insert_image", *values))
        self._changed(families)
        return listed_image(row)

    async def update(self, product: ProductId, image: ImageId, edit: Edit) -> ListedImage:
        """Changes what is given; ProductNotFound, ImageNotFound, TargetNotFound, BlobBarred.

        What is so already is not written, so that who says the same again changes neither URLs nor caches.
        """
        target = edit.target if "viewable_id" in edit.given else product
        if target is None or not 0 < target <= _LARGEST_ID:
            raise TargetNotFound(target)
        async with self._db.transaction(lock_seconds=REQUEST_LOCK_SECONDS) as tx:
            if edit.upload:
                await self._filing.hold(tx, edit.upload.blob)
            families = await _lock(tx, product, target)
            row = await _image_of(tx, product, image)
            upload = edit.upload if edit.upload and not _is_file_of(row, edit.upload) else None
            changes = await self._replace(tx, row, upload) if upload else 0
            changes += await _edit(tx, row, ProductId(target), edit)
            changed = await _image(tx, image)
        if changes:
            self._committed(families, row["file_path"] if upload else None)
        return listed_image(changed)

    async def _replace(self, tx: Transaction, row: Record, upload: StoredUpload) -> int:
        await self._filing.record(tx, upload.blob)
        picture, path = await self._filing.file(tx, upload.blob, _path_name(upload))
        changes = await tx.execute("replace_file", row["id"], picture, upload.name, path, self._filing.recipes)
        await _withdraw_path(tx, row)
        return changes

    async def destroy(self, product: ProductId, image: ImageId) -> None:
        """Takes an image out of every gallery at once; ProductNotFound, ImageNotFound."""
        async with self._db.transaction(lock_seconds=REQUEST_LOCK_SECONDS) as tx:
            families = await _lock(tx, product, product)
            row = await _image_of(tx, product, image)
            await _set_places(tx, positions.remove(await _places(tx, product), image))
            await tx.execute("spree_release_types", image)
            await tx.execute("delete_image", image)
            await _withdraw_path(tx, row)
        self._committed(families, row["file_path"])

    def _committed(self, families: list[ProductId], withdrawn: str | None) -> None:
        self._changed(families)
        if withdrawn is not None:
            self._withdrawn(withdrawn)


async def _lock(tx: Transaction, product: ProductId, target: int) -> list[ProductId]:
    """Locks both in one statement, in the order of ids, and gives their families."""
    rows = {row["id"]: row["family"] for row in await tx.fetch("lock_products", [product, target])}
    if product not in rows:
        raise ProductNotFound(f"product {product} was deleted meanwhile")
    if target not in rows:
        raise TargetNotFound(target)
    return [ProductId(family) for family in set(rows.values())]


async def _image(tx: Transaction, image: int) -> Record:
    row = await tx.fetchrow("spree_image", image)
    if row is None:
        raise ImageNotFound(f"image {image}")
    return row


async def _image_of(tx: Transaction, product: ProductId, image: ImageId) -> Record:
    row = await _image(tx, image)
    if row["product_id"] != product:
        raise ImageNotFound(f"image {image} is not one of product {product}")
    return row


async def _withdraw_path(tx: Transaction, row: Record) -> None:
    """Waits for others who take images with this path away or give it to new ones, and sees what they did."""
    if row["file_path"] is not None:
        await tx.fetch("lock_path", row["file_path"])
        await tx.execute("spree_withdraw_path", row["file_path"], row["id"])


def _is_file_of(row: Record, upload: StoredUpload) -> bool:
    """Whether an image has these bytes under this name already."""
    return row["blob_hash"] == bytes.fromhex(upload.blob.hash) and file_name(row) == upload.name


async def _edit(tx: Transaction, row: Record, target: ProductId, edit: Edit) -> int:
    """Writes what is given beside a file; how many rows that changed."""
    product, image = ProductId(row["product_id"]), ImageId(row["id"])
    changes = 0
    if "alt" in edit.given and edit.alt != row["label"]:
        changes += await tx.execute("spree_set_label", image, edit.alt)
    if target != product:
        return changes + await _move(tx, product, target, image, edit.position)
    if "position" in edit.given:
        changes += await _set_places(tx, positions.move(await _places(tx, product), image, edit.position))
    return changes


async def _move(tx: Transaction, source: ProductId, target: ProductId, image: ImageId, position: int | None) -> int:
    """The list left behind closes its gap; in the other one the image is inserted or appended."""
    await _set_places(tx, positions.remove(await _places(tx, source), image))
    place, changes = positions.insert(await _places(tx, target), position)
    await tx.execute("spree_release_types", image)
    await tx.execute("spree_forget_places_in_stores", image)
    await tx.execute("spree_move_image", image, target)
    return await _set_places(tx, {**changes, image: place})


async def _places(tx: Transaction, product: ProductId) -> list[tuple[int, int | None]]:
    return [(row["id"], row["position"]) for row in await tx.fetch("spree_places", product)]


async def _set_places(tx: Transaction, changes: positions.Changes) -> int:
    return await tx.execute("spree_set_places", list(changes), list(changes.values())) if changes else 0


def _path_name(upload: StoredUpload) -> FileName:
    """The path is made of the name without its extension and the one of what the bytes are."""
    return FileName(paths.stem(upload.name), EXTENSIONS[upload.blob.facts.format])
