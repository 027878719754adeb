"""What guests can have made of a picture by asking for it: so much and no more, and no upload waits for it."""

import asyncio
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest

from app.db.connections.connect import Connection
from app.errors import RenditionNotFound, Unavailable
from app.model import NO_MARKS, BlobHash, Format, Recipe, RecipeHash, Segment, segment_of
from app.raster.child.pool import CodecPool
from app.raster.child.process import Child
from app.raster.child.work import build
from app.raster.steps.edit import Edit
from app.service.pictures.edits.values import key_of, written
from app.wiring.parts import Parts
from tests.parts_of import admitted, process
from tests.pictures import encoded, picture
from tests.raster.marks.test_packet import FULL, packet

_FORMATS: Final[tuple[Format, ...]] = ("jpeg", "png", "gif", "webp", "avif")
_OFFERED: Final[tuple[Format, ...]] = ("avif", "webp", "jpeg")
_RECORDED: Final = """
    select (select count(*) from rendition) + (select count(*) from marked_rendition)
        + (select count(*) from edited_rendition)
"""
_TURNED: Final = Edit(90)


@pytest.mark.parametrize(
    ("kind", "count"), [("jpeg", 41), ("webp", 28), ("marked", 81), ("edited", 81), ("two of a former setting", 47)]
)
async def test_all_that_guests_can_have_made_of_a_picture_is_counted(
    dsn: str, tmp_path: Path, connection: Connection, kind: str, count: int
) -> None:
    """As many renditions as docs/storefronts.md reckons, whatever is asked for, under every hash and key: of who leaves
    all settings as they are."""
    if kind == "two of a former setting":
        async with process(dsn, tmp_path, recipe_widths=(33, 44)):
            pass  # its recipes are kept
    data = {
        "webp": encoded(picture(60, 40), "webp"),
        "marked": encoded(picture(60, 40), xmp=packet(FULL)),
    }.get(kind, encoded(picture(60, 40)))
    async with process(dsn, tmp_path) as parts:
        blob = await admitted(parts, data)
        if kind == "edited":
            await _edit(parts, blob)
        recipes = [RecipeHash(row["hash"]) for row in await connection.fetch("select hash from recipe")]
        segments = await _segments(connection, blob)
        made = [await _is_made(parts, one, recipe, fmt) for one in segments for recipe in recipes for fmt in _FORMATS]
    assert sum(made) == await connection.fetchval(_RECORDED) == count


async def _segments(connection: Connection, blob: BlobHash) -> Sequence[Segment]:
    """All that the shop knows, and what nobody has told it."""
    keys = await connection.fetch("select marks from blob where marks <> '' union select key from edited_picture")
    strange = segment_of(blob, key_of(Edit(180), NO_MARKS) or "")
    return [segment_of(blob), *(segment_of(blob, row[0]) for row in keys), strange]


async def _edit(parts: Parts, blob: BlobHash) -> None:
    """As for an image that is turned."""
    row = (bytes.fromhex(blob), key_of(_TURNED, NO_MARKS), written(_TURNED), "", 40, 60, "processing")
    async with parts.storage.database.transaction() as tx:
        await tx.fetch("add_edited_pictures", *([column] for column in row), False)


async def _is_made(parts: Parts, segment: Segment, recipe: RecipeHash, fmt: Format) -> bool:
    try:
        await parts.pictures.renderer.find(segment, recipe, fmt)
    except RenditionNotFound:
        return False
    return True


class Gate:
    """Before each build, once it has its turn and its child; whoever is there waits until it is open."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()

    async def passed(self) -> None:
        self.reached.set()
        await self.open.wait()


@pytest.fixture(name="gate")
def _gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    gate, answer = Gate(), CodecPool._answer

    async def answer_later(pool: CodecPool, one: Child, path: Path | None, work: Any) -> Any:
        if work[1] is build:
            await gate.passed()
        return await answer(pool, one, path, work)

    monkeypatch.setattr(CodecPool, "_answer", answer_later)
    return gate


async def test_uploads_do_not_wait_while_guests_have_all_of_it_made(
    dsn: str, tmp_path: Path, connection: Connection, gate: Gate
) -> None:
    """Whoever asks for everything that there is of a picture, from many addresses and without a pause, keeps no upload
    from being taken in, and if no build ever ended. In the end all are there."""
    async with process(dsn, tmp_path, codec_seconds=60) as parts:
        segment = segment_of(await admitted(parts, encoded(picture(300, 240))))
        wanted = _offered(parts)
        guests = [
            asyncio.create_task(_has_made(parts, segment, recipe, fmt, f"10.0.0.{number}"))
            for number, (recipe, fmt) in enumerate(wanted)
        ]
        async with asyncio.timeout(40):
            await gate.reached.wait()
            for seed in range(3):
                await admitted(parts, encoded(picture(300, 200, seed=2 + seed)))
        assert not any(guest.done() for guest in guests)
        gate.open.set()
        await asyncio.gather(*guests)
    assert await connection.fetchval(_RECORDED) == len(wanted) == 41


def _offered(parts: Parts) -> Sequence[tuple[Recipe, Format]]:
    """All that is made of a JPEG."""
    settings = parts.settings
    scaled = product((*settings.recipes, *settings.width_recipes), _OFFERED)
    return [(settings.clean, "jpeg"), (settings.feed_recipe, "jpeg"), *scaled]


async def _has_made(parts: Parts, segment: Segment, recipe: Recipe, fmt: Format, address: str) -> None:
    own = fmt == "jpeg"
    while True:
        try:
            await parts.pictures.renderer.find(segment, recipe.hash, None if own else fmt, asker=address)
        except Unavailable:  # it is told to come back
            await asyncio.sleep(0.1)
        else:
            return
