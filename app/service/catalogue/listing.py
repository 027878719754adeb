"""Products and images as operators list them: all of them page by page, those of one product by its SKU."""

from collections.abc import AsyncIterator, Sequence

from app.db.pool import Database, Record
from app.errors import ProductNotFound


async def list_products(database: Database) -> list[Record]:
    """All products by id: id, sku, slug, name, parent (its SKU), enabled, visible, supports_images, websites."""
    return [row async for ids in _pages(database) for row in await database.fetch("listed_products", ids)]


async def show_product(database: Database, sku: str) -> tuple[Record, list[Record]]:
    """A product, as `list_products` has it, and its images, as `list_images` has them; ProductNotFound."""
    ids = await _of_sku(database, sku)
    rows = await database.fetch("listed_products", ids)
    if not rows:  # deleted meanwhile
        raise _no_product(sku)
    return rows[0], await database.fetch("listed_images", ids)


async def list_images(database: Database, sku: str | None = None) -> list[Record]:
    """Images of one product or all, by position: id, sku, position, label, exclude, types, file, format, width, height,
    size (of the upload: pixels, bytes), renditions (how many are built). ProductNotFound."""
    if sku is not None:
        return await database.fetch("listed_images", await _of_sku(database, sku))
    return [row async for ids in _pages(database) for row in await database.fetch("listed_images", ids)]


async def _pages(database: Database) -> AsyncIterator[Sequence[int]]:
    """The ids of all products, so many at a time that no statement takes long, however many there are."""
    behind = 0
    while rows := await database.fetch("product_ids_behind", behind):
        yield (ids := [row["id"] for row in rows])
        behind = ids[-1]


async def _of_sku(database: Database, sku: str) -> Sequence[int]:
    found = await database.fetchval("product_id_of_sku", sku)
    if found is None:
        raise _no_product(sku)
    return [found]


def _no_product(sku: str) -> ProductNotFound:
    return ProductNotFound(f"There is no product {sku}.")
