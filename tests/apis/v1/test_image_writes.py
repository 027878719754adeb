"""Changing images through the native API, over real HTTP: what changes, what is refused, and what others see of it."""

import asyncio
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from app.db.connections.connect import Connection
from tests.apis.v1.conftest import Serve, Shop
from tests.apis.v1.dialects import Dialects
from tests.apis.v1.gallery import ROWS
from tests.apis.v1.test_reads import pretty

_GOLDEN: Final = Path(__file__).parent / "golden"
_IMAGE: Final = "/v1/images/705"


@pytest.fixture(name="shop")
async def _shop(serve: Serve, connection: Connection) -> Shop:
    shop = await serve(public_url="https://shop.example")
    await connection.execute(ROWS)
    return shop


async def test_a_patch_answers_with_the_image(shop: Shop) -> None:
    """A merge patch of all members answers with the image as every reader sees it now, and its tag."""
    given = {
        "label": "Side",
        "position": 1,
        "exclude": True,
        "types": ["small_image"],
        "stores": {"german": {"label": None, "hidden": True, "types": []}, "french": {"label": "Côté", "position": 5}},
    }

    answer = await shop.call("PATCH", _IMAGE, "editor", json=given)

    assert answer.status == 200
    read = await shop.get(_IMAGE)
    assert (answer.body, answer.headers["ETag"]) == (read.body, read.headers["ETag"])
    stamp = read.json()["updated_at"].encode()
    shown = pretty(answer.body).replace(stamp, b"STAMP")
    assert shown == (_GOLDEN / "patched.json").read_bytes()


@pytest.mark.parametrize(
    ("given", "mistakes"),
    [
        ({"color": 1, "label": 2}, [("/label", "wrong_type"), ("/color", "unknown")]),
        ({"position": True}, [("/position", "wrong_type")]),
        ({"position": 1.5}, [("/position", "wrong_type")]),
        ({"position": -1}, [("/position", "out_of_range")]),
        ({"position": 2147483648}, [("/position", "out_of_range")]),
        ({"label": "x" * 65_536}, [("/label", "too_long")]),
        ({"label": "a\x00b"}, [("/label", "out_of_range")]),
        ({"file_name": None}, [("/file_name", "wrong_type")]),
        ({"file_name": "ä" * 128}, [("/file_name", "too_long")]),
        ({"file_name": "a/b.jpg"}, [("/file_name", "out_of_range")]),
        ({"edit": {"rotate": 45, "flip": True}}, [("/edit/rotate", "out_of_range"), ("/edit/flip", "unknown")]),
        ({"edit": {"rotate": True}}, [("/edit/rotate", "wrong_type")]),
        ({"edit": {"crop": [0, 0, 1]}}, [("/edit/crop", "out_of_range")]),
        ({"edit": {"crop": [0, 0, 1.5, "1"]}}, [("/edit/crop/2", "out_of_range"), ("/edit/crop/3", "wrong_type")]),
        ({"edit": {"crop": [0.5, 0, 0.6, 1]}}, [("/edit/crop", "out_of_range")]),
        ({"edit": {"crop": [0, 0, 0, 1]}}, [("/edit/crop", "out_of_range")]),
        ({"edit": {"focal": [0, 1.01]}}, [("/edit/focal/1", "out_of_range")]),
        ({"edit": [90]}, [("/edit", "wrong_type")]),
        ({"types": ["image", "nope"]}, [("/types/1", "not_found")]),
        ({"types": "image"}, [("/types", "wrong_type")]),
        ({"stores": {"klingon": None}}, [("/stores/klingon", "not_found")]),
        (
            {"stores": {"german": {"types": ["nope"], "x": 1}}},
            [("/stores/german/x", "unknown"), ("/stores/german/types/0", "not_found")],
        ),
        ({"stores": {"german": []}}, [("/stores/german", "wrong_type")]),
        ({"stores": dict.fromkeys(map(str, range(1001)))}, [("/stores", "out_of_range")]),
        ([], [("", "wrong_type")]),
    ],
)
async def test_all_mistakes_are_told_at_once(shop: Shop, given: Any, mistakes: list[tuple[str, str]]) -> None:
    """Every member that cannot be taken is listed with its place, before the image is looked for; nothing changes."""
    before = await shop.get(_IMAGE)

    answer = await shop.call("PATCH", _IMAGE, "editor", json=given)

    assert (answer.status, answer.code) == (422, "invalid")
    assert answer.mistakes == mistakes
    assert (await shop.get(_IMAGE)).body == before.body
    assert (await shop.call("PATCH", "/v1/images/999", "editor", json=given)).status == 422


async def test_what_changes_nothing_is_answered_all_the_same(shop: Shop, connection: Connection) -> None:
    """Who says what is so already gets the same document with the same tag, and the log has no row."""
    before = await shop.get(_IMAGE)
    german = {"label": "Vorne", "position": None}
    given = {"label": "Front", "types": ["image", "thumbnail"], "stores": {"german": german}, "edit": None}

    for same in ({}, given):
        answer = await shop.call("PATCH", _IMAGE, "editor", json=same)
        assert (answer.status, answer.body, answer.headers["ETag"]) == (200, before.body, before.headers["ETag"])
    assert await connection.fetchval("select count(*) from change where image_id is not null") == 0


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_a_change_holds_for_the_revision_that_was_read(shop: Shop, method: str) -> None:
    """`If-Match` compares id and revision; where neither holds the image comes along as it is now."""
    body = {"json": {"label": "New"}} if method == "PATCH" else {}
    for tag in ('"705-11-00000000"', '"706-12"', 'W/"705-12"', "705-12", ""):
        answer = await shop.call(method, _IMAGE, "editor", headers={"If-Match": tag}, **body)
        assert (answer.status, answer.code) == (412, "precondition_failed")
        assert answer.json()["current"] == (await shop.get(_IMAGE)).json()

    held = '"705-1", "705-12-ffffffff"'
    assert (await shop.call(method, _IMAGE, "editor", headers={"If-Match": held}, **body)).status in (200, 204)


async def test_of_several_who_have_read_the_same_one_changes_it(shop: Shop) -> None:
    """Of simultaneous changes of one revision one succeeds; the others are told so."""
    held = {"If-Match": (await shop.get(_IMAGE)).headers["ETag"]}

    answers = await asyncio.gather(
        *(shop.call("PATCH", _IMAGE, "editor", json={"label": f"label {n}"}, headers=held) for n in range(6))
    )

    assert sorted(answer.status for answer in answers) == [200] + [412] * 5
    [kept] = [answer.json()["label"] for answer in answers if answer.status == 200]
    assert (await shop.get(_IMAGE)).json()["label"] == kept


async def test_any_revision_is_changed_with_a_star(shop: Shop) -> None:
    """`If-Match: *` holds for an image that is there; for one that is not it is not found."""
    star = {"If-Match": "*"}
    assert (await shop.call("PATCH", _IMAGE, "editor", json={}, headers=star)).status == 200
    assert (await shop.call("PATCH", "/v1/images/1", "editor", json={}, headers=star)).status == 404


async def test_a_deleted_image_is_gone_everywhere_at_once(shop: Shop) -> None:
    """A deletion answers 204; the image is deleted here, in no gallery of anybody, and its path is withdrawn."""
    answer = await shop.call("DELETE", _IMAGE, "editor")

    assert (answer.status, answer.body) == (204, b"")
    assert (await shop.get(_IMAGE)).json()["state"] == "deleted"
    ids = [one["id"] for one in (await shop.get("/v1/products/dress/images")).json()["items"]]
    assert ids == [706, 707]
    assert (await shop.get("/media/catalog/product/f/r/front%201.jpg", None)).status == 404
    assert (await shop.call("DELETE", _IMAGE, "editor")).status == 404


async def test_a_copy_is_another_entry_of_the_same_picture(shop: Shop) -> None:
    """A copy answers 201 with its address, and shows the picture of its source under a path of its own."""
    answer = await shop.call("POST", f"{_IMAGE}/copy", "editor", json={"sku": "dress/blue", "label": "Blue"})

    copy = answer.json()
    assert (answer.status, answer.headers["Location"]) == (201, f"/v1/images/{copy['id']}")
    assert copy["picture"]["id"] == 1
    assert (copy["product"]["sku"], copy["label"], copy["position"]) == ("dress/blue", "Blue", 1)
    assert (copy["state"], copy["types"], copy["stores"]) == ("ready", [], {})
    assert copy["path"] == "/f/r/front_1.jpg"
    assert (await shop.get(answer.headers["Location"])).body == answer.body


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/images/1/copy", {"sku": "dress"}, 404),
        (f"{_IMAGE}/copy", {"sku": "unknown"}, 404),
        (f"{_IMAGE}/copy", {"label": "x"}, 422),
        (f"{_IMAGE}/copy", {"sku": "dress", "position": "1"}, 422),
    ],
)
async def test_a_copy_of_nothing_is_refused(shop: Shop, path: str, body: Any, status: int) -> None:
    """Unknown images and products are not found; mistakes of the body come first."""
    assert (await shop.call("POST", path, "editor", json=body)).status == status


async def test_a_gallery_is_put_in_order(shop: Shop) -> None:
    """The gallery comes back in its new order; a list of others is a conflict that tells the present one."""
    path = "/v1/products/dress/images/order"
    answer = await shop.call("PUT", path, "editor", json={"images": [707, 705, 706]})
    assert answer.status == 200
    assert answer.body == (await shop.get("/v1/products/dress/images")).body
    assert [(one["id"], one["position"]) for one in answer.json()["items"]] == [(707, 1), (705, 2), (706, 3)]

    answer = await shop.call("PUT", f"{path}?store=french", "editor", json={"images": [706, 705]})
    assert [one["id"] for one in answer.json()["items"]] == [706, 705]

    late = await shop.call("PUT", path, "editor", json={"images": [707, 705]})
    assert (late.status, late.code, late.json()["images"]) == (409, "conflict", [707, 705, 706])
    twice = await shop.call("PUT", path, "editor", json={"images": [707, 707]})
    assert (twice.status, twice.mistakes) == (422, [("/images", "out_of_range")])


async def test_the_dialects_show_what_was_written(shop: Shop, connection: Connection) -> None:
    """All three dialects show a change as soon as it is answered, though they had their documents ready."""
    dialects = await Dialects.of(shop, connection)
    before = await dialects.documents()

    await shop.call("PATCH", _IMAGE, "editor", json={"label": "seen-at-once", "file_name": "seen-at-once.jpg"})

    assert [b"seen-at-once" in one for one in before] == [False] * 3
    assert [b"seen-at-once" in one for one in await dialects.documents()] == [True] * 3


async def test_a_reader_writes_nothing(shop: Shop) -> None:
    """Roles below the editor's are refused before anything is looked at."""
    for method, path in (("PATCH", _IMAGE), ("DELETE", _IMAGE), ("POST", f"{_IMAGE}/copy")):
        assert (await shop.call(method, path, "reader", data=orjson.dumps({}))).status == 403
