"""Writing galleries for the native API. Source: native.md, sections 3 and 13.

Writers of one product are serialised by locking its row; every write is one transaction, and what this process keeps of
the family is dropped before the caller hears of the success.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from app.db.errors import TransactionConflict
from app.db.pool import REQUEST_LOCK_SECONDS, Database, Record, Transaction
from app.errors import ImageNotFound, ImagesNotSupported, PreconditionFailed, ProductNotFound
from app.model import ImageId, ProductId
from app.raster.steps.edit import UNEDITED
from app.service.changes.record import record_creation, recorded
from app.service.galleries import positions
from app.service.galleries.removal import Committed, take_out
from app.service.galleries.rows import lock_product, locked_product, places, set_places, withdraw_path
from app.service.galleries.v1 import positions as native_positions
from app.service.galleries.v1.files import Filed, Files
from app.service.galleries.v1.fresh import Creation, FreshImages, Made
from app.service.galleries.v1.input import ImageInput, NewBytes, Revisions, Source
from app.service.galleries.v1.values import takes_types, write_scopes, write_values
from app.service.pictures.edits.values import EditInput
from app.service.pictures.filing import Filing
from app.settings import Settings


@dataclass(slots=True)
class _Change:
    """A change under way: how many rows it has written, and the path that it takes back."""

    tx: Transaction
    row: Record
    rows: int = 0
    withdrawn: str | None = None


class NativeWriter:
    def __init__(self, database: Database, settings: Settings, filing: Filing, committed: Committed) -> None:
        self._db = database
        self._filing = filing
        self._files = Files(filing)
        self._fresh = FreshImages(settings)
        self._committed = committed

    async def product(self, sku: str) -> ProductId:
        """The product that an image is added to; ProductNotFound, ImagesNotSupported."""
        row = await self._db.fetchrow("product_for_images", sku)
        if row is None:
            raise ProductNotFound(f"There is no product {sku}.")
        if not row["supports_images"]:
            raise ImagesNotSupported
        return ProductId(row["id"])

    async def check(self, image: int, revisions: Revisions = None) -> None:
        """Whether an image may be changed now; ImageNotFound, PreconditionFailed."""
        revision = await self._db.fetchval("revision_of_image", image)
        if revision is None:
            raise ImageNotFound(f"There is no image {image}.")
        _check(image, revision, revisions)

    async def create(self, product: ProductId, source: Source, given: ImageInput) -> Made:
        """Adds an image, at the end of the gallery where no position is said. ProductNotFound, StoreViewNotFound,
        BlobBarred, InvalidFileName, EditTooSmall; ImageNotFound for a picture that went meanwhile."""
        lock = self._files.lock(source)
        async with self._db.transaction(lock_seconds=REQUEST_LOCK_SECONDS, holding=lock) as tx:
            is_new = await self._files.admit(tx, source)
            drafted = None
            if isinstance(source, NewBytes):
                drafted = await self._files.draft(tx, product, source, given.get("file_name"))
            owner = drafted.row if drafted else await locked_product(tx, product)
            creation = Creation(tx, owner, source, is_new, given, drafted)
            moves = await self._make_way(creation)
            add = partial(self._add, creation, moves)
            image = await record_creation(tx, product, add, is_alone=not moves and not takes_types(given))
        self._committed.announce([owner["family"]], None)
        return Made(ImageId(image), self._fresh.image(creation))

    async def _make_way(self, creation: Creation) -> positions.Changes:
        """Who moves where a position is asked for. Behind all others is always room, and bytes of their own go there
        by the statement that enters them."""
        if "position" not in creation.given and creation.drafted:
            return {}
        listed = await places(creation.tx, creation.owner["id"])
        creation.place = creation.given.get("position", positions.bottom(listed))
        return native_positions.put(listed, None, creation.place)

    async def _add(self, creation: Creation, moves: positions.Changes) -> int:
        tx, source, given = creation.tx, creation.source, creation.given
        await set_places(tx, moves)
        filed = creation.filed = await self._enter(creation)
        assert creation.row is not None
        image: int = creation.row["id"]
        await self._files.declare(tx, image, filed.picture, source)
        await write_scopes(tx, creation.owner["id"], image, given)
        if "edit" in given or filed.edit != UNEDITED:
            await self._filing.edits.write(tx, image, given.get("edit", EditInput()), filed.edit)
        return image

    async def _enter(self, creation: Creation) -> Filed:
        tx, source = creation.tx, creation.source
        if creation.drafted:
            return await self._files.enter(tx, creation.drafted, partial(self._insert_at_new_path, creation))
        filed = await self._files.file(tx, source, creation.given.get("file_name"))
        creation.row = await tx.fetchrow("insert_image", *self._values(creation, filed))
        return filed

    async def _insert_at_new_path(self, creation: Creation, filed: Filed, columns: Sequence[Any]) -> bool:
        values, is_last = self._values(creation, filed), "position" not in creation.given
        creation.row = await creation.tx.fetchrow("insert_image_at_new_path", *values, is_last, *columns)
        return creation.row is not None

    def _values(self, creation: Creation, filed: Filed) -> Sequence[Any]:
        given, owner = creation.given, creation.owner["id"]
        values = given.get("label"), creation.place, bool(given.get("exclude")), self._filing.recipes
        return owner, filed.picture, filed.name, filed.path, *values

    async def patch(self, image: int, given: ImageInput, revisions: Revisions = None) -> None:
        """Changes what is said. ImageNotFound, PreconditionFailed, StoreViewNotFound, InvalidFileName, EditTooSmall;
        Conflict for a name, or an edit, of a picture that has no file."""
        async with self._changing(image, revisions) as change:
            await self._write(change, None, given)

    async def replace(self, image: int, source: Source, given: ImageInput, revisions: Revisions = None) -> None:
        """Gives an image another picture, unless it shows these bytes already, and changes what is said. Raises what
        `patch` and `create` do."""
        async with self._changing(image, revisions, source) as change:
            await self._write(change, source, given)

    async def _write(self, change: _Change, source: Source | None, given: ImageInput) -> None:
        tx, row = change.tx, change.row
        is_new = source is not None and not await self._files.is_shown(tx, row, source)
        if source is not None and is_new:
            filed = await self._files.replace(tx, row, source, given.get("file_name"))
            arguments = (row["id"], filed.picture, filed.name, filed.path, self._filing.recipes)
            change.rows += await tx.execute("replace_file", *arguments)
            await self._files.declare(tx, row["id"], filed.picture, source)
            await _withdraw(change)
        elif "file_name" in given and (path := await self._files.rename(tx, row, given["file_name"])):
            change.rows += await tx.execute("rename_file", row["id"], path.rsplit("/", 1)[1], path)
            await _withdraw(change)
        if isinstance(source, NewBytes):
            await self._files.remember(tx, source)
        if "edit" in given:
            change.rows += await self._filing.edits.write(tx, row["id"], given["edit"])
        elif is_new:
            await self._filing.edits.follow(tx, [row["id"]])
        change.rows += await write_values(tx, row, given)

    async def delete(self, image: int, revisions: Revisions = None) -> None:
        """Takes an image out of every gallery, in which no gap is closed. ImageNotFound, PreconditionFailed."""
        async with self._changing(image, revisions) as change:
            await take_out(change.tx, change.row)
            change.rows, change.withdrawn = 1, change.row["file_path"]

    @asynccontextmanager
    async def _changing(self, image: int, revisions: Revisions, source: Source | None = None) -> AsyncIterator[_Change]:
        async with self._db.transaction(lock_seconds=REQUEST_LOCK_SECONDS) as tx:
            if source is not None:
                await self._files.hold(tx, source)
            product = await tx.fetchval("product_of_image", image)
            if product is None:
                raise ImageNotFound(f"There is no image {image}.")
            family = await lock_product(tx, product)
            row = await _row(tx, image, product)
            _check(image, row["revision"], revisions)
            change = _Change(tx, row)
            async with recorded(tx, [product], placed=[image]):
                yield change
        if change.rows:
            self._committed.announce([family], change.withdrawn)


def _check(image: int, revision: int, revisions: Revisions) -> None:
    if revisions is not None and revision not in revisions:
        raise PreconditionFailed(f"image {image} is at revision {revision}")


async def _withdraw(change: _Change) -> None:
    await withdraw_path(change.tx, change.row)
    change.withdrawn = change.row["file_path"]


async def _row(tx: Transaction, image: int, product: ProductId) -> Record:
    row = await tx.fetchrow("native_image_to_change", image, product)
    if row is not None:
        return row
    if await tx.fetchval("product_of_image", image) is None:
        raise ImageNotFound(f"image {image} was deleted meanwhile")
    raise TransactionConflict(f"image {image} was moved meanwhile")
