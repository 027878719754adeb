"""In which widths and formats storefronts are offered a picture, and who builds them."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from app.db.connections.connect import Connection
from app.errors import RenditionNotFound
from app.model import Format, RecipeHash, segment_of
from app.service.renditions.widths import WidthsAhead, ladder, offered_formats
from app.settings import Settings
from app.wiring.parts import Parts
from tests.parts_of import admitted, process
from tests.pictures import encoded, picture

_RECIPES: Final = Settings().width_recipes
_BUILT: Final = """
    select c.name, array_agg(r.format order by r.format) as formats, min(r.width) as width, max(r.height) as height
    from rendition r join recipe c on c.hash = r.recipe_hash where c.name like 'w%' group by c.name
"""


@pytest.fixture(name="parts")
async def _parts(dsn: str, tmp_path: Path) -> AsyncIterator[Parts]:
    """A process without a worker, in which few widths are offered."""
    async with process(dsn, tmp_path, recipe_widths=(100, 200, 400), render_ahead_widths=True) as parts:
        yield parts


@pytest.mark.parametrize(
    ("width", "offered"),
    [(1, [320]), (320, [320]), (321, [320, 480]), (900, [320, 480, 640, 828, 1080]), (2048, None), (9000, None)],
)
def test_a_ladder_ends_where_the_picture_does(width: int, offered: list[int] | None) -> None:
    """With what shows it as it is, or with the widest."""
    widths = [320, 480, 640, 828, 1080, 1500, 2048]
    assert [recipe.name for recipe in ladder(width, _RECIPES)] == [f"w{one}" for one in offered or widths]


@pytest.mark.parametrize(
    ("own", "frames", "formats"),
    [
        ("jpeg", 1, ("jpeg", "webp", "avif")),
        ("webp", 1, ("webp", "avif")),
        ("avif", 1, ("avif", "webp")),
        ("gif", 9, ("gif", "webp")),
        ("webp", 9, ("webp",)),
    ],
)
def test_formats_begin_with_the_pictures_own(own: Format, frames: int, formats: tuple[Format, ...]) -> None:
    """Each once; what moves is in formats that do."""
    assert offered_formats(own, frames) == formats


async def test_each_is_built_when_it_is_asked_for(parts: Parts, connection: Connection) -> None:
    """An upload builds none of them and is ready without; none is enlarged; a picture of any height has them."""
    blob = await admitted(parts, encoded(picture(150, 1500)))
    renderer, segment = parts.pictures.renderer, segment_of(blob)
    await renderer.build_all(blob)
    assert await connection.fetch(_BUILT) == []
    assert await connection.fetchval("select state from blob") == "ready"
    narrow, _, wide = (recipe.hash for recipe in parts.settings.width_recipes)
    for recipe, fmt in ((narrow, None), (wide, None), (wide, "webp")):
        await renderer.find(segment, recipe, fmt)
    assert sorted(map(tuple, await connection.fetch(_BUILT))) == [
        ("w100", ["jpeg"], 100, 1000),
        ("w400", ["jpeg", "webp"], 150, 1500),
    ]
    assert await connection.fetchval("select recipes from image") is None  # none of them is promised


async def test_other_widths_are_not_there(parts: Parts) -> None:
    """Nor others' formats: what strangers may have built is what is listed for some picture."""
    blob = await admitted(parts, encoded(picture(150, 100)))
    segment = segment_of(blob)
    for recipe in (_RECIPES[0].hash, RecipeHash("01234567")):
        with pytest.raises(RenditionNotFound):
            await parts.pictures.renderer.find(segment, recipe)


async def test_a_setting_has_them_built_in_advance(parts: Parts, connection: Connection) -> None:
    """All that is offered, in all formats, and nothing else, by a job behind all others; the blob stays for it."""
    blob = await admitted(parts, encoded(picture(150, 100)))
    ahead = WidthsAhead(parts.settings, parts.storage.database, parts.pictures.renderer)
    await parts.pictures.renderer.build_all(blob)
    for _ in range(2):
        await ahead.enqueue(blob)
    order = await connection.fetch("select entrypoint from pgqueuer order by priority desc, id")
    assert [row["entrypoint"] for row in order] == ["render", "render-widths"]
    await connection.execute("delete from pgqueuer where entrypoint = 'render'; delete from blob_claim")
    await connection.execute("update blob set created_at = created_at - interval '9 days'")
    assert [one async for one in parts.upkeep.housekeeping.sweep(timedelta(days=7), dry_run=True)] == []
    await ahead.build(blob)
    formats = ["avif", "jpeg", "webp"]
    expected = [("w100", formats, 100, 67), ("w200", formats, 150, 100)]
    assert sorted(map(tuple, await connection.fetch(_BUILT))) == expected
    await ahead.build(blob)
    assert sorted(map(tuple, await connection.fetch(_BUILT))) == expected


async def test_a_rebuild_and_a_sweep_leave_them_alone(parts: Parts, connection: Connection) -> None:
    """They are neither missing nor former; what a setting does not name any more is."""
    blob = await admitted(parts, encoded(picture(150, 100)))
    await parts.pictures.renderer.build_all(blob)
    assert (await parts.upkeep.recipe_change.plan()).blobs == 0
    await parts.pictures.renderer.find(segment_of(blob), parts.settings.width_recipes[0].hash)
    await connection.execute("update rendition set created_at = created_at - interval '90 days'")
    await connection.execute("update recipe set created_at = created_at - interval '90 days'")
    assert (await parts.upkeep.unused_renditions.sweep(timedelta(days=30)))[0] == 0
    async with process(parts.dsn, parts.settings.data_dir, recipe_widths=(200,)) as others:
        assert (await others.upkeep.unused_renditions.sweep(timedelta(days=30)))[0] == 1
