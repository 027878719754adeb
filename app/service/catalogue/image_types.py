"""Image types, which the roles of images are called by, in the order of their ranks."""

from app.db.pool import Database, Record, Transaction
from app.errors import InvalidCommand
from app.service.catalogue.words import check_code, check_new_code, check_number


async def put_image_type(tx: Transaction, code: str, rank: int | None) -> int:
    """The rank of the image type, added or moved; by default the last."""
    check_code(code, "image type's code")
    check_number(rank, "position")
    await tx.execute("lock_provisioning")
    ranks: dict[str, int] = {row["code"]: row["rank"] for row in await tx.fetch("list_image_types")}
    if code not in ranks:
        check_new_code(code, "image type's code")
    wanted = rank if rank is not None else ranks.get(code, max(ranks.values(), default=0) + 1)
    holder = next((other for other, taken in ranks.items() if taken == wanted and other != code), None)
    if holder is not None:
        raise InvalidCommand(f"The image type {holder} has the position {wanted}.")
    if ranks.get(code) != wanted:
        await tx.execute("put_image_type", code, wanted)
    return wanted


async def list_image_types(database: Database) -> list[Record]:
    """All image types by rank: code, rank."""
    return await database.fetch("list_image_types")
