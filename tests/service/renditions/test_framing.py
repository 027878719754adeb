"""A catalogue is brought over to another frame by `renditions plan` and `build`."""

from pathlib import Path

from app.db.connections.connect import Connection
from app.model import segment_of
from tests.parts_of import admitted, process
from tests.pictures import encoded, picture

_FRAMED = {"recipe_large_fit": "pad", "recipe_large_background": "#ffffff", "recipe_spree_mini_trim": 9}
_LARGE = (
    "select width, height from rendition r join recipe c on c.hash = r.recipe_hash where c.name = 'large' order by 1, 2"
)


async def test_a_frame_is_brought_to_what_there_is(dsn: str, tmp_path: Path, connection: Connection) -> None:
    """Framed recipes are missing until they were built; others, `feed` and widths are not touched. What was built
    before goes on answering, and what is lost of it is built as it was, also by who has other settings."""
    async with process(dsn, tmp_path) as parts:
        blob = await admitted(parts, encoded(picture(300, 200)))
        await parts.pictures.renderer.build_all(blob)
        before = parts.settings.recipes[0].hash
    async with process(dsn, tmp_path, **_FRAMED, recipe_feed_fit="pad", recipe_widths=(100,)) as parts:
        plan = await parts.upkeep.recipe_change.plan()
        assert (plan.blobs, plan.renditions, plan.bare) == (1, 2, 0)
        assert [count async for count in parts.upkeep.recipe_change.build()] == [1]
        assert await connection.fetchval("select state from blob") == "ready"
        await parts.pictures.renderer.build_all(blob)
        assert (await parts.upkeep.recipe_change.plan()).blobs == 0
        assert list(map(tuple, await connection.fetch(_LARGE))) == [(300, 200), (1200, 1200)]
        framed = parts.settings.recipes[0].hash
        for recipe in (before, framed):
            assert (await parts.pictures.renderer.find(segment_of(blob), recipe)).size
    async with process(dsn, tmp_path) as parts:
        lost = await parts.pictures.renderer.find(segment_of(blob), framed)
        await parts.storage.store.delete([lost.key])

        async def read() -> int:
            return len(await parts.storage.store.read(lost.key, lost.size))

        assert await parts.pictures.renderer.despite_losses(read, lambda: "") == lost.size
