"""Writing galleries by Spree's rules: lists with positions, files that are replaced, images that move.

Writers of one list are serialised by locking its product, those of a move both products in the order
of their ids; every write is one transaction.
"""

from dataclasses import dataclass

from app.db.pool import REQUEST_LOCK_SECONDS, Database, Record, Transaction
from app.errors import ProductNotFound, Rejected
from app.model import EXTENSIONS, ImageId, ProductId
from app.service.changes.record import record_creation, recorded
from app.service.galleries import positions
from app.service.galleries.declared import keep_declared
from app.service.galleries.removal import Committed, ImageRemover
from app.service.galleries.rows import image_row, image_row_of, places, set_places, withdraw_path
from app.service.galleries.spree.reader import ListedImage, file_name, listed_image
from app.service.pictures import paths
from app.service.pictures.filing import FileName, Filing
from app.service.pictures.intake import Blob

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
    """Bytes that the store holds, under the name that the list shows, and as what they were declared."""

    blob: Blob
    name: str
    declared: str | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """The new values of an image; only those named in `given` ("alt", "position", "viewable_id") are meant."""

    given: frozenset[str]
    alt: str | None = None
    position: int | None = None
    target: int | None = None
    upload: StoredUpload | None = None


class SpreeGalleryWriter:
    def __init__(self, database: Database, filing: Filing, committed: Committed) -> None:
        self._db = database
        self._filing = filing
        self._committed = committed
        self._remover = ImageRemover(database, committed)

    async def create(
        self, product: ProductId, upload: StoredUpload, alt: str | None, position: int | None
    ) -> ListedImage:
        """Adds an image at `position` (None: at the bottom); ProductNotFound, BlobBarred."""
        async with self._db.transaction(lock_seconds=REQUEST_LOCK_SECONDS) as tx:
            await self._filing.admit(tx, upload.blob)
            families = await _lock(tx, product, product)
            place, changes = positions.insert(await places(tx, product), position)

            async def add() -> int:
                await set_places(tx, changes)
                return await self._insert(tx, product, upload, alt, place)

            image = await record_creation(tx, product, add, is_alone=not changes)
            row = await image_row(tx, image)
        self._committed.announce(families, None)
        return listed_image(row)

    async def _insert(
        self, tx: Transaction, product: ProductId, upload: StoredUpload, alt: str | None, place: int
    ) -> int:
        picture, path = await self._filing.file(tx, upload.blob, _path_name(upload))
        values = (product, picture, upload.name, path, alt, place, False, self._filing.recipes)
        image: int = await tx.fetchval("insert_image", *values)
        await keep_declared(tx, image, picture, upload.blob, upload.declared)
        return image

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
            row = await image_row_of(tx, product, image)
            upload = edit.upload if edit.upload and not _is_file_of(row, edit.upload) else None
            async with recorded(tx, sorted({product, target}), placed=[image]):
                changes = await self._replace(tx, row, upload) if upload else 0
                changes += await _edit(tx, row, ProductId(target), edit)
            changed = await image_row(tx, image)
        if changes:
            self._committed.announce(families, row["file_path"] if upload else None)
        return listed_image(changed)

    async def _replace(self, tx: Transaction, row: Record, upload: StoredUpload) -> int:
        await self._filing.record(tx, upload.blob)
        picture, path = await self._filing.file(tx, upload.blob, _path_name(upload))
        changes = await tx.execute("replace_file", row["id"], picture, upload.name, path, self._filing.recipes)
        await keep_declared(tx, row["id"], picture, upload.blob, upload.declared)
        await self._filing.edits.follow(tx, [row["id"]])
        await withdraw_path(tx, row)
        return changes

    async def destroy(self, product: ProductId, image: ImageId) -> None:
        """Takes an image out of every gallery at once; ProductNotFound, ImageNotFound."""
        await self._remover.remove(product, image)


async def _lock(tx: Transaction, product: ProductId, target: int) -> list[ProductId]:
    """Locks both in one statement, in the order of ids, and gives their families."""
    rows = {row["id"]: row["family"] for row in await tx.fetch("lock_products", [product, target])}
    if product not in rows:
        raise ProductNotFound(f"product {product} was deleted meanwhile")
    if target not in rows:
        raise TargetNotFound(target)
    return [ProductId(family) for family in set(rows.values())]


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
        changes += await set_places(tx, positions.move(await places(tx, product), image, edit.position))
    return changes


async def _move(tx: Transaction, source: ProductId, target: ProductId, image: ImageId, position: int | None) -> int:
    """The list left behind closes its gap; in the other one the image is inserted or appended."""
    await set_places(tx, positions.remove(await places(tx, source), image))
    place, changes = positions.insert(await places(tx, target), position)
    await tx.execute("release_types_of_image", image)
    await tx.execute("spree_forget_places_in_stores", image)
    await tx.execute("spree_move_image", image, target)
    return await set_places(tx, {**changes, image: place})


def _path_name(upload: StoredUpload) -> FileName:
    """The path is made of the name without its extension and the one of what the bytes are."""
    return FileName(paths.stem(upload.name), EXTENSIONS[upload.blob.facts.format])
