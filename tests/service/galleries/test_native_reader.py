"""What the native API reads of images and galleries."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db.connections.connect import Connection
from app.db.pool import Database
from app.errors import ImageNotFound, ProductNotFound, StoreViewNotFound
from app.model import BlobHash
from app.service.galleries.v1.images import Failure, Rendition, StoreSettings, Texts
from app.service.galleries.v1.notes import Remark
from app.service.galleries.v1.reader import LOOKED_AT, NativeReader, Wanted
from app.settings import Settings

_READY: Final = BlobHash(hashlib.sha256(b"ready").hexdigest())
_LARGE, _SMALL = (next(one for one in Settings().recipes if one.name == name) for name in ("large", "small"))
_SHOP: Final = f"""
    insert into website (id, code) values (1, 'base');
    insert into store_view (id, code, website_id) values (1, 'german', 1), (2, 'french', 1);
    insert into image_type (code, rank) values ('swatch', 9);
    insert into product (id, sku, sku_key, slug, parent_id) values
        (8, 'dress', 'dress', 'dress', null), (9, 'dress/red', 'dress/red', 'dress-red', 8),
        (10, 'hat', 'hat', 'hat', null);
    insert into blob (hash, size, format, width, height, orientation, notes, converted_from, state, failure_code,
        failure_detail, marks, marked_at)
    values
        (sha256('ready'), 1532012, 'jpeg', 3000, 2000, 6, '[{{"code": "removed_trailing_bytes", "measured": 7}}]',
            null, 'ready', null, null, '', null),
        (sha256('little'), 12, 'png', 30, 20, 1, null, 'tiff', 'failed', 'too_slow', 'It took too long.', '', null),
        (sha256('marked'), 12, 'webp', 1300, 20, 1, null, null, 'processing', null, null, '0123456789abcdef', now());
    insert into picture (id, blob_hash, url_large, url_small) values
        (1, sha256('ready'), null, null), (2, sha256('little'), null, null), (3, sha256('marked'), null, null),
        (4, null, '//large', null), (5, sha256('ready'), null, null);
    insert into picture_text (picture_id, locale, large) values (1, 'fr_FR', 'Robe'), (1, 'de_DE', 'Kleid');
    insert into file_path (path, blob_hash, clean_recipe, withdrawn_at)
        values ('/f/r/front.jpg', sha256('ready'), 'c', null), ('/g/o/gone.jpg', null, null, now());
    insert into image
        (id, product_id, picture_id, file_name, file_path, label, position, excluded, revision, deleted_at)
    values
        (705, 8, 1, 'front.jpg', '/f/r/front.jpg', 'Front', 2, false, 12, null),
        (706, 8, 2, 'back side.PNG', null, null, 1, true, 1, null),
        (707, 8, 4, null, null, 'Elsewhere', null, null, 1, null),
        (708, 8, 5, 'again.png', '/g/o/gone.jpg', 'Gone', 3, false, 2, now() - interval '1 day'),
        (709, 8, 5, 'old.png', null, 'Gone for long', 3, false, 2, now() - interval '31 days'),
        (710, 8, 5, 'again.png', null, 'Again', 3, false, 2, null),
        (720, 9, 3, 'marked.webp', null, null, 1, false, 1, null);
    insert into image_store (image_id, store_view_id, label, position, excluded, hidden) values
        (705, 1, 'Vorne', null, null, false), (706, 1, null, 9, null, false), (707, 2, null, null, null, true);
    insert into image_type_assignment (product_id, store_view_id, type_code, image_id) values
        (8, null, 'thumbnail', 705), (8, null, 'image', 705), (8, 1, 'swatch', 705), (8, 1, 'image', 705),
        (8, 2, 'image', null), (8, 2, 'swatch', 707);
    insert into recipe (hash, name, version, quality) values ('{_LARGE.hash}', 'large', 1, '{{}}'),
        ('{_SMALL.hash}', 'small', 1, '{{}}'), ('former', 'large', 1, '{{}}');
    insert into rendition (blob_hash, recipe_hash, format, width, height, size, etag) values
        (sha256('ready'), '{_LARGE.hash}', 'jpeg', 800, 1200, 91231, 'e'),
        (sha256('ready'), '{_LARGE.hash}', 'avif', 800, 1200, 9123, 'e'),
        (sha256('ready'), 'former', 'jpeg', 80, 120, 9, 'e'),
        (sha256('marked'), '{_LARGE.hash}', 'webp', 1, 1, 1, 'e');
    insert into marked_rendition (blob_hash, marks, recipe_hash, format, width, height, size, etag) values
        (sha256('marked'), '0123456789abcdef', '{_SMALL.hash}', 'webp', 300, 5, 99, 'e');
    insert into rendition_failure (blob_hash, recipe_hash, reason)
        values (sha256('little'), '{_SMALL.hash}', 'no memory');
"""


@pytest.fixture(name="reader")
async def _reader(database: Database, connection: Connection) -> NativeReader:
    await connection.execute(_SHOP)
    return NativeReader(database, Settings())


shared = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(name="reader_of_all", scope="module", loop_scope="session")
async def _reader_of_all(database_of_all: Database) -> NativeReader:
    """For tests that only read."""
    async with database_of_all.transaction() as tx:
        await tx.connection.execute(_SHOP)
    return NativeReader(database_of_all, Settings())


def _of(renditions: Sequence[Rendition], recipe: str) -> list[Rendition]:
    return [one for one in renditions if one.recipe == recipe]


@shared
async def test_an_image_says_all_that_is_known(reader_of_all: NativeReader) -> None:
    """Values of all scopes, bytes as they are seen, texts, notes, renditions in force; the family is the root's."""
    image = await reader_of_all.image(705)
    assert (image.sku, image.family, image.state, image.revision) == ("dress", 8, "ready", 12)
    assert (image.label, image.position, image.exclude, image.types) == ("Front", 2, False, ("image", "thumbnail"))
    assert image.stores == {"german": StoreSettings("Vorne", None, None, False, ("image", "swatch"))}
    assert (image.path, image.is_served) == ("/f/r/front.jpg", True)
    assert image.picture.file is not None
    assert (image.picture.file.width, image.picture.file.height) == (2000, 3000)
    assert list(image.picture.texts.items()) == [("de_DE", Texts("Kleid", None)), ("fr_FR", Texts("Robe", None))]
    assert image.picture.notes == (Remark("rotated", 6), Remark("removed_trailing_bytes", 7))
    assert image.notes == (Remark("duplicate", [710]),)


@shared
async def test_renditions_are_those_in_force_and_further_formats_that_exist(reader_of_all: NativeReader) -> None:
    """In the picture's own format each has a state; of other formats only what exists counts, and former recipes do not
    count at all."""
    image = await reader_of_all.image(705)
    segment = image.picture.file.sha256 if image.picture.file else ""
    large, avif = _of(image.picture.renditions, "large")
    assert large.path == f"/media/renditions/{_LARGE.slug}/{segment}/front.jpg"
    assert (large.state, large.width, large.height, large.size) == ("ready", 800, 1200, 91231)
    assert (avif.format, avif.state, avif.size) == ("avif", "ready", 9123)
    assert [one.state for one in image.picture.renditions] == ["ready", *["pending"] * 6, "ready"]
    assert [one.recipe for one in image.picture.renditions][:2] == ["large", "spree-large"]


@shared
async def test_a_failure_is_told_where_it_happened(reader_of_all: NativeReader) -> None:
    """The rendition says why, the image what became of it as a whole."""
    image = await reader_of_all.image(706)
    [small] = _of(image.picture.renditions, "small")
    assert (image.state, image.failure) == ("failed", Failure("too_slow", "It took too long."))
    assert (small.state, small.reason, small.size) == ("failed", "no memory", None)
    assert small.path.endswith("/back%20side.png")
    assert {remark.code for remark in (*image.notes, *image.picture.notes)} == {"name_differs", "low_resolution"}


async def test_renditions_that_carry_marks_are_shown_where_they_are_wanted(
    reader: NativeReader, database: Database
) -> None:
    """Their URLs say which marks; where marks are not kept, the plain renditions count."""
    plain = NativeReader(database, Settings(keep_rights="none"))
    for one, marks, large, small in (
        (reader, "-0123456789abcdef", "pending", "ready"),
        (plain, "", "ready", "pending"),
    ):
        image = await one.image(720)
        assert [rendition.state for rendition in _of(image.picture.renditions, "large")] == [large]
        [found] = _of(image.picture.renditions, "small")
        assert found.state == small
        assert f"{marks}/marked.webp" in found.path
        assert image.family == 8


@shared
async def test_a_picture_elsewhere_has_no_file(reader_of_all: NativeReader) -> None:
    """It is known by its URLs: no bytes, no renditions, no notes."""
    image = await reader_of_all.image(707)
    assert (image.state, image.picture.file, image.picture.renditions, image.notes) == ("external", None, (), ())
    assert (image.picture.url_large, image.picture.url_small) == ("//large", None)
    assert image.stores == {"french": StoreSettings(None, None, None, True, ("swatch",))}


async def test_a_deleted_image_is_found_while_it_can_be_restored(reader: NativeReader, connection: Connection) -> None:
    """Not longer, and not without its product."""
    image = await reader.image(708)
    assert (image.state, image.path, image.is_served, image.notes) == (
        "deleted",
        "/g/o/gone.jpg",
        False,
        (Remark("name_differs", ".png"),),
    )
    for unknown in (709, 1, 2**62):
        with pytest.raises(ImageNotFound):
            await reader.image(unknown)
    await connection.execute("update product set deleted_at = now() where id = 8")
    with pytest.raises(ImageNotFound):
        await reader.image(705)


@shared
@pytest.mark.parametrize(
    ("store", "order"), [(None, [706, 705, 710, 707]), ("german", [705, 710, 706, 707]), ("french", [706, 705, 710])]
)
async def test_a_gallery_stands_as_a_store_view_orders_and_hides_it(
    reader_of_all: NativeReader, store: str | None, order: list[int]
) -> None:
    """Without one as the global positions order it; unset positions come last, excluded images are shown."""
    gallery = await reader_of_all.gallery("dress", store)
    assert [image.id for image in gallery.images] == order
    assert (gallery.product_id, gallery.family) == (8, 8)


@shared
async def test_a_gallery_may_be_empty_or_unknown(reader_of_all: NativeReader) -> None:
    """Its product decides, after the store view."""
    assert (await reader_of_all.gallery("hat", "german")).images == ()
    with pytest.raises(ProductNotFound):
        await reader_of_all.gallery("Hat", "german")
    with pytest.raises(StoreViewNotFound):
        await reader_of_all.gallery("none", "italian")


async def _listed(reader: NativeReader, wanted: Wanted) -> list[int]:
    found: list[int] = []
    while True:
        images, after = await reader.page(wanted)
        assert len(images) <= wanted.limit
        found += [image.id for image in images]
        if after is None:
            return found
        wanted = replace(wanted, after=after)


@shared
@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, [705, 706, 707, 710, 720]),
        ({"skus": ("dress/red", "hat", "none")}, [720]),
        ({"product": 8}, [705, 706, 707, 710]),
        ({"product": 8, "skus": ("dress/red",)}, []),
        ({"state": "ready"}, [705, 710]),
        ({"state": "processing"}, [720]),
        ({"state": "failed"}, [706]),
        ({"state": "failed", "product": 9}, []),
        ({"state": "external"}, [707]),
        ({"sha256": _READY}, [705, 710]),
        ({"sha256": _READY, "deleted": True}, [708]),
        ({"sha256": BlobHash("0" * 64)}, []),
        ({"lacks_label": "german"}, [720]),
        ({"lacks_label": "italian"}, []),
        ({"deleted": True}, [708]),
        ({"deleted": True, "product": 8}, [708]),
        ({"deleted": True, "state": "ready", "skus": ("dress",)}, [708]),
    ],
)
@pytest.mark.parametrize("limit", [1, 50])
async def test_images_are_listed_by_what_they_are(
    reader_of_all: NativeReader, filters: dict[str, Any], found: list[int], limit: int
) -> None:
    """By product, state, bytes, and a label that is missing in a store view; deleted ones on request, while they can be
    restored."""
    assert await _listed(reader_of_all, Wanted(0, limit, **filters)) == found


async def test_a_page_looks_at_no_more_than_2000_images(reader: NativeReader, connection: Connection) -> None:
    """What is found among very many is told page by page; what is not ready is few, and found at once."""
    await connection.execute("""
        set session_replication_role = replica;
        insert into image (id, product_id, picture_id, label) select n, 10, 1, 'x' from generate_series(1001, 6000) n;
        update image set picture_id = 4 where id = 5500;
        update image set picture_id = 2 where id = 5600;
    """)
    images, after = await reader.page(Wanted(720, 10, state="external"))
    assert (images, after) == ([], 1000 + LOOKED_AT)
    assert await _listed(reader, Wanted(720, 10, state="external")) == [5500]
    images, after = await reader.page(Wanted(720, 10, state="failed"))
    assert ([image.id for image in images], after) == ([5600], None)


_COMES: Final = """
    insert into image (id, product_id, picture_id) values ($1, 1, 1) on conflict (id) do update set deleted_at = null
"""
_GOES: Final = "update image set deleted_at = now() where id = $1"


@given(
    changes=st.lists(st.lists(st.tuples(st.booleans(), st.integers(0, 19)), max_size=8), min_size=1, max_size=6),
    limit=st.integers(1, 5),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
async def test_what_exists_throughout_is_neither_skipped_nor_shown_twice(
    database: Database, connection: Connection, changes: list[list[tuple[bool, int]]], limit: int
) -> None:
    """Whatever comes and goes between the pages: odd ones do, even ones stay."""
    await connection.execute("truncate product, picture cascade")
    await connection.execute("insert into product (id, sku, sku_key, slug) values (1, 'p', 'p', 'p')")
    await connection.execute("insert into picture (id, url_large) values (1, '//u')")
    await connection.executemany(_COMES, [(n,) for n in range(2, 42, 2)])
    reader, seen, after = NativeReader(database, Settings()), [], 0
    pending = list(changes)
    while True:
        images, last = await reader.page(Wanted(after, limit))
        seen += [image.id for image in images]
        if last is None:
            break
        after = last
        for comes, number in pending.pop() if pending else ():
            await connection.execute(_COMES if comes else _GOES, 2 * number + 1)
    assert [number for number in seen if number % 2 == 0] == list(range(2, 42, 2))
