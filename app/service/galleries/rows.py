"""What every API's rules need of a gallery's rows, inside the transaction of a change."""

from app.db.pool import Record, Transaction
from app.errors import ImageNotFound, ProductNotFound
from app.model import ImageId, ProductId
from app.service.galleries import positions


async def lock_product(tx: Transaction, product: ProductId) -> ProductId:
    """The family that a product belongs to from now until the commit; ProductNotFound."""
    return ProductId((await locked_product(tx, product))["family"])


async def locked_product(tx: Transaction, product: ProductId) -> Record:
    """The same, with the SKU of the product and its id."""
    row = await tx.fetchrow("lock_products", [product])
    if row is None:
        raise ProductNotFound(f"product {product} was deleted meanwhile")
    return row


async def image_row(tx: Transaction, image: int) -> Record:
    """A live image; ImageNotFound."""
    row = await tx.fetchrow("spree_image", image)
    if row is None:
        raise ImageNotFound(f"image {image}")
    return row


async def image_row_of(tx: Transaction, product: ProductId, image: ImageId) -> Record:
    """The same of one product; ImageNotFound for another product's."""
    row = await image_row(tx, image)
    if row["product_id"] != product:
        raise ImageNotFound(f"image {image} is not one of product {product}")
    return row


async def places(tx: Transaction, product: ProductId) -> list[tuple[int, int | None]]:
    """The list of a product: each live image with its position. The caller holds the product."""
    return [(row["id"], row["position"]) for row in await tx.fetch("gallery_places", product)]


async def set_places(tx: Transaction, changes: positions.Changes) -> int:
    """Writes positions; how many rows that changed."""
    return await tx.execute("set_gallery_places", list(changes), list(changes.values())) if changes else 0


async def withdraw_path(tx: Transaction, row: Record) -> None:
    """Takes back the path of an image that does without it from now on, unless another image came with the same one.

    Waits for others who take images with this path away or give it to new ones, and sees what they did.
    """
    if row["file_path"] is not None:
        await tx.fetch("lock_path", row["file_path"])
        await tx.execute("withdraw_path_of_image", row["file_path"], row["id"])
