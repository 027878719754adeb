"""What becomes of a picture: it is told once, by whoever builds what was lacking last. Source: native.md 3."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from app.db.connections.connect import Connection
from app.db.migrate import load_migrations, migrate
from app.errors import RenditionFailed
from app.model import Recipe, Segment, segment_of
from app.service.pictures.edits.following import Edits
from app.wiring.parts import Parts
from tests.e2e.conftest import eventually
from tests.listening import Ear, listening
from tests.parts_of import admitted, process
from tests.pictures import encoded, picture
from tests.raster.marks.test_packet import FULL, packet

_STATE: Final = "select state, failure_code, failure_detail from blob"
_OLD: Final = "update blob set created_at = created_at - interval '2 minutes'"


@pytest.fixture(name="parts")
async def _parts(dsn: str, tmp_path: Path) -> AsyncIterator[Parts]:
    """A process without a worker."""
    async with process(dsn, tmp_path) as parts:
        yield parts


@pytest.fixture(name="ear")
async def _ear(dsn: str) -> AsyncIterator[Ear]:
    """Hears which pictures are decided."""
    async with listening(dsn, "picture_state") as ear:
        yield ear


async def asked(parts: Parts, segment: Segment, *recipes: Recipe) -> None:
    """Somebody asks for renditions, all at the same time."""
    await asyncio.gather(*(parts.pictures.renderer.find(segment, recipe.hash) for recipe in recipes))


async def state(connection: Connection) -> tuple[object, ...]:
    return tuple(await connection.fetchrow(_STATE))


async def test_the_last_of_several_who_build_on_demand_decides(parts: Parts, ear: Ear, connection: Connection) -> None:
    """A picture is in process until all its recipes are built, by whom ever, and is told to be ready once."""
    blob = await admitted(parts, encoded(picture(300, 200)))
    first, *others = parts.settings.recipes
    assert await state(connection) == ("processing", None, None)
    await asked(parts, segment_of(blob), first)
    assert await state(connection) == ("processing", None, None)
    assert await ear.heard() == []
    await asked(parts, segment_of(blob), parts.settings.clean, *others)
    assert await state(connection) == ("ready", None, None)
    assert await ear.heard() == [blob]


async def test_a_job_that_finds_nothing_to_build_decides_too(parts: Parts, ear: Ear, connection: Connection) -> None:
    """What a process of the version before has built, which knows of no states, is ready once a job came by; the
    picture that it recorded began in process."""
    blob = await admitted(parts, encoded(picture(300, 200)))
    await asked(parts, segment_of(blob), parts.settings.clean, *parts.settings.recipes)
    await connection.execute("update blob set state = default")
    assert await ear.heard() == [blob]
    assert await state(connection) == ("processing", None, None)
    await parts.pictures.renderer.build_all(blob)
    assert await state(connection) == ("ready", None, None)
    assert await ear.heard() == [blob]


async def test_a_picture_without_a_job_gets_one(parts: Parts, connection: Connection) -> None:
    """Of a picture whose job is gone, done by the version before or lost, the worker finds out what became of it; one
    that was uploaded just now, or that has its job, is left alone."""
    await admitted(parts, encoded(picture(300, 200)))
    await connection.execute("delete from pgqueuer")
    await parts.worker.look_for_undecided()
    assert await connection.fetchval("select count(*) from pgqueuer") == 0
    await connection.execute(_OLD)
    await parts.worker.look_for_undecided()
    await parts.worker.look_for_undecided()
    assert await connection.fetchval("select count(*) from pgqueuer") == 1

    async def is_ready() -> bool:
        return await state(connection) == ("ready", None, None)

    async with parts.working():
        await eventually(is_ready)


async def test_a_failure_is_told_in_public_words(parts: Parts, ear: Ear, connection: Connection) -> None:
    """A picture that cannot be rendered has failed, for a reason that holds nothing of ours; uploaded once more it is
    tried once more."""
    data = encoded(picture(300, 200))
    blob = await admitted(parts, data)
    await parts.pictures.renderer.give_up(blob, "ImageUndecodable: /tmp/secret: bad Huffman code")
    assert await state(connection) == ("failed", "damaged", "The image is damaged.")
    assert await ear.heard() == [blob]
    await admitted(parts, data)
    assert await state(connection) == ("processing", None, None)
    await parts.pictures.renderer.build_all(blob)
    assert await state(connection) == ("ready", None, None)
    assert await ear.heard() == [blob]


async def test_a_failure_of_ours_blames_nobody_s_picture(parts: Parts, connection: Connection) -> None:
    """What is not the picture's fault is reported as a fault of the service."""
    blob = await admitted(parts, encoded(picture(300, 200)))
    await parts.pictures.renderer.give_up(blob, "KeyError: 'x'")
    assert await state(connection) == ("failed", "internal", "The picture could not be processed.")


async def test_an_edited_picture_fails_for_itself(parts: Parts, connection: Connection) -> None:
    """What is lacking of an edit after its job's last try has failed for good, and is told of with the images that show
    it; the picture itself stays as it is. One that is gone fails nothing."""
    blob = await admitted(parts, encoded(picture(300, 200)))
    await parts.pictures.renderer.build_all(blob)
    await connection.execute(
        "insert into product (id, sku, sku_key, slug) values (7, 'a', 'a', 'a');"
        " insert into picture (id, blob_hash) select 1, hash from blob;"
        " insert into image (id, product_id, picture_id) values (71, 7, 1), (72, 7, 1)"
    )
    async with parts.storage.database.transaction() as tx:
        await Edits(parts.settings).write(tx, 71, {"rotate": 90})
    edited = segment_of(blob, await connection.fetchval("select key from edited_picture"))
    for segment in (edited, edited, segment_of(blob, "0" * 16)):
        await parts.pictures.renderer.give_up_edit(segment, "ImageUndecodable: jpeg: bad Huffman code")
    assert tuple(await connection.fetchrow(_STATE.replace("blob", "edited_picture"))) == (
        "failed", "damaged", "The image is damaged.",
    )  # fmt: skip
    assert await state(connection) == ("ready", None, None)
    rows = await connection.fetch("select image_id from change where kind = 'image.failed'")
    assert [row["image_id"] for row in rows] == [71]
    with pytest.raises(RenditionFailed):
        await parts.pictures.renderer.find(edited, parts.settings.recipes[0].hash)


async def test_each_image_with_it_is_told_of_in_the_log(parts: Parts, connection: Connection) -> None:
    """What was decided is a row of every image that shows the picture, once, and no change of the image itself."""
    blob = await admitted(parts, encoded(picture(300, 200)))
    await connection.execute(
        "insert into product (id, sku, sku_key, slug) values (7, 'a', 'a', 'a'), (8, 'b', 'b', 'b');"
        " insert into picture (id, blob_hash) select n, hash from blob, generate_series(1, 2) n;"
        " insert into image (id, product_id, picture_id, revision, deleted_at) values"
        " (71, 7, 1, 4, null), (72, 7, 2, 0, null), (81, 8, 1, 0, null), (82, 8, 1, 0, now())"
    )
    for _ in range(2):
        await parts.pictures.renderer.give_up(blob, "ImageUndecodable: no")
    for _ in range(2):
        await parts.pictures.renderer.build_all(blob)
    rows = await connection.fetch("select * from change order by id")
    reported = [(row["kind"], row["product_id"], row["image_id"], row["revision"], row["closes"]) for row in rows]
    images = [(7, 71, 4, False), (7, 72, 0, True), (8, 81, 0, True)]
    assert reported == [(kind, *image) for kind in ("image.failed", "image.ready") for image in images]
    states = {(row["kind"], row["before"], row["after"], row["actor_kind"], row["via"]) for row in rows}
    failure = '{"code": "damaged", "detail": "The image is damaged."}'
    assert states == {
        ("image.failed", '{"state": "processing"}', f'{{"state": "failed", "failure": {failure}}}', "system", "worker"),
        ("image.ready", '{"state": "failed"}', '{"state": "ready"}', "system", "worker"),
    }
    assert await connection.fetchval("select sum(revision) from image") == 4


async def test_what_was_ready_stays_so(
    parts: Parts, dsn: str, tmp_path: Path, ear: Ear, connection: Connection
) -> None:
    """A recipe that is changed later, also one that then fails, makes nobody wait; nor do bytes that come again."""
    data = encoded(picture(300, 200))
    blob = await admitted(parts, data)
    await parts.pictures.renderer.build_all(blob)
    async with process(dsn, tmp_path, recipe_large=70) as later:
        await admitted(later, data)
        assert await state(connection) == ("ready", None, None)
        await later.pictures.renderer.give_up(blob, "CodecFailed: out of luck")
        assert await state(connection) == ("ready", None, None)
    assert await ear.heard() == [blob]


async def test_renditions_with_marks_are_what_counts(parts: Parts, connection: Connection) -> None:
    """A picture whose renditions carry its marks is ready when those are built."""
    blob = await admitted(parts, encoded(picture(300, 200), xmp=packet(FULL)))
    marks = await connection.fetchval("select marks from blob")
    await parts.pictures.renderer.cleaned(blob)
    await asked(parts, segment_of(blob), *parts.settings.recipes)
    assert await state(connection) == ("processing", None, None)
    await asked(parts, segment_of(blob, marks), *parts.settings.recipes)
    assert await state(connection) == ("ready", None, None)


async def test_pictures_of_before_are_ready(empty_dsn: str, tmp_path: Path) -> None:
    """An upgrade touches no picture but those with a failure, of which a worker finds out what it means now."""
    migrations = load_migrations()
    for one in migrations:
        if int(one.version) < 15:
            (tmp_path / one.path.name).write_bytes(one.path.read_bytes())
    await migrate(empty_dsn, tmp_path)
    async with listening(empty_dsn, "picture_state") as ear:
        connection = ear.connection
        await connection.execute(
            "insert into blob (hash, size, format, width, height) select sha256(n), 1, 'png', 1, 1"
            " from unnest(array['a', 'b']::bytea[]) n;"
            " insert into recipe (hash, name, version, quality) values ('abc', 'clean', 1, '{}');"
            " insert into rendition_failure (blob_hash, recipe_hash, reason) values (sha256('b'), 'abc', 'Oops: no')"
        )
        await migrate(empty_dsn)
        states = await connection.fetch("select state from blob order by hash = sha256('b')")
        assert [row["state"] for row in states] == ["ready", "processing"]
        await connection.execute(
            "insert into blob (hash, size, format, width, height) values (sha256('c'), 1, 'png', 1, 1)"
        )
        assert await connection.fetchval("select state from blob where hash = sha256('c')") == "processing"
        assert await ear.heard() == []
        await connection.execute(
            "insert into blob (hash, size, format, width, height) select sha256(n::text::bytea), 1,"
            " 'png', 1, 1 from generate_series(1, 1001) n"
        )
        await connection.execute("update blob set state = 'ready'")
        assert await ear.heard() == ["*"]
