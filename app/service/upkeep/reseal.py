"""Stored secrets under a new key."""

from app.access.secrets import SecretBox
from app.db.pool import Database
from app.service.changes.record import Row, record_rows


async def reseal(database: Database, box: SecretBox) -> int:
    """Seals every stored secret with the key in force, all of them or none, and says how many there are.

    Misconfigured where one opens neither with that key nor with the former one.
    """
    count = 0
    async with database.transaction() as tx:
        for sealed, store in (("sealed_consumer_secrets", "reseal_consumer"), ("sealed_token_secrets", "reseal_token")):
            for row in await tx.fetch(sealed):
                owner = row["owner"]
                await tx.execute(store, owner, box.seal(box.open(row["secret"], owner), owner))
                count += 1
        await record_rows(tx, [Row("key.resealed", after={"secrets": count})])
    return count
