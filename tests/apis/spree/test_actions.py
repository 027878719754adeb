"""What a script does all day: upload, describe, reorder, replace, move, delete."""

import base64
import io
from typing import Any

import aiohttp
import pytest
from PIL import Image

from app.service.pictures.edits.following import MARKS

from .conftest import ADMIN, CUSTOMER, IMAGES, Answer, Serve, Shop, form, picture, png

MEMBER = f"{IMAGES}/1"
VARIANT = "/api/v1/variants/11/images"


async def fill(shop: Shop, count: int, path: str = IMAGES) -> None:
    for _ in range(count):
        assert (await shop.create(path=path)).status == 201


async def update(shop: Shop, image: int, path: str = IMAGES, **values: Any) -> Answer:
    return await shop.call("PUT", f"{path}/{image}", json={"image": values})


async def test_an_upload_becomes_an_image(shop: Shop) -> None:
    """An upload answers 201 with the object, without a Location, and is listed."""
    created = await shop.create(picture(489, 490, "JPEG"), "my cat.jpg", alt="Cat")
    assert created.status == 201
    assert "Location" not in created.headers
    assert created.headers["Etag"].startswith('W/"')
    assert list(created.json) == [
        "id",
        "position",
        "attachment_content_type",
        "attachment_file_name",
        "type",
        "attachment_updated_at",
        "attachment_width",
        "attachment_height",
        "alt",
        "viewable_type",
        "viewable_id",
        "mini_url",
        "small_url",
        "product_url",
        "large_url",
    ]
    assert (created.json["attachment_width"], created.json["attachment_height"]) == (489, 490)
    assert (created.json["attachment_file_name"], created.json["alt"]) == ("my_cat.jpg", "Cat")
    assert (await shop.call("GET", IMAGES)).json == {"images": [created.json]}
    assert (await shop.call("GET", MEMBER)).body == created.body


async def test_an_upload_is_the_same_catalogue_for_all(shop: Shop) -> None:
    """An upload has a path of its own, a label, no exclusion, and the recipes in force, with its marks."""
    await shop.create(name="Ve 2011.png", alt="x")
    row = await shop.connection.fetchrow("select * from image")
    assert (row["file_name"], row["file_path"]) == ("Ve_2011.png", "/V/e/Ve_2011.png")
    assert (row["label"], row["excluded"], row["position"]) == ("x", False, 1)
    assert {*(recipe.hash for recipe in shop.settings.recipes), MARKS} == set(row["recipes"])


async def test_the_path_alone_says_where_an_upload_hangs(shop: Shop) -> None:
    """The list of a new image is that of the path, whatever the body says; stray fields are ignored."""
    parts = form(png(), viewable_id="2", viewable_type="Spree::Bogus", id="7", created_at="x")
    parts.add_field("type", "image/jpeg")
    created = await shop.call("POST", VARIANT, data=parts)
    assert (created.status, created.json["id"], created.json["viewable_id"]) == (201, 1, 11)
    assert created.json["viewable_type"] == "Spree::Variant"


@pytest.mark.parametrize("media_type", ["application/json", "application/x-www-form-urlencoded"])
async def test_a_data_uri_is_a_file(shop: Shop, media_type: str) -> None:
    """A data URI is stored under the name `data`, its type sniffed."""
    uri = f"data:image/jpeg;base64,{base64.b64encode(png()).decode()}"
    body: dict[str, Any] = {"image": {"attachment": uri}}
    sent = {"json": body} if "json" in media_type else {"data": {"image[attachment]": uri}}
    created = await shop.call("POST", IMAGES, **sent)
    assert created.status == 201
    assert (created.json["attachment_file_name"], created.json["attachment_content_type"]) == ("data", "image/png")
    assert "/mini/data.?" in created.json["mini_url"]
    assert (await shop.call("GET", created.json["mini_url"])).status == 200


async def test_a_big_upload_comes_in_many_pieces(shop: Shop) -> None:
    """A file of many megabytes arrives whole, whichever way it was cut."""
    big = picture(2000, 1500, "PNG") + b"\0" * 6_000_000
    created = await shop.create(big, "big.png")
    assert created.status == 201
    assert await shop.connection.fetchval("select size from blob") == len(big)


async def test_the_last_of_several_files_counts(shop: Shop) -> None:
    """Of several files under one name the last counts; an empty file field counts as absent."""
    parts = form(png(10, 10), "first.png")
    parts.add_field("image[other]", b"x", filename="other.txt")
    parts.add_field("image[attachment]", png(20, 10), filename="second.png")
    created = await shop.call("POST", IMAGES, data=parts)
    assert (created.json["attachment_file_name"], created.json["attachment_width"]) == ("second.png", 20)
    parts = form(b"", "", alt="kept")
    updated = await shop.call("PUT", MEMBER, data=parts)
    assert (updated.status, updated.json["attachment_file_name"], updated.json["alt"]) == (200, "second.png", "kept")


async def test_only_what_is_given_changes(shop: Shop) -> None:
    """An update answers 200 and changes only what is given; unknown keys are a no-op."""
    created = (await shop.create(alt="Cat")).json
    for body in ({"alt": "Dog"}, {"image": {"alt": "Dog"}}):
        updated = await shop.call("PATCH", MEMBER, json=body)
        assert (updated.status, updated.json) == (200, {**created, "alt": "Dog"})
    for body in (
        {"id": 5},
        {"image": {"created_at": "x", "attachment": [], "alt": {"a": 1}}},
        {"image": {"attachment": ""}},
    ):
        updated = await shop.call("PUT", MEMBER, json=body)
        assert (updated.status, updated.json) == (200, {**created, "alt": "Dog"})
    assert (await update(shop, 1, alt=None)).json["alt"] is None
    assert (await update(shop, 1, alt="")).json["alt"] == ""
    assert (await update(shop, 1, alt=123)).json["alt"] == "123"


async def test_an_attachment_cannot_be_taken_away(shop: Shop) -> None:
    """A null attachment is refused, and the old file is kept."""
    created = await shop.create()
    refused = await update(shop, 1, attachment=None)
    assert (refused.status, refused.json["errors"]) == (422, {"attachment": ["can't be blank"]})
    assert (await shop.call("GET", created.json["mini_url"])).status == 200


async def test_a_replacement_changes_the_file_and_nothing_else(shop: Shop) -> None:
    """A replacement changes file attributes and URLs at once; the former ones are gone for ever."""
    created = (await shop.create(png(), "old.png", alt="Cat")).json
    await shop.create()
    path = await shop.connection.fetchval("select file_path from image where id = 1")
    stamps = {created["attachment_updated_at"]}
    for name in ("new.jpg", "old.png"):
        replaced = await shop.call("PUT", MEMBER, data=form(picture(64, 48, "JPEG"), name))
        assert replaced.status == 200
        stamps.add(replaced.json["attachment_updated_at"])
    now = replaced.json
    assert (now["id"], now["position"], now["alt"]) == (1, 1, "Cat")
    assert (now["attachment_content_type"], now["attachment_width"]) == ("image/jpeg", 64)
    assert len({stamp[:19] for stamp in stamps}) == 3
    assert (await shop.call("GET", created["mini_url"].replace("old", "new"))).status == 404
    withdrawn = await shop.connection.fetchrow("select * from file_path where path = $1", path)
    assert withdrawn["withdrawn_at"] is not None
    assert withdrawn["blob_hash"] is not None, "it may be restored"


async def test_a_shared_path_is_not_withdrawn_under_another_image(shop: Shop) -> None:
    """A path that another live image came with goes on serving when one of them is destroyed."""
    await fill(shop, 2)
    await shop.connection.execute(
        "update image set file_path = (select file_path from image where id = 1) where id = 2"
    )
    withdrawn = "select count(*) from file_path where withdrawn_at is not null"
    await shop.call("DELETE", MEMBER)
    assert await shop.connection.fetchval(withdrawn) == 0
    await shop.call("DELETE", f"{IMAGES}/2")
    assert await shop.connection.fetchval(withdrawn) == 1


async def test_a_destroyed_image_is_gone_at_once(shop: Shop) -> None:
    """A deletion answers 204 without a type, closes the gap, takes types away and kills every URL."""
    first = (await shop.create()).json
    await fill(shop, 2)
    await shop.connection.execute(
        "insert into website (code) values ('base'); insert into store_view (id, code, website_id) values (1, 'en', 1)"
    )
    await shop.connection.execute(
        "insert into image_type_assignment (product_id, store_view_id, type_code, image_id)"
        " values (1, null, 'image', 1), (1, 1, 'thumbnail', 1), (1, null, 'small_image', 2)"
    )
    answer = await shop.call("DELETE", MEMBER)
    assert (answer.status, answer.body, "Content-Type" in answer.headers) == (204, b"", False)
    assert answer.headers["Cache-Control"] == "no-cache"
    assert await shop.positions() == {2: 1, 3: 2}
    for style in ("mini", "small", "product", "large"):
        assert (await shop.call("GET", first[f"{style}_url"])).status == 404
    assert (await shop.call("GET", MEMBER)).status == 404
    assert (await shop.call("DELETE", MEMBER)).status == 404
    holders = await shop.connection.fetch("select image_id from image_type_assignment order by type_code")
    assert [row["image_id"] for row in holders] == [None, 2, None]


async def test_the_recorded_trace_is_replayed(shop: Shop) -> None:
    """Every step of the recorded reordering gives the recorded list."""
    await fill(shop, 5)
    listed = [[2, 3, 1, 4, 5], [5, 2, 3, 1, 4], [5, 2, 1, 4, 3], [5, 3, 2, 1, 4]]
    for (image, position), order in zip([(1, 3), (5, 1), (3, 5), (3, 2)], listed, strict=True):
        assert (await update(shop, image, position=position)).json["position"] == position
        assert list((await shop.positions()).items()) == list(zip(order, range(1, 6), strict=True))
    await update(shop, 1, position="99")
    assert await shop.positions() == {5: 1, 3: 2, 2: 3, 4: 5, 1: 99}
    await update(shop, 2, position=0)
    assert await shop.positions() == {2: 1, 5: 2, 3: 3, 4: 5, 1: 99}
    await update(shop, 4, position=None)
    assert list((await shop.positions()).items()) == [(2, 1), (5, 2), (3, 3), (1, 99), (4, None)]
    await update(shop, 4, position="1.9")
    assert await shop.positions() == {4: 1, 2: 2, 5: 3, 3: 4, 1: 100}


async def test_a_new_image_takes_the_place_it_asks_for(shop: Shop) -> None:
    """A new image goes to the bottom, to its place, or behind a gap."""
    await fill(shop, 2)
    assert (await shop.create(position="abc")).json["position"] == 1
    assert (await shop.create(position="")).json["position"] == 4
    assert (await shop.create(position="10")).json["position"] == 10
    assert await shop.positions() == {3: 1, 1: 2, 2: 3, 4: 4, 5: 10}


async def test_an_image_moves_to_another_list(shop: Shop) -> None:
    """A move closes the gap it leaves, appends or inserts, and keeps what stores say but places."""
    await fill(shop, 3)
    await fill(shop, 2, VARIANT)
    await shop.connection.execute(
        "insert into website (code) values ('base');"
        "insert into store_view (id, code, website_id) values (1, 'en', 1), (2, 'de', 1), (3, 'fr', 1);"
        "insert into image_store (image_id, store_view_id, label, position, hidden)"
        " values (1, 1, 'en', 5, true), (1, 2, null, 5, false), (1, 3, null, null, true);"
        "insert into image_type_assignment (product_id, type_code, image_id) values (1, 'image', 1)"
    )
    moved = await update(shop, 1, viewable_id="11", viewable_type="Spree::Variant", alt="moved")
    assert (moved.status, moved.json["viewable_id"], moved.json["position"], moved.json["alt"]) == (200, 11, 3, "moved")
    assert await shop.positions() == {2: 1, 3: 2}
    assert (await update(shop, 2, viewable_id=11, position=1)).json["position"] == 1
    assert await shop.positions(VARIANT) == {2: 1, 4: 2, 5: 3, 1: 4}
    assert await shop.positions() == {3: 1}
    stores = await shop.connection.fetch("select store_view_id, label, position, hidden from image_store")
    assert [tuple(row) for row in stores] == [(1, "en", None, False)]
    assert await shop.connection.fetchval("select count(*) from image_type_assignment where image_id is null") == 1


@pytest.mark.parametrize(
    ("target", "named"),
    [
        (777, "777"),
        (9, "9"),
        (0, "0"),
        (-5, "-5"),
        (2**31, "2147483648"),
        (99999999999999999999, "99999999999999999999"),
        ("99999999999999999999", "99999999999999999999"),
        ("", ""),
        (None, ""),
        ("abc", "0"),
    ],
)
async def test_a_move_to_nowhere_moves_nothing(shop: Shop, target: object, named: str) -> None:
    """An unknown or deleted target is refused by its id, and nothing moves or changes."""
    created = await shop.create()
    refused = await update(shop, 1, viewable_id=target, alt="x", position=4)
    assert refused.status == 422
    assert refused.json == {"exception": f"Couldn't find Spree::Variant with 'id'={named}"}
    assert (await shop.call("GET", MEMBER)).body == created.body


async def test_forms_and_headers_may_override_the_verb(shop: Shop) -> None:
    """A POST may ask to be a PUT, PATCH or DELETE by form field or header."""
    await fill(shop, 2)
    as_put = await shop.call("POST", MEMBER, data={"_method": "put", "image[alt]": "a"})
    assert (as_put.status, as_put.json["alt"]) == (200, "a")
    parts = form(png(), "b.png")
    parts.add_field("_method", "patch")
    assert (await shop.call("POST", MEMBER, data=parts)).json["attachment_file_name"] == "b.png"
    assert (await shop.call("POST", MEMBER, headers={"X-HTTP-Method-Override": "DELETE"})).status == 204
    assert (await shop.call("POST", f"{IMAGES}/2", key=None, data={"_method": "delete", "token": ADMIN})).status == 204


async def test_the_key_may_come_in_any_body(shop: Shop) -> None:
    """The key counts as a parameter of the query, of a form and of JSON."""
    assert (await shop.call("POST", f"{IMAGES}?token={ADMIN}", key=None, data=form(png()))).status == 201
    parts = form(png())
    parts.add_field("token", ADMIN)
    assert (await shop.call("POST", IMAGES, key=None, data=parts)).status == 201
    assert (await shop.call("PUT", MEMBER, key=None, json={"token": ADMIN, "alt": "x"})).json["alt"] == "x"


async def test_external_pictures_are_listed_and_can_be_replaced(shop: Shop) -> None:
    """An imported picture shows its own URLs, and becomes a file when one is uploaded."""
    await shop.connection.execute(
        "insert into picture (url_large, url_small, key) values ('https://x/l.jpg', 'https://x/s.jpg', 'k');"
        "insert into image (product_id, picture_id, imported_picture_id, position) values (1, 1, 1, 1)"
    )
    shown = (await shop.call("GET", MEMBER)).json
    assert (shown["mini_url"], shown["large_url"]) == ("https://x/s.jpg", "https://x/l.jpg")
    assert shown["attachment_file_name"] is None
    assert (await shop.call("GET", "/spree/products/1/mini/x.png")).status == 404
    replaced = await shop.call("PUT", MEMBER, data=form(png(), "own.png"))
    assert (replaced.status, replaced.json["attachment_file_name"]) == (200, "own.png")
    assert await shop.connection.fetchval("select url_large from picture where id = 1") == "https://x/l.jpg"


async def test_a_busy_service_turns_uploads_away(serve: Serve) -> None:
    """Uploads beyond the slots get 503 and when to come back; other changes go on."""
    shop = await serve(max_uploads=0)
    answer = await shop.create()
    assert (answer.status, answer.json) == (503, {"exception": "Service temporarily unavailable."})
    assert answer.headers["Retry-After"] == "1"
    assert (await shop.call("GET", IMAGES)).status == 200


async def test_whoever_may_not_upload_takes_no_slot(serve: Serve) -> None:
    """A file of a caller who is known to have no right is refused without being kept; one that comes before its key has
    a place elsewhere, until the key is an admin's."""
    shop = await serve(max_uploads=0)
    assert (await shop.call("POST", IMAGES, CUSTOMER, data=form(png()))).status == 401
    assert (await shop.call("POST", f"{IMAGES}?token=wrong", None, data=form(png()))).status == 401
    assert (await shop.call("POST", IMAGES, None, data=form(png()))).status == 401
    late = form(png())
    late.add_field("token", ADMIN)
    assert (await shop.call("POST", IMAGES, None, data=late)).status == 503


@pytest.mark.parametrize("body", [{"json": {"alt": "x" * 300_000}}, {"data": {"image[alt]": "x" * 300_000}}])
async def test_much_text_counts_as_an_upload(serve: Serve, body: dict[str, Any]) -> None:
    """Much text takes the slot of an upload, and is refused of a caller without rights."""
    shop = await serve(max_uploads=1)
    await shop.create()
    assert (await shop.call("PUT", MEMBER, **body)).status == 422  # no alt is so long
    assert (await shop.call("PUT", MEMBER, CUSTOMER, **body)).status == 413
    parts = aiohttp.FormData({"image[alt]": "x" * 100_000}, default_to_multipart=True)
    assert (await shop.call("PUT", MEMBER, CUSTOMER, data=parts)).status == 413


@pytest.mark.parametrize("body", [{"json": {"alt": "x" * 300_000}}, {"data": {"image[alt]": "x" * 300_000}}])
async def test_much_text_waits_for_a_slot_like_a_file(serve: Serve, body: dict[str, Any]) -> None:
    """Where no slot is free much text gets 503, and a little goes on."""
    shop = await serve(max_uploads=0)
    assert (await shop.call("PUT", MEMBER, **body)).status == 503
    assert (await shop.call("PUT", MEMBER, json={"alt": "x"})).status == 404


async def test_a_long_urlencoded_form_is_taken_apart(shop: Shop) -> None:
    """A long urlencoded form with a picture in it becomes an image."""
    noise = Image.effect_noise((700, 700), 90)
    out = io.BytesIO()
    noise.save(out, "PNG")
    uri = f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"
    created = await shop.call("POST", IMAGES, data={"image[attachment]": uri, "image[alt]": "noise"})
    assert (created.status, created.json["attachment_width"], created.json["alt"]) == (201, 700, "noise")
    assert await shop.connection.fetchval("select size from blob") == len(out.getvalue())
