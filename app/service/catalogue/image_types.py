"""Image types, which the roles of images are called by, in the order of their ranks."""

from typing import Final, NamedTuple

from app.db.pool import Database, Record, Transaction
from app.errors import Conflict
from app.model import MAX_POSITION
from app.service.catalogue.words import check_code, check_new_code, check_number
from app.service.changes.record import recorded_catalogue

BUILT_IN: Final = ("image", "small_image", "thumbnail")
"""Those that every shop of OpenMage has."""


class PutImageType(NamedTuple):
    rank: int
    is_new: bool


async def put_image_type(tx: Transaction, code: str, rank: int | None) -> PutImageType:
    """Adds an image type, or moves it; by default it is the last. InvalidCommand; Conflict for a rank that is taken."""
    check_code(code, "image type's code")
    check_number(rank, "position")
    await tx.execute("lock_provisioning")
    ranks: dict[str, int] = {row["code"]: row["rank"] for row in await tx.fetch("list_image_types")}
    if code not in ranks:
        check_new_code(code, "image type's code")
    wanted = rank if rank is not None else ranks.get(code, max(ranks.values(), default=0) + 1)
    if wanted > MAX_POSITION:
        raise Conflict(f"The last position, {MAX_POSITION}, is taken: say which one this is to have.")
    holder = next((other for other, taken in ranks.items() if taken == wanted and other != code), None)
    if holder is not None:
        raise Conflict(f"The image type {holder} has the position {wanted}.")
    if ranks.get(code) != wanted:
        async with recorded_catalogue(tx):
            await tx.execute("put_image_type", code, wanted)
    return PutImageType(wanted, code not in ranks)


async def list_image_types(database: Database) -> list[Record]:
    """All image types by rank: code, rank."""
    return await database.fetch("list_image_types")


async def page_image_types(database: Database, after: str, most: int) -> list[Record]:
    """The image types of codes beyond `after`, `most` of them, by code, which never changes: code, rank."""
    return await database.fetch("page_image_types", after, most)
