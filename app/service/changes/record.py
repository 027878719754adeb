"""Rows of the log, written by the transaction of the change. Source: native.md, section 5.

They come last in it, while it holds its products: readers go by the rows' ids, and who draws one early holds them up.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from app.db.pool import Transaction
from app.db.unit import unit_here
from app.model import Failure, Segment, parted
from app.service.changes.acting import acting


@dataclass(frozen=True, slots=True)
class Row:
    """One change, told by who made it. `revision`: that of the thing after it; `before` and `after`: the members that
    differ."""

    kind: str
    product: int | None = None
    image: int | None = None
    revision: int | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


@asynccontextmanager
async def recorded(tx: Transaction, products: Sequence[int], placed: Sequence[int] | None = ()) -> AsyncIterator[None]:
    """Around the work on galleries, once their products are locked: writes a row for each image that is another one
    after it. `placed` are the images that were told where to stand, None all of them: a position that others only made
    way by is no change of theirs."""
    former = await tx.fetchval("image_states", products)
    yield
    rows = await tx.fetch("record_image_changes", products, former, placed, *acting().columns)
    _touch(row["image_id"] for row in rows)


async def record_creation(tx: Transaction, product: int, make: Callable[[], Awaitable[int]], *, is_alone: bool) -> int:
    """Has an image made in a gallery, whose product is locked, and gives its id. `is_alone`: no other image becomes
    another one by it, so that its row is known without comparing the gallery, which costs several times as much."""
    if not is_alone:
        async with recorded(tx, [product]):
            return await make()
    image = await make()
    await tx.execute("record_image_creation", product, image, *acting().columns)
    _touch([image])
    return image


@asynccontextmanager
async def recorded_products(tx: Transaction, products: Sequence[int]) -> AsyncIterator[None]:
    """The same of products themselves; of those that are new too, whose ids are known before they are written."""
    former = await tx.fetchval("product_states", products)
    yield
    await tx.execute("record_product_changes", products, former, *acting().columns)


@asynccontextmanager
async def recorded_sets(tx: Transaction, products: Sequence[int]) -> AsyncIterator[None]:
    """The same of all sets of these products but their galleries."""
    former = await tx.fetchval("set_states", products)
    yield
    await tx.execute("record_set_changes", products, former, *acting().columns)


@asynccontextmanager
async def recorded_pictures(tx: Transaction, pictures: Sequence[int]) -> AsyncIterator[None]:
    """The same of what is said of pictures, and of where their bytes are, wherever they are shown."""
    former = await tx.fetchval("picture_states", pictures)
    yield
    await tx.execute("record_picture_changes", pictures, former, *acting().columns)


@asynccontextmanager
async def recorded_catalogue(tx: Transaction) -> AsyncIterator[None]:
    """The same of all store views and image types, in one row. The caller holds the lock of provisioning."""
    former = await tx.fetchval("catalogue_state")
    yield
    await tx.execute("record_catalogue_change", former, await tx.fetchval("catalogue_state"), *acting().columns)


async def record_rows(tx: Transaction, rows: Sequence[Row]) -> None:
    """Rows that are known without a comparison, in their order."""
    if rows:
        columns = (
            [row.kind for row in rows],
            [row.product for row in rows],
            [row.image for row in rows],
            [row.revision for row in rows],
            [_json(row.before) for row in rows],
            [_json(row.after) for row in rows],
        )
        await tx.execute("record_rows", *columns, *acting().columns)


async def record_state(
    tx: Transaction, segment: Segment, before: str, after: str, failure: Failure | None = None
) -> None:
    """What was decided of a picture, or of an edited one, `ready` or `failed`: a row for every image that shows it. Its
    products are not held, or whoever renders would wait for imports: who reads the log finds the image as it is by
    then."""
    blob, key = parted(segment)
    reported = {"state": after} | ({"failure": {"code": failure.code, "detail": failure.detail}} if failure else {})
    states = _json({"state": before}), _json(reported)
    await tx.execute("record_state", bytes.fromhex(blob), f"image.{after}", *states, *acting().columns, key or None)


async def record_key(tx: Transaction, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> None:
    """An act of an administrator on credentials, of which nothing secret is told; none where it changed nothing."""
    if before == after:
        return
    kind = "key.added" if before is None else "key.revoked" if after.get("revoked") else "key.changed"
    await record_rows(tx, [Row(kind, before=before, after=after)])


def _touch(images: Iterable[int]) -> None:
    """The answer to the request tells of these."""
    if (unit := unit_here()) is not None:
        unit.touched.update(images)


def _json(members: Mapping[str, Any] | None) -> str | None:
    return None if members is None else orjson.dumps(members).decode()
