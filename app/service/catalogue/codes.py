"""The codes that store views and image types are named by."""

from collections.abc import Sequence

from app.db.pool import Database


async def unknown_codes(
    database: Database, stores: Sequence[str], types: Sequence[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """Of codes of store views, and of image types, those that are unknown."""
    row = await database.fetchrow("unknown_names", stores, types)
    assert row is not None
    return frozenset(row["stores"]), frozenset(row["types"])
