"""Erasing a picture where the law demands it: from every gallery and set, every URL, and the store."""

import re
from typing import Final

from app.db.pool import Database, Transaction
from app.errors import ImageNotFound, ProductNotFound
from app.events import BlobPurged, Observe
from app.model import BlobHash, ImageId, ProductId
from app.service.changes.expiry import scrub_former_images, scrub_images
from app.service.changes.record import recorded, recorded_sets
from app.service.galleries.removal import ImageRemover
from app.service.pictures.claims import lock_blob
from app.service.pictures.removal import forget_blob, held_of, remove_blob
from app.store import ObjectStore

_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}")


class Purge:
    """Acts on bytes, so on every picture made of them. What was begun and broken off is finished by a
    second call."""

    def __init__(self, database: Database, store: ObjectStore, remover: ImageRemover, observe: Observe) -> None:
        self._db = database
        self._store = store
        self._remover = remover
        self._observe = observe

    async def find(self, image_or_hash: str) -> BlobHash:
        """The hash that an image id or a SHA-256 in hexadecimal names; ImageNotFound."""
        if _SHA256.fullmatch(image_or_hash):
            return BlobHash(image_or_hash.lower())
        digest = None
        if image_or_hash.isascii() and image_or_hash.isdigit() and len(image_or_hash) < 19:
            digest = await self._db.fetchval("blob_of_image", int(image_or_hash))
        if digest is None:
            raise ImageNotFound(f"{image_or_hash} names no image with a file of its own.")
        return BlobHash(digest.hex())

    async def purge(self, blob: BlobHash) -> int:
        """Erases the bytes and bars them from coming back; how many gallery entries showed them."""
        digest = bytes.fromhex(blob)
        async with self._db.transaction() as tx:
            await lock_blob(tx, blob)
            await tx.execute("bar_blob", digest)
        entries = await self._db.fetch("images_of_blob", digest)
        for entry in entries:
            await self._destroy(entry["product_id"], entry["id"])
        async with self._db.transaction() as tx:
            await lock_blob(tx, blob)
            held = await held_of(tx, digest)  # before the log is scrubbed of names and paths
            await _take_out(tx, digest)
            await scrub_images(tx, digest)
            await forget_blob(tx, digest, "picture.purged", held)
        await scrub_former_images(self._db, blob)
        await remove_blob(self._db, self._store, blob)
        self._observe(BlobPurged(blob))
        return len(entries)

    async def lift(self, blob: BlobHash) -> bool:
        """Lets the bytes come back; False if they were not barred."""
        return await self._db.execute("lift_bar", bytes.fromhex(blob)) > 0

    async def _destroy(self, product: int, image: int) -> None:
        try:
            await self._remover.remove(ProductId(product), ImageId(image))
        except (ImageNotFound, ProductNotFound):
            return  # somebody else was faster


async def _take_out(tx: Transaction, digest: bytes) -> None:
    """Out of galleries of products that were deleted, and out of all sets."""
    entries = await tx.fetch("images_of_blob", digest)
    owners = [row["product_id"] for row in await tx.fetch("set_owners_of_blob", digest)]
    async with recorded(tx, sorted({row["product_id"] for row in entries})), recorded_sets(tx, owners):
        for statement in (
            "release_types_of_blob",
            "delete_images_of_blob",
            "delete_links_of_blob",
            "withdraw_paths_of_blob",
        ):
            await tx.execute(statement, digest)
