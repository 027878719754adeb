"""Stored secrets under a new key."""

from typing import Final

from app.access.secrets import SecretBox
from app.db.pool import Database
from app.service.changes.record import Row, record_rows

_SEALED: Final = (
    ("sealed_consumer_secrets", "reseal_consumer"),
    ("sealed_token_secrets", "reseal_token"),
    ("sealed_webhook_secrets", "reseal_webhook"),
)
"""What tells all secrets of a kind, each with its owner and, where it was sealed for another, for whom; and what keeps
one anew."""


async def reseal(database: Database, box: SecretBox) -> int:
    """Seals every stored secret with the key in force, all of them or none, and says how many there are.

    Misconfigured where one opens neither with that key nor with the former one.
    """
    count = 0
    async with database.transaction() as tx:
        for sealed, store in _SEALED:
            for row in await tx.fetch(sealed):
                seal = row.get("seal", row["owner"])
                await tx.execute(store, row["owner"], box.seal(box.open(row["secret"], seal), seal))
                count += 1
        await record_rows(tx, [Row("key.resealed", after={"secrets": count})])
    return count
