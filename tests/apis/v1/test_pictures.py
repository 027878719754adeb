"""Pictures of their own: what is said of one, where it is used, and the bytes that came."""

import hashlib
from typing import Final

import aiohttp
import pytest

from app.db.connections.connect import Connection
from app.model import BlobHash
from app.wiring.parts import Parts
from tests.apis.v1.conftest import Serve, Shop
from tests.apis.v1.gallery import ROWS
from tests.pictures import encoded
from tests.pictures import picture as pixels

_PICTURE: Final = "/v1/pictures/1"


@pytest.fixture(name="gallery")
async def _gallery(shop: Shop, connection: Connection) -> Shop:
    await connection.execute(ROWS)
    return shop


async def test_a_picture_says_where_it_is_used(gallery: Shop, connection: Connection) -> None:
    """With its texts, in images and in sets, each with its product; deleted images are no place."""
    await connection.execute("insert into image (id, product_id, picture_id) values (800, 9, 1)")
    made = await gallery.call("PUT", "/v1/products/dress/sets/detail?locale=de_DE", json={"members": [{"picture": 1}]})
    assert made.status == 201

    picture = (await gallery.get(_PICTURE, "reader")).json()

    assert picture["texts"] == {"de_DE": {"large": "Kleid von vorn", "small": None}}
    assert [(one["id"], one["product"]["sku"]) for one in picture["images"]] == [(705, "dress"), (800, "dress-red")]
    assert picture["sets"] == [{"product": {"id": 8, "sku": "dress"}, "name": "detail", "locale": "de_DE", "key": None}]
    of_image = (await gallery.get("/v1/images/705")).json()["picture"]
    notes = {one["code"] for one in of_image["notes"]} - {"duplicate", "name_differs"}
    assert {one["code"] for one in picture["notes"]} == notes
    assert {name: picture[name] for name in of_image if name != "notes"} == {
        name: value for name, value in of_image.items() if name != "notes"
    }
    assert (picture["external"], picture["edits"], picture["more"]) == (None, [], False)
    elsewhere = (await gallery.get("/v1/pictures/4")).json()
    assert elsewhere["external"] == {"large": "https://img.example/4.jpg", "small": None}


async def test_texts_are_patched_at_a_revision(gallery: Shop) -> None:
    """A merge patch by locale; its images show it; who read something else is told what there is."""
    first = await gallery.get(_PICTURE)
    said = {"texts": {"de_DE": {"small": "Kleid"}, "en_US": {"large": "A dress"}}}

    changed = await gallery.call("PATCH", _PICTURE, "editor", json=said, headers={"If-Match": first.headers["ETag"]})

    texts = {"de_DE": {"large": "Kleid von vorn", "small": "Kleid"}, "en_US": {"large": "A dress", "small": None}}
    assert (changed.status, changed.json()["texts"], changed.json()["revision"]) == (200, texts, 1)
    assert changed.headers["ETag"].startswith('"picture1-1-')
    assert (await gallery.get("/v1/images/705")).json()["picture"]["texts"] == texts
    stale = await gallery.call("PATCH", _PICTURE, "editor", json=said, headers={"If-Match": first.headers["ETag"]})
    nothing = await gallery.call("PATCH", _PICTURE, "editor", json={}, headers={"If-Match": first.headers["ETag"]})
    assert nothing.status == 412
    assert (stale.status, stale.json()["current"]) == (412, changed.json())
    held = await gallery.get(_PICTURE, If_None_Match=changed.headers["ETag"])
    assert (held.status, held.body) == (304, b"")
    same = await gallery.call("PATCH", _PICTURE, "editor", json={"texts": {"en_US": {"large": "A dress"}}})
    assert same.body == changed.body
    none = await gallery.call("PATCH", _PICTURE, "editor", json={"texts": None})
    assert none.json()["texts"] == {}


@pytest.mark.parametrize(
    ("body", "mistakes"),
    [
        ({"texts": {"de-": {}}}, [("/texts/de-", "out_of_range")]),
        (
            {"texts": {"de-": None, "de": {"large": 5}}},
            [("/texts/de/large", "wrong_type"), ("/texts/de-", "out_of_range")],
        ),
        ({"texts": {"de": {"tiny": "x"}, "": None}}, [("/texts/de/tiny", "unknown"), ("/texts/", "out_of_range")]),
        ({"texts": {"de": {"large": 1, "small": "x" * 65_536}}}, None),
        ({"label": "x"}, [("/label", "unknown")]),
    ],
)
async def test_texts_that_cannot_be_are_refused(
    gallery: Shop, body: dict[str, object], mistakes: list[tuple[str, str]] | None
) -> None:
    """Each in its place, before the picture is looked for."""
    for path in (_PICTURE, "/v1/pictures/999"):
        answer = await gallery.call("PATCH", path, "editor", json=body)
        wanted = mistakes or [("/texts/de/large", "wrong_type"), ("/texts/de/small", "too_long")]
        assert (answer.status, answer.mistakes) == (422, wanted)
    assert (await gallery.call("PATCH", "/v1/pictures/999", "editor", json={"texts": None})).status == 404


async def test_the_upload_is_sent_to_who_may_have_it(serve: Serve, connection: Connection) -> None:
    """Whole and in part, to be saved, kept nowhere; of a deleted image, too; after a purge it is gone."""
    shop, data = await serve(), encoded(pixels())
    form = aiohttp.FormData()
    form.add_field("file", data, filename="frönt.jpg")
    image = (await shop.call("POST", "/v1/products/dress/images", "editor", data=form)).json()["id"]
    path = f"/v1/images/{image}/file"

    whole = await shop.get(path, "editor")
    assert (whole.status, whole.body) == (200, data)
    assert {name: whole.headers[name] for name in ("Content-Type", "Cache-Control", "Content-Disposition")} == {
        "Content-Type": "image/jpeg",
        "Cache-Control": "no-store",
        "Content-Disposition": "attachment; filename=\"fr_nt.jpg\"; filename*=UTF-8''fr%C3%B6nt.jpg",
    }
    assert "sandbox" in whole.headers["Content-Security-Policy"]
    part = await shop.get(path, "editor", Range="bytes=2-5")
    assert (part.status, part.body) == (206, data[2:6])
    assert (await shop.get(path, "editor", Range=f"bytes={len(data)}-")).status == 416
    assert (await shop.get(path, "editor", If_None_Match=whole.headers["ETag"])).status == 304
    head = await shop.call("HEAD", path, "editor")
    assert (head.body, head.headers["Content-Length"]) == (b"", str(len(data)))

    assert (await shop.call("DELETE", f"/v1/images/{image}", "editor")).status == 204
    assert (await shop.get(path, "editor")).body == data
    parts = Parts(shop.settings, shop.database.dsn)
    async with parts.opened():
        await parts.upkeep.purge.purge(BlobHash(hashlib.sha256(data).hexdigest()))
    gone = await shop.get(path, "editor")
    assert (gone.status, gone.code) == (410, "gone")
    await connection.execute(ROWS)
    assert [(await shop.get(f"/v1/images/{one}/file")).status for one in (707, 9999)] == [404, 404]
