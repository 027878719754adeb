"""Image sets beyond the gallery, by the native API."""

from typing import Any

import pytest

from app.db.connections.connect import Connection
from tests.apis.v1.conftest import Shop
from tests.apis.v1.dialects import Dialects
from tests.apis.v1.gallery import ROWS


@pytest.fixture(name="gallery")
async def _gallery(shop: Shop, connection: Connection) -> Shop:
    await connection.execute(ROWS)
    return shop


async def test_a_set_is_made_changed_and_removed(gallery: Shop, connection: Connection) -> None:
    """By name and locale, of images and pictures in order; Glue shows it at once, and the log has each change once."""
    dialects = await Dialects.of(gallery, connection)
    before = await dialects.documents()
    body = {"members": [{"image": 705}, {"picture": 4}]}

    made = await gallery.call("PUT", "/v1/products/dress/sets/look%20book", "editor", json=body)

    members = [{"picture": 1, "images": [705]}, {"picture": 4, "images": [707]}]
    document = {"name": "look book", "locale": None, "key": None, "members": members, "revision": 1}
    assert (made.status, made.json()) == (201, document)
    assert b'"look book"' in (await dialects.documents())[2]
    assert (await gallery.get("/v1/products/dress/sets", "reader")).json() == {"items": [document], "next": None}
    again = await gallery.call("PUT", "/v1/products/dress/sets/look%20book", "editor", json=body)
    assert (again.status, again.json()) == (200, document)
    turned = await gallery.call(
        "PUT", "/v1/products/dress/sets/look%20book", "editor", json={"members": [{"picture": 4}, {"picture": 1}]}
    )
    assert (turned.json()["members"], turned.json()["revision"]) == (members[::-1], 2)
    german = await gallery.call("PUT", "/v1/products/dress/sets/look%20book?locale=de_DE", "editor", json=body)
    assert (german.status, german.json()["locale"]) == (201, "de_DE")
    for query in ("", "?locale=de_DE"):
        assert (await gallery.call("DELETE", f"/v1/products/dress/sets/look%20book{query}", "editor")).status == 204
    assert await dialects.documents() == before
    kinds = await connection.fetch("select kind from change where kind like 'set.%' order by id")
    assert [row["kind"] for row in kinds] == ["set.changed"] * 3 + ["set.removed"] * 2


@pytest.mark.parametrize(
    ("path", "body", "status", "mistakes"),
    [
        ("dress/sets/a", {"members": [{"image": 1}, {"image": 705, "picture": 1}, {}]}, 422, None),
        ("dress/sets/a", {"members": []}, 422, [("/members", "out_of_range")]),
        ("dress/sets/a", {"members": [{}] * 1001}, 422, [("/members", "out_of_range")]),
        ("dress/sets/a", {}, 422, [("/members", "required")]),
        ("dress/sets/a", {"members": [{"image": "705"}]}, 422, [("/members/0/image", "wrong_type")]),
        ("dress/sets/a?locale=", {"members": [{"image": 705}]}, 422, [("?locale", "out_of_range")]),
        ("dress/sets/a", {"members": [{"image": 705}, {"picture": 1}]}, 422, [("/members", "out_of_range")]),
        ("dress/sets/default", {"members": [{"image": 705}]}, 422, [("/name", "out_of_range")]),
        ("none/sets/a", {"members": [{"image": 705}]}, 404, []),
    ],
)
async def test_a_set_that_cannot_be_is_refused(
    gallery: Shop, path: str, body: Any, status: int, mistakes: list[tuple[str, str]] | None
) -> None:
    """Every member that is none is told; nothing is written."""
    answer = await gallery.call("PUT", f"/v1/products/{path}", "editor", json=body)
    strange = [("/members/1", "required"), ("/members/2", "required"), ("/members/0", "not_found")]
    assert (answer.status, answer.mistakes) == (status, strange if mistakes is None else mistakes)
    assert (await gallery.get("/v1/products/dress/sets")).json()["items"] == []


async def test_a_set_that_is_not_there_is_not_removed(gallery: Shop) -> None:
    """404 says so."""
    for path in ("/v1/products/dress/sets/none", "/v1/products/none/sets/none"):
        assert (await gallery.call("DELETE", path)).status == 404
    assert (await gallery.get("/v1/products/none/sets")).status == 404
