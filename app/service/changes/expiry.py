"""The end of what can be restored, by age or by a purge. Source: native.md, sections 5 and 7.

Rows of the log stay: how long they are kept is another matter.
"""

from datetime import timedelta

from app.db.pool import Database, Transaction
from app.model import BlobHash


async def end_restoring(database: Database, older_than: timedelta) -> None:
    """Pictures and paths that were taken away longer ago are kept from sweeps no longer, a slice at a time."""
    while await database.fetchval("release_pictures_of_changes", older_than) is not None:
        pass
    while await database.execute("release_withdrawn_paths", older_than):
        pass


async def scrub_images(tx: Transaction, digest: bytes) -> None:
    """What log, kept answers and deliveries say of images that show these bytes, or can be restored to them, goes."""
    images = await tx.fetchval("images_ever_of_blob", digest)
    await tx.execute("scrub_changes", images)
    await tx.execute("withhold_kept_answers", images)
    await tx.execute("scrub_deliveries", images)


async def scrub_former_images(database: Database, blob: BlobHash) -> None:
    """The same of images that showed them longer ago: the log is read through, a page at a time. What is broken off a
    second call finishes."""
    after = 0
    while (page := await database.fetchrow("images_that_showed", after, blob)) and page["last"] is not None:
        await database.execute("scrub_changes", page["images"])
        await database.execute("withhold_kept_answers", page["images"])
        await database.execute("scrub_deliveries", page["images"])
        after = page["last"]
