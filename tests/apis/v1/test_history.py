"""Taking back through the native API."""

import pytest

from app.db.connections.connect import Connection
from tests.apis.v1.conftest import Serve, Shop
from tests.apis.v1.gallery import ROWS

_UNDO = "/v1/history/undo"


@pytest.fixture(name="shop")
async def _shop(serve: Serve, connection: Connection) -> Shop:
    shop = await serve(public_url="https://shop.example")
    await connection.execute(ROWS)
    return shop


async def tell(connection: Connection, actor: str, batch: str) -> None:
    """That image 705 was given its label, and had none before."""
    await connection.execute(
        "with counted as (update image set revision = revision + 1, label = 'New' where id = 705 returning revision) "
        "insert into change (actor_kind, actor_id, via, batch, kind, product_id, image_id, revision, before, after) "
        "select 'key', $1, 'v1', $2, 'image.updated', 8, 705, revision, '{\"label\": \"Old\"}', '{\"label\": \"New\"}' "
        "from counted",
        *(actor, batch),
    )


async def test_a_batch_is_taken_back(shop: Shop, connection: Connection) -> None:
    """By the key that did it, or by an admin; the answer names the batch that the undo is, which can be undone."""
    editor = str(await connection.fetchval("select id from api_key where role = 'editor'"))
    await tell(connection, editor, "mine")

    done = await shop.call("POST", _UNDO, "editor", json={"batch": "mine"})
    assert done.status == 200
    assert (done.json()["undone"], done.json()["left"]) == (1, [])
    assert (await shop.get("/v1/images/705")).json()["label"] == "Old"
    again = await shop.call("POST", _UNDO, "admin", json={"batch": done.json()["batch"]})
    assert again.status == 200
    assert (await shop.get("/v1/images/705")).json()["label"] == "New"


async def test_what_cannot_be_taken_back_is_a_problem(shop: Shop, connection: Connection) -> None:
    """Another key's, what is unknown, and what was changed since, of which the images are told."""
    await tell(connection, "0", "other")
    asked = [("editor", {"batch": "other"}, "not_found"), ("admin", {"change": 4711}, "not_found")]
    asked += [("reader", {"batch": "other"}, "forbidden"), ("admin", {}, "invalid")]
    for key, body, code in asked:
        assert (await shop.call("POST", _UNDO, key, json=body)).code == code
    await tell(connection, "0", "later")
    refused = await shop.call("POST", _UNDO, "admin", json={"batch": "other"})
    assert (refused.status, refused.code, refused.json()["images"]) == (409, "conflict", [705])
    left = await shop.call("POST", _UNDO, "admin", json={"batch": "other", "force": True})
    assert (left.json()["undone"], left.json()["left"]) == (0, [705])


async def test_an_image_is_restored_to_a_revision(shop: Shop, connection: Connection) -> None:
    """The answer is the image; what is not deleted, or has not come so far, is refused."""
    await tell(connection, "0", "other")
    revision = await connection.fetchval("select revision from image where id = 705")

    restored = await shop.call("POST", "/v1/images/705/restore", "editor", json={"revision": revision - 1})
    assert (restored.status, restored.json()["label"], restored.json()["revision"]) == (200, "Old", revision + 1)
    assert (await shop.call("POST", "/v1/images/705/restore", "editor")).code == "conflict"
    ahead = await shop.call("POST", "/v1/images/705/restore", "editor", json={"revision": 99})
    assert (ahead.status, ahead.mistakes) == (422, [("/revision", "out_of_range")])
    assert (await shop.call("POST", "/v1/images/4711/restore", "editor")).code == "not_found"
