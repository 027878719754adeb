"""What stands for a picture while it loads, and what is found in its pixels: both come of the job that renders, and are
brought to pictures of before."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest

from app.db.connections.connect import Connection
from app.errors import CodecsTooSlow, ImageUndecodable
from app.model import BlobHash, PixelFacts, segment_of
from app.store.keys import rendition_key
from app.wiring.parts import Parts
from tests.parts_of import admitted, process
from tests.pictures import encoded, picture

_HAD: Final = "select thumbhash, color from blob"
_URLS: Final = "select array_agg(recipe_hash || format || etag || created_at order by recipe_hash) from rendition"


@pytest.fixture(name="parts")
async def _parts(dsn: str, tmp_path: Path) -> AsyncIterator[Parts]:
    """A process without a worker."""
    async with process(dsn, tmp_path) as parts:
        yield parts


async def rendered(parts: Parts, data: bytes) -> BlobHash:
    blob = await admitted(parts, data)
    await parts.pictures.renderer.build_all(blob)
    return blob


async def enqueued(parts: Parts) -> int:
    return sum([count async for count in parts.upkeep.recipe_change.build()])


async def had(connection: Connection) -> Any:
    return tuple(await connection.fetchrow(_HAD))


async def test_the_job_that_renders_makes_it(parts: Parts, connection: Connection) -> None:
    """Null until then; afterwards a hash and a colour."""
    blob = await admitted(parts, encoded(picture(300, 200)))
    assert await had(connection) == (None, None)
    await parts.pictures.renderer.build_all(blob)
    thumbhash, color = await had(connection)
    assert len(thumbhash) == 28
    assert color[0] == "#"
    found = json.loads(await connection.fetchval("select pixel_facts from blob"))
    assert found.keys() == {"border_white", "border_color", "fill", "blur"}
    assert (found["border_white"], found["border_color"]) == (0.0, None)
    assert found["blur"] > 100


async def test_who_asks_for_the_smallest_first_has_it_made(parts: Parts, connection: Connection) -> None:
    """Others have none; the job changes nothing of it."""
    blob = await admitted(parts, encoded(picture(300, 200)))
    *_, second, smallest = parts.settings.recipes
    await parts.pictures.renderer.find(segment_of(blob), second.hash)
    assert await had(connection) == (None, None)
    await parts.pictures.renderer.find(segment_of(blob), smallest.hash)
    found = await had(connection)
    assert found[0]
    await parts.pictures.renderer.build_all(blob)
    assert await had(connection) == found


async def test_pictures_of_before_get_theirs_and_no_url_changes(parts: Parts, connection: Connection) -> None:
    """`renditions plan` counts what a former version has rendered, `build` enqueues it behind uploads, once, and the
    job makes nothing but the placeholder, and looks at the pixels and for notes: what is there stays as it is."""
    await rendered(parts, encoded(picture(300, 200)))
    blob, urls = (
        await rendered(parts, encoded(picture(60, 40, seed=2), comment=b"private")),
        await connection.fetchval(_URLS),
    )
    assert await enqueued(parts) == 0
    found = "select pixel_facts || jsonb_build_object('notes', notes) from blob where hash = $1"
    facts = await connection.fetchval(found, bytes.fromhex(blob))
    for what in (
        "pixel_facts = null",
        "notes = null",
        "thumbhash = null, color = null",
        "thumbhash = null, pixel_facts = null",
    ):
        await connection.execute(f"update blob set {what} where hash = $1", bytes.fromhex(blob))
        await connection.execute("delete from pgqueuer")
        plan = await parts.upkeep.recipe_change.plan()
        assert (plan.blobs, plan.bare, plan.renditions) == (1, 1, 0)
        assert (await enqueued(parts), await enqueued(parts)) == (1, 1)
        assert await connection.fetch("select priority from pgqueuer") == [(0,)]
        await parts.pictures.renderer.build_all(blob)
        assert await connection.fetchval("select count(*) from blob where thumbhash is null or color is null") == 0
    assert await connection.fetchval(found, bytes.fromhex(blob)) == facts
    assert await connection.fetchval(_URLS) == urls
    assert await enqueued(parts) == 0


def _failing(failure: Exception) -> Callable[[Path], Awaitable[PixelFacts]]:
    async def fail(_: Path) -> PixelFacts:
        raise failure

    return fail


async def test_pixels_that_cannot_be_looked_at_stop_nothing(
    parts: Parts, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a picture of before lacks is built first, and is kept although the codecs were too slow to look into it; one
    whose pixels they refuse is ready, too, and nobody looks at it for ever."""
    blob = await rendered(parts, encoded(picture(400, 300)))
    lost = parts.settings.recipes[-1].hash
    for failure in (CodecsTooSlow("slow"), ImageUndecodable("odd")):
        await connection.execute("update blob set pixel_facts = null, state = 'processing'")
        await connection.execute("delete from rendition where recipe_hash = $1", lost)
        with monkeypatch.context() as patched, suppress(CodecsTooSlow):
            patched.setattr(parts.pictures.codecs, "pixel_facts", _failing(failure))
            await parts.pictures.renderer.build_all(blob)
        assert await connection.fetchval("select count(*) from rendition where recipe_hash = $1", lost) == 1
        assert await connection.fetchval("select state from blob") == "ready"
        await connection.execute("delete from pgqueuer")
        assert await enqueued(parts) == (1 if isinstance(failure, CodecsTooSlow) else 0)
    assert await connection.fetchval("select pixel_facts::text from blob") == "{}"


async def test_it_is_made_although_the_store_has_lost_what_it_is_made_of(parts: Parts, connection: Connection) -> None:
    """The smallest rendition is built again as what it was, and looked at."""
    blob = await rendered(parts, encoded(picture(300, 200)))
    await connection.execute("update blob set thumbhash = null, color = null")
    key = rendition_key(segment_of(blob), parts.settings.recipes[-1].hash, "jpeg")
    await parts.storage.store.delete([key])
    await parts.pictures.renderer.build_all(blob)
    assert None not in await had(connection)
    assert await parts.storage.store.stat(key)


async def test_pictures_that_failed_are_not_enqueued_over_and_over(parts: Parts, connection: Connection) -> None:
    """They have nothing that one could be made of."""
    blob = await admitted(parts, encoded(picture(300, 200)))
    await parts.pictures.renderer.give_up(blob, "CodecFailed: no")
    assert await enqueued(parts) == await enqueued(parts) == 0


async def test_of_several_who_build_the_first_one_stays(parts: Parts, connection: Connection) -> None:
    """A job and somebody who asks, at the same time."""
    blob = await admitted(parts, encoded(picture(300, 200)))
    smallest = parts.settings.recipes[-1]
    renderer = parts.pictures.renderer
    await asyncio.gather(renderer.build_all(blob), renderer.find(segment_of(blob), smallest.hash))
    assert None not in await had(connection)
