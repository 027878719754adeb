"""Free paths are found by the rules of their series, in a few statements whatever is taken."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from app.db.errors import ConstraintViolated
from app.db.pool import Database
from app.db.queries import Statement
from app.errors import ImageNotFound
from app.events import Event, StatementDone
from app.model import BlobHash, Facts
from app.service.pictures.filing import FileName, Filing
from app.service.pictures.intake import Blob
from app.settings import Settings

BLOB = Blob(BlobHash("ab" * 32), 1, Facts("jpeg", 1, 1))


@pytest.mark.parametrize(
    ("base", "taken", "given"),
    [
        ("plain", [], ["plain", "plain_1", "plain_2"]),
        ("plain", ["plain", "plain_1"], ["plain_2", "plain_3"]),
        ("plain", [f"plain_{number}" for number in range(1, 501)], ["plain", "plain_501", "plain_502"]),
        ("plain", ["plain_2", "plain_1", "plain_4", "plain"], ["plain_3", "plain_5", "plain_6"]),
        (None, [f"image_{number}" for number in range(2, 501)], ["image", "image_501", "image_502"]),
        (None, ["image_1", "image"], ["image_2", "image_3"]),
        ("plain_1", ["plain_1", "plain_1_1", "plain"], ["plain_1_2", "plain_1_3"]),
    ],
)
async def test_a_new_path_is_the_first_free_one_of_its_series(
    dsn: str, queries: Mapping[str, Statement], base: str | None, taken: Iterable[str], given: list[str]
) -> None:
    """Whichever of a series were brought along, uploads get the free ones in order, without probing one by one."""
    asked = Counter[str]()

    def observe(event: Event) -> None:
        if isinstance(event, StatementDone):
            asked[event.query] += 1

    filing = Filing(Settings())
    async with Database(dsn, queries=queries, observe=observe) as database, database.transaction() as tx:
        await filing.admit(tx, BLOB)
        for name in taken:
            await filing.adopt_path(tx, f"/{name[0]}/{name[1]}/{name}.jpg", BLOB)
        asked.clear()
        paths = [await filing.new_path(tx, BLOB, FileName(base, "jpg")) for _ in given]
    assert paths == [f"/{name[0]}/{name[1]}/{name}.jpg" for name in given]
    assert asked["insert_file_path"] <= 2 * len(given)


async def test_a_server_counts_its_default_name_from_one(database: Database) -> None:
    """With the server's profile what was brought along is passed by that profile's suffixes."""
    filing = Filing(replace(Settings(), openmage_profile="server"))
    async with database.transaction() as tx:
        await filing.admit(tx, BLOB)
        for name in ("image", "image_1", "image_2"):
            await filing.adopt_path(tx, f"/i/m/{name}.jpg", BLOB)
        assert await filing.new_path(tx, BLOB, FileName(None, "jpg")) == "/i/m/image_3.jpg"


async def test_no_path_is_taken_for_bytes_that_are_gone(database: Database) -> None:
    """Who names a file anew while its bytes are purged is told so; nobody looks for a free path for ever."""
    filing = Filing(Settings())
    async with asyncio.timeout(10):
        with pytest.raises(ImageNotFound):
            async with database.transaction() as tx:
                await filing.rename(tx, 7, FileName("name", "jpg"))
        with pytest.raises(ConstraintViolated):
            async with database.transaction() as tx:
                await filing.new_path(tx, BLOB, FileName("name", "jpg"))
