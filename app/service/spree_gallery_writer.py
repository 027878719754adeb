"""Writing galleries by Spree's rules: lists with positions, files that are replaced, images that move.

Writers of one list are serialised by locking its product, those of a move both products in the order
of their ids; every write is one transaction.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.db.pool import REQUEST_LOCK_SECONDS, Database, Record, Transaction
from app.errors import ImageNotFound, ProductNotFound, Rejected
from app.model import EXTENSIONS, ImageId, ProductId
from app.service import paths, positions
from app.service.filing import FileName, Filing
from app.service.intake import Blob
from app.service.spree_gallery import ListedImage, listed_image

Changed = Callable[[Iterable[ProductId]], None]
"""Told the families that a commit changed."""

_LONGEST_BASE = 200
"""Characters of a file's name that its path keeps, so that a suffix fits in behind them."""
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
        """Changes what is given; ProductNotFound, ImageNotFound, TargetNotFound, BlobBarred."""
        target = edit.target if "viewable_id" in edit.given else product
        if target is None or not 0 < target <= _LARGEST_ID:
            raise TargetNotFound(target)
        async with self._db.transaction(lock_seconds=REQUEST_LOCK_SECONDS) as tx:
            if edit.upload:
                await self._filing.admit(tx, edit.upload.blob)
            families = await _lock(tx, product, target)
            row = await _image_of(tx, product, image)
            former = row["file_path"] if edit.upload else None
            if edit.upload:
                await self._replace(tx, row, edit.upload)
            if "alt" in edit.given and edit.alt != row["label"]:
                await tx.execute("spree_set_label", image, edit.alt)
            if target != product:
                await _move(tx, product, ProductId(target), image, edit.position)
            elif "position" in edit.given:
                await _set_places(tx, positions.move(await _places(tx, product), image, edit.position))
            row = await _image(tx, image)
        self._committed(families, former)
        return listed_image(row)

    async def _replace(self, tx: Transaction, row: Record, upload: StoredUpload) -> None:
        picture, path = await self._filing.file(tx, upload.blob, _path_name(upload))
        await tx.execute("replace_file", row["id"], picture, upload.name, path, self._filing.recipes)
        await _withdraw_path(tx, row)

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


async def _move(tx: Transaction, source: ProductId, target: ProductId, image: ImageId, position: int | None) -> None:
    """The list left behind closes its gap; in the other one the image is inserted or appended."""
    await _set_places(tx, positions.remove(await _places(tx, source), image))
    place, changes = positions.insert(await _places(tx, target), position)
    await tx.execute("spree_release_types", image)
    await tx.execute("spree_forget_places_in_stores", image)
    await tx.execute("spree_move_image", image, target)
    await _set_places(tx, {**changes, image: place})


async def _places(tx: Transaction, product: ProductId) -> list[tuple[int, int | None]]:
    return [(row["id"], row["position"]) for row in await tx.fetch("spree_places", product)]


async def _set_places(tx: Transaction, changes: positions.Changes) -> None:
    if changes:
        await tx.execute("spree_set_places", list(changes), list(changes.values()))


def _path_name(upload: StoredUpload) -> FileName:
    """The path is made of the name without its extension and the one of what the bytes are."""
    return FileName(paths.stem(upload.name)[:_LONGEST_BASE], EXTENSIONS[upload.blob.facts.format])
