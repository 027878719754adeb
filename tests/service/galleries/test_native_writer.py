"""What the native API writes into galleries, and what the log tells of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pytest

from app.db.pool import Database
from app.db.queries import Statement
from app.errors import (
    BlobBarred,
    Conflict,
    ImageNotFound,
    ImagesNotSupported,
    PreconditionFailed,
    ProductNotFound,
    StoreViewNotFound,
)
from app.events import Event, StatementDone
from app.model import ImageId
from app.service.catalogue.codes import unknown_codes
from app.service.changes.acting import Act, as_actor
from app.service.galleries.v1.input import ImageInput, PictureOf, StoreInput
from app.service.galleries.v1.writer import NativeWriter
from app.service.pictures.filing import Filing
from app.service.pictures.uploaders import has_uploaded
from app.settings import Settings
from tests.service.galleries.native_shop import COAT, DRESS, Shop, new_bytes

_PIM: Final = Act("key", "3", "PIM", "v1")
_OTHER: Final = Act("key", "4", "shop", "v1")
_MISSING: Final = ImageId(999)


async def test_an_upload_is_an_image_with_all_that_was_said(shop: Shop) -> None:
    """An upload becomes an image with its texts, place, types and store settings, and one row of the log."""
    given = ImageInput(
        label="Front",
        exclude=True,
        types=["image", "thumbnail"],
        stores={"german": StoreInput(label="Vorne", types=["image"]), "french": StoreInput(hidden=True)},
    )

    [row] = await shop.log(lambda: shop.add(given=given, name="Front view.PNG"))

    image = await shop.image(row["image_id"])
    assert (image["label"], image["position"], image["excluded"]) == ("Front", 1, True)
    assert (image["file_name"], image["file_path"]) == ("Front_view.PNG", "/F/r/Front_view.jpg")
    assert await shop.stores(image["id"]) == {2: ("Vorne", None, None, False), 3: (None, None, None, True)}
    assert await shop.types() == {
        (None, "image"): image["id"],
        (None, "thumbnail"): image["id"],
        (2, "image"): image["id"],
        (2, "thumbnail"): None,
    }
    assert (row["kind"], row["product_id"]) == ("image.created", DRESS)
    assert shop.reported == [([DRESS], None)]


@pytest.mark.parametrize(
    ("positions", "place"),
    [([], 1), ([None, None], 1), ([0], 1), ([4, None, 2], 5), ([7, 2_147_483_646], 2_147_483_647)],
)
async def test_without_a_position_an_upload_goes_behind_all_that_have_one(
    shop: Shop, positions: list[int | None], place: int
) -> None:
    """Nobody moves for it, also where no number is left behind the last one."""
    before = [(await shop.add(given=ImageInput(position=one)), one) for one in positions]

    images = [await shop.add(), await shop.add()]

    found = dict(await shop.positions())
    assert [found[image] for image in images] == [place, min(place + 1, 2_147_483_647)]
    assert [(image, found[image]) for image, _ in before] == before


async def test_what_was_deleted_has_no_place(shop: Shop) -> None:
    """The place of the last image is free again once that is deleted."""
    await shop.add()
    await shop.writer.delete(await shop.add())

    assert (await shop.image(await shop.add()))["position"] == 2


async def test_an_upload_passes_paths_that_were_brought_along(shop: Shop) -> None:
    """Where a path of its series is taken the entry is written with the next free one, and once."""
    first = await shop.image(await shop.add())
    await shop.connection.execute(
        "insert into file_path (path, blob_hash, clean_recipe) select taken.path, p.blob_hash, p.clean_recipe"
        " from file_path p, unnest(array['/f/r/front_1.jpg', '/f/r/front_2.jpg', '/i/m/image.jpg']) as taken (path)"
        " where p.path = $1",
        first["file_path"],
    )

    images = [await shop.image(await shop.add()), await shop.image(await shop.add(name=None))]

    assert [(one["file_name"], one["file_path"]) for one in images] == [
        ("front.jpg", "/f/r/front_3.jpg"),
        ("image_2.jpg", "/i/m/image_2.jpg"),
    ]
    assert len(await shop.positions()) == 3


async def test_a_file_without_a_name_has_the_default_one(shop: Shop) -> None:
    """Files without a name are called as the path that they get; one that is said wins."""
    unnamed, given = await shop.add(name=None), await shop.add(given=ImageInput(file_name="side.jpeg"))

    assert (await shop.image(unnamed))["file_name"] == "image.jpg"
    assert (await shop.image(given))["file_path"] == "/s/i/side.jpg"


@pytest.mark.parametrize(
    ("given", "columns"),
    [
        (ImageInput(label="Back"), {"label": "Back"}),
        (ImageInput(label=None), {"label": None}),
        (ImageInput(label=""), {"label": ""}),
        (ImageInput(exclude=True), {"excluded": True}),
        (ImageInput(position=7), {"position": 7}),
        (ImageInput(position=None), {"position": None}),
    ],
)
async def test_a_patch_changes_what_is_said(shop: Shop, given: ImageInput, columns: dict[str, Any]) -> None:
    """A patch changes the members that it names, and no others; a row tells it, with the next revision."""
    image = await shop.add(given=ImageInput(label="Front"))
    former = await shop.image(image)

    [row] = await shop.log(lambda: shop.writer.patch(image, given))

    present = await shop.image(image)
    moved = {"updated_at": present["updated_at"], "revision": former["revision"] + 1}
    assert present == former | columns | moved
    assert present["updated_at"] > former["updated_at"]
    assert (row["kind"], row["image_id"], row["revision"]) == ("image.updated", image, present["revision"])


async def test_null_excludes_nothing_and_takes_all_types(shop: Shop) -> None:
    """Null means false for the exclusion, and an explicit "none" for the types."""
    image = await shop.add(given=ImageInput(exclude=True, types=["image"]))

    await shop.writer.patch(image, ImageInput(exclude=None, types=None))

    assert (await shop.image(image))["excluded"] is False
    assert await shop.types() == {(None, "image"): None}


async def test_what_store_views_say_is_patched_member_by_member(shop: Shop) -> None:
    """In a store view a patch changes what it names; null is the global value again, and null for a store view, or for
    all, forgets what was said there."""
    german = StoreInput(label="Vorne", position=4, exclude=True, types=["image"])
    image = await shop.add(
        given=ImageInput(stores={"german": german, "french": StoreInput(label="Devant", types=["image"])})
    )

    await shop.writer.patch(image, ImageInput(stores={"german": StoreInput(position=None, hidden=True)}))
    assert (await shop.stores(image))[2] == ("Vorne", None, True, True)

    only_type = StoreInput(label=None, exclude=None, hidden=None)
    await shop.writer.patch(image, ImageInput(stores={"german": only_type}))
    assert list(await shop.stores(image)) == [3]
    assert (await shop.types())[2, "image"] == image

    await shop.writer.patch(image, ImageInput(stores={"german": None}))
    assert await shop.types() == {(3, "image"): image}

    await shop.writer.patch(image, ImageInput(stores=None))
    assert (await shop.stores(image), await shop.types()) == ({}, {})


async def test_types_of_a_store_view_are_taken_or_forgotten(shop: Shop) -> None:
    """In a store view an empty list makes what the image holds there an explicit "none"; null forgets it."""
    image = await shop.add(
        given=ImageInput(types=["image"], stores={"german": StoreInput(types=["image", "thumbnail"])})
    )

    await shop.writer.patch(image, ImageInput(stores={"german": StoreInput(types=None)}))
    assert await shop.types() == {(None, "image"): image}

    await shop.writer.patch(image, ImageInput(stores={"german": StoreInput(types=[])}))
    assert await shop.types() == {(None, "image"): image, (2, "image"): None}


async def test_an_image_that_loses_a_type_has_a_row_of_its_own(shop: Shop) -> None:
    """A type has one holder in a scope: who loses it to another image was changed, too."""
    first, second = await shop.add(given=ImageInput(types=["image"])), await shop.add()

    rows = await shop.log(lambda: shop.writer.patch(second, ImageInput(types=["image"])))

    assert [(row["kind"], row["image_id"]) for row in rows] == [("image.updated", first), ("image.updated", second)]
    assert await shop.types() == {(None, "image"): second}


async def test_who_only_made_way_was_not_changed(shop: Shop) -> None:
    """Images that make way have no row; the one that was moved has."""
    first, second = await shop.add(), await shop.add()

    rows = await shop.log(lambda: shop.writer.patch(second, ImageInput(position=1)))

    assert await shop.positions() == [(second, 1), (first, 2)]
    assert [row["image_id"] for row in rows] == [second]


async def test_what_changes_nothing_leaves_no_trace(shop: Shop) -> None:
    """Who says what is so already makes no row, no revision and no stamp, and drops no document."""
    source = new_bytes("front.jpg")
    german = StoreInput(label="Vorne", types=["image"])
    given = ImageInput(label="Front", types=["image"], stores={"german": german})
    image = (await shop.writer.create(DRESS, source, given)).id
    former = await shop.image(image)
    shop.reported.clear()

    async def again() -> None:
        await shop.writer.patch(image, ImageInput())
        same = ImageInput(label="Front", position=1, exclude=None, types=["image"], file_name="front.jpg")
        await shop.writer.patch(image, same)
        await shop.writer.patch(image, ImageInput(stores={"german": german, "french": None}))
        await shop.writer.replace(image, replace(source, name="other.jpg"), ImageInput())
        await shop.writer.replace(image, PictureOf(image), ImageInput())

    assert await shop.log(again) == []
    assert await shop.image(image) == former
    assert shop.reported == []


async def test_another_name_takes_another_path(shop: Shop) -> None:
    """A renamed file is called as its new path; the old one is withdrawn, and told."""
    image = await shop.add()

    [row] = await shop.log(lambda: shop.writer.patch(image, ImageInput(file_name="Side view.png")))

    present = await shop.image(image)
    assert (present["file_name"], present["file_path"]) == ("Side_view.jpg", "/S/i/Side_view.jpg")
    assert (row["kind"], row["before"]["path"]) == ("image.updated", "/f/r/front.jpg")
    assert await _withdrawn(shop) == ["/f/r/front.jpg"]
    assert shop.reported[-1] == ([DRESS], "/f/r/front.jpg")


async def test_another_picture_keeps_all_but_the_file(shop: Shop) -> None:
    """A replaced file has a new path and picture, and the former path is withdrawn; id, texts, place and types stay."""
    image = await shop.add(given=ImageInput(label="Front", position=3, types=["image"]))
    former = await shop.image(image)

    [row] = await shop.log(lambda: shop.writer.replace(image, new_bytes("back.jpg"), ImageInput()))

    present = await shop.image(image)
    assert (present["label"], present["position"]) == ("Front", 3)
    assert await shop.types() == {(None, "image"): image}
    assert (present["file_name"], present["file_path"]) == ("back.jpg", "/b/a/back.jpg")
    assert present["file_updated_at"] > former["file_updated_at"]
    assert (row["kind"], row["picture_id"]) == ("image.replaced", former["picture_id"])
    assert await _withdrawn(shop) == ["/f/r/front.jpg"]


async def test_a_file_that_comes_without_a_name_keeps_the_series(shop: Shop) -> None:
    """Bytes without a name go on with the names of those before them; what is said besides is changed with them."""
    image = await shop.add()

    await shop.writer.replace(image, new_bytes(), ImageInput(label="New"))

    present = await shop.image(image)
    assert (present["file_name"], present["label"]) == ("front_1.jpg", "New")


async def test_a_deleted_image_is_gone_and_leaves_its_gap(shop: Shop) -> None:
    """A deletion takes image, types and path; those behind it stay where they are."""
    first, second = await shop.add(given=ImageInput(types=["image"])), await shop.add()

    [row] = await shop.log(lambda: shop.writer.delete(first))

    assert (row["kind"], row["image_id"]) == ("image.deleted", first)
    assert await shop.positions() == [(second, 2)]
    assert await shop.types() == {(None, "image"): None}
    assert await _withdrawn(shop) == ["/f/r/front.jpg"]
    with pytest.raises(ImageNotFound):
        await shop.writer.delete(first)


async def test_a_copy_shares_picture_and_name_alone(shop: Shop) -> None:
    """A copy shows the same picture under a path of its own, in any gallery; nothing else is taken along."""
    image = await shop.add(given=ImageInput(label="Front", types=["image"], exclude=True))
    source = await shop.image(image)

    copy = await shop.image((await shop.writer.create(COAT, PictureOf(image), ImageInput(label="Coat"))).id)

    assert (copy["picture_id"], copy["product_id"]) == (source["picture_id"], COAT)
    assert (copy["label"], copy["excluded"], copy["position"]) == ("Coat", False, 1)
    assert (copy["file_name"], copy["file_path"]) == ("front.jpg", "/f/r/front_1.jpg")
    assert await shop.types() == {(None, "image"): image}


async def test_an_external_picture_is_copied_and_has_no_file(shop: Shop) -> None:
    """A picture that lies elsewhere can be shared and replaced; it has no file to name."""
    picture = await shop.connection.fetchval(
        "insert into picture (url_large) values ('https://a.example/b') returning id"
    )
    image = await shop.connection.fetchval(
        "insert into image (product_id, picture_id) values (8, $1) returning id", picture
    )

    copy = (await shop.writer.create(COAT, PictureOf(image), ImageInput())).id

    present = await shop.image(copy)
    assert (present["picture_id"], present["file_name"], present["file_path"]) == (picture, None, None)
    with pytest.raises(Conflict):
        await shop.writer.patch(copy, ImageInput(file_name="a.jpg"))
    await shop.writer.replace(copy, new_bytes("back.jpg"), ImageInput())
    assert (await shop.image(copy))["file_path"] == "/b/a/back.jpg"
    await shop.writer.replace(copy, PictureOf(image), ImageInput())
    assert (await shop.image(copy))["file_path"] is None


async def test_what_is_not_there_is_refused(shop: Shop) -> None:
    """Unknown products, images and store views, and products without images, are refused, and nothing is written."""
    image = await shop.add()
    former = await shop.image(image)
    with pytest.raises(ProductNotFound):
        await shop.writer.product("unknown")
    with pytest.raises(ImagesNotSupported):
        await shop.writer.product("gift")
    assert await shop.writer.product("coat") == COAT
    with pytest.raises(ImageNotFound):
        await shop.writer.patch(_MISSING, ImageInput())
    with pytest.raises(ImageNotFound):
        await shop.writer.create(DRESS, PictureOf(_MISSING), ImageInput())
    with pytest.raises(StoreViewNotFound):
        await shop.writer.patch(image, ImageInput(label="x", stores={"klingon": None}))
    assert await shop.image(image) == former


async def test_unknown_names_are_found_at_once(shop: Shop) -> None:
    """Of codes of store views and types the unknown ones are reported."""
    found = await unknown_codes(shop.database, ["german", "klingon"], ["image", "swatch"])

    assert found == ({"klingon"}, {"swatch"})


async def test_barred_bytes_come_by_no_way(shop: Shop) -> None:
    """What was purged is neither added nor put in place of another picture."""
    image, source = await shop.add(), new_bytes()
    await shop.connection.execute("insert into blob_barred (hash) values ($1)", bytes.fromhex(source.blob.hash))

    with pytest.raises(BlobBarred):
        await shop.writer.create(DRESS, source, ImageInput())
    with pytest.raises(BlobBarred):
        await shop.writer.replace(image, source, ImageInput())

    for table in ("blob", "blob_uploader"):
        digest = bytes.fromhex(source.blob.hash)
        assert not await shop.connection.fetchval(f"select count(*) from {table} where hash = $1", digest)


async def test_an_upload_asks_little_of_the_database(shop: Shop, queries: Mapping[str, Statement]) -> None:
    """What can be asked together is: each way there and back costs more than what is found out there."""
    asked: list[str] = []

    def observe(event: Event) -> None:
        if isinstance(event, StatementDone):
            asked.append(event.query)

    async with Database(shop.database.dsn, queries=queries, observe=observe) as database:
        writer = NativeWriter(database, Settings(), Filing(Settings()), shop.committed)
        await writer.create(DRESS, new_bytes("front.jpg"), ImageInput(label="Front"))

    assert asked == [
        "hold_lock",  # on the way that begins the transaction
        "insert_blob",
        "insert_picture_for_product",
        "insert_image_at_new_path",
        "record_image_creation",
    ]


async def test_a_change_holds_for_the_revision_that_was_read(shop: Shop) -> None:
    """Of several who change the revision that they read one succeeds; the others are refused, and change nothing."""
    image = await shop.add()
    read = frozenset({(await shop.image(image))["revision"]})

    tries = [shop.writer.patch(image, ImageInput(label=f"label {number}"), read) for number in range(5)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)

    assert [outcome for outcome in outcomes if not isinstance(outcome, PreconditionFailed)] == [None]
    [kept] = [number for number, outcome in enumerate(outcomes) if outcome is None]
    assert (await shop.image(image))["label"] == f"label {kept}"
    for late in (shop.writer.delete(image, read), shop.writer.replace(image, new_bytes(), ImageInput(), read)):
        with pytest.raises(PreconditionFailed):
            await late


async def test_bytes_are_known_to_those_who_sent_them(shop: Shop) -> None:
    """Who has uploaded bytes is remembered, also where they changed nothing, until the blob goes."""
    source = new_bytes()
    with as_actor(_PIM):
        image = (await shop.writer.create(DRESS, source, ImageInput())).id
        assert await has_uploaded(shop.database, source.blob.hash)
    with as_actor(_OTHER):
        assert not await has_uploaded(shop.database, source.blob.hash)
        await shop.writer.replace(image, source, ImageInput())
        assert await has_uploaded(shop.database, source.blob.hash)
        await shop.writer.create(COAT, PictureOf(image), ImageInput())

    await shop.connection.execute(
        "delete from image; delete from change; delete from picture; delete from blob_claim;"
        "update file_path set blob_hash = null, clean_recipe = null, withdrawn_at = now(); delete from blob"
    )
    assert await shop.connection.fetchval("select count(*) from blob_uploader") == 0


async def _withdrawn(shop: Shop) -> list[str]:
    rows = await shop.connection.fetch("select path from file_path where withdrawn_at is not null order by path")
    return [row["path"] for row in rows]
