"""Taking back through the native API."""

from datetime import timedelta

import pytest

from app.db.connections.connect import Connection
from app.service.galleries.undoing import LongUndo
from app.service.pictures.edits.following import Edits
from app.settings import Settings
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


async def write(connection: Connection, *rows: tuple[str, int | None, int | None, str, str]) -> None:
    """Rows of the log: kind, product, image, batch and actor of each."""
    await connection.executemany(
        "insert into change "
        "(kind, product_id, image_id, revision, batch, actor_kind, actor_id, actor_name, via, after) "
        "values ($1, $2, $3, $3, $4, 'key', $5, 'PIM', 'v1', '{\"label\": \"New\"}')",
        rows,
    )


async def test_the_history_is_read_from_its_newest_row_on(shop: Shop, connection: Connection) -> None:
    """Of everything, of a product, of an image; a row tells who did what to which thing, and what was there before."""
    await tell(connection, "7", "mine")
    await write(connection, ("product.updated", 8, None, "other", "9"), ("image.created", 9, 4711, "other", "9"))

    newest, _, oldest = (await shop.get("/v1/history", "reader")).json()["items"][:3]
    assert (newest["kind"], newest["sku"], newest["image_id"]) == ("image.created", "dress-red", 4711)
    assert {name: value for name, value in oldest.items() if name not in {"id", "at", "revision"}} == {
        "actor": {"kind": "key", "id": "7", "name": None}, "via": "v1", "request_id": None, "batch": "mine",
        "product_id": 8, "sku": "dress", "image_id": 705, "kind": "image.updated",
        "before": {"label": "Old"}, "after": {"label": "New"},
    }  # fmt: skip
    assert oldest["at"].endswith("Z")
    of_product = (await shop.get("/v1/products/dress/history", "reader")).json()["items"]
    assert [row["kind"] for row in of_product][:2] == ["product.updated", "image.updated"]
    assert [row["id"] for row in (await shop.get("/v1/images/705/history")).json()["items"]] == [oldest["id"]]
    assert len((await shop.get("/v1/images/4711/history")).json()["items"]) == 1, (
        "the image is gone, its history is not"
    )


async def test_the_history_is_filtered(shop: Shop, connection: Connection) -> None:
    """By who acted (id or name), way, batch, kinds and time; a page that nothing matches is empty."""
    await connection.execute("delete from change")
    await write(connection, ("image.created", 8, 1, "a", "9"), ("image.deleted", 8, 2, "a", "9"))
    await write(connection, ("product.updated", 8, None, "b", "10"))
    wanted = {
        "actor=9": [2, 1], "actor=PIM": [None, 2, 1], "actor=nobody": [], "via=v1": [None, 2, 1], "via=spree": [],
        "batch=a": [2, 1], "kind=image.*": [2, 1], "kind=image.created&kind=product.updated": [None, 1],
        "since=2020-01-01T00:00:00Z": [None, 2, 1], "since=2220-01-01T00:00:00%2B01:00": [],
        "batch=a&kind=image.deleted&actor=9": [2],
    }  # fmt: skip
    for query, images in wanted.items():
        page = (await shop.get(f"/v1/history?{query}", "reader")).json()
        assert ([row["image_id"] for row in page["items"]], page["next"]) == (images, None), query
    for query in ("via=post", "since=yesterday", "since=2020-01-01T00:00:00", "kind=image", "after=x", "who=me"):
        refused = await shop.get(f"/v1/history?{query}")
        assert (refused.status, refused.mistakes[0][0]) == (422, f"?{query.partition('=')[0]}")


async def test_cursors_lead_through_the_history(shop: Shop, connection: Connection) -> None:
    """Each row once, whatever is written meanwhile; behind rows that are forgotten there is nothing to go on with."""
    await connection.execute("delete from change")
    await write(connection, *(("image.updated", 8, 705, "a", "9") for _ in range(5)))
    ids = [row["id"] for row in await connection.fetch("select id from change order by id desc")]
    for path in ("/v1/history", "/v1/images/705/history", "/v1/products/dress/history"):
        seen, cursor = list[int](), ""
        while cursor is not None:
            page = (await shop.get(f"{path}?limit=2{cursor and f'&after={cursor}'}")).json()
            seen, cursor = seen + [row["id"] for row in page["items"]], page["next"]
            if len(seen) == 2:
                await write(connection, ("image.updated", 8, 705, "late", "9"))
        assert [row for row in seen if row in ids] == ids, path
        first = (await shop.get(f"{path}?limit=1")).json()["next"]
        await connection.execute("update change_tidying set forgotten_to = $1", max(seen) + 100)
        assert (await shop.get(f"{path}?limit=1&after={first}")).code == "gone"
        await connection.execute("update change_tidying set forgotten_to = 0")


async def test_what_was_done_to_keys_is_shown_to_admins(shop: Shop) -> None:
    """Others do not see that there is such a row."""
    asked = "/v1/history?kind=key.*"
    assert {row["kind"] for row in (await shop.get(asked, "admin")).json()["items"]} == {"key.added"}
    for role in ("reader", "editor"):
        assert (await shop.get(asked, role)).json() == {"items": [], "next": None}


async def test_a_history_of_nothing_is_not_found(shop: Shop) -> None:
    """Neither of an image nor of a product that never was; a product that was deleted has one."""
    assert (await shop.get("/v1/images/99/history")).code == "not_found"
    assert (await shop.get("/v1/products/nothing/history")).code == "not_found"
    assert (await shop.call("DELETE", "/v1/products/dress-red", "editor")).status == 204
    kinds = [row["kind"] for row in (await shop.get("/v1/products/dress-red/history")).json()["items"]]
    assert kinds[0] == "product.deleted"


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


async def test_what_was_sent_with_one_name_is_taken_back_as_one(shop: Shop, connection: Connection) -> None:
    """The name is the key's: another key's batch of the same name is another one, which an admin says whose it is."""
    spring = {"headers": {"Batch": "spring"}}
    for label, path in (("One", "/v1/images/705"), ("Two", "/v1/images/706")):
        assert (await shop.call("PATCH", path, "editor", json={"label": label}, **spring)).status == 200
    assert (await shop.call("PATCH", "/v1/images/705", "admin", json={"exclude": True}, **spring)).status == 200
    assert await connection.fetchval("select count(*) from open_batch where batch = 'spring'") == 2
    rows = (await shop.get("/v1/history?batch=spring")).json()["items"]
    assert [row["image_id"] for row in rows] == [705, 706, 705]

    assert (await shop.call("POST", _UNDO, "admin", json={"batch": "spring"})).json()["undone"] == 1, "one's own first"
    both = await shop.call("POST", _UNDO, "admin", json={"batch": "spring", "actor": "the editor", "force": True})
    assert both.json()["undone"] == 1, "the other image was changed since, though it is what it was"
    assert both.json()["left"] == [705]
    assert await connection.fetchval("select count(*) from change where kind = 'batch.finished'") == 2
    for name in ("", "a b", "x" * 65, "é"):
        refused = await shop.call("PATCH", "/v1/images/705", "editor", json={}, headers={"Batch": name})
        assert (refused.status, refused.code) == (400, "malformed")


async def test_what_cannot_be_taken_back_is_a_problem(shop: Shop, connection: Connection) -> None:
    """Another key's, what is unknown, and what was changed since, of which the images are reported."""
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


async def test_a_large_undo_is_a_job(shop: Shop, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """202 says which; who began it and admins see how far it is and may stop it, others do not know of it."""
    monkeypatch.setattr("app.service.galleries.undo.MOST_CHANGES", 0)
    editor = str(await connection.fetchval("select id from api_key where role = 'editor'"))
    await tell(connection, editor, "mine")

    begun = await shop.call("POST", _UNDO, "editor", json={"batch": "mine"})
    assert (begun.status, begun.json()["state"], begun.json()["of"]) == (202, "waiting", 1)
    path = begun.headers["Location"]
    assert (await shop.get(path, "editor")).json() == begun.json()
    assert (await shop.get(path, "reader")).code == "not_found"
    stopped = await shop.call("DELETE", path, "admin")
    assert (stopped.status, stopped.json()["id"]) == (202, begun.json()["id"])
    await LongUndo(shop.database, timedelta(days=30), Edits(Settings())).work(begun.json()["id"])
    assert (await shop.get(path, "editor")).json()["state"] == "stopped"
    assert (await shop.get("/v1/images/705")).json()["label"] == "New"
    queued = (await shop.get("/v1/jobs")).json()["items"]
    assert (await shop.get(f"/v1/jobs/{queued[0]['id']}", "reader")).json() == queued[0]


async def test_an_image_is_restored_to_a_revision(shop: Shop, connection: Connection) -> None:
    """The answer is the image; what is not deleted, or has not come so far, is refused."""
    await tell(connection, "0", "other")
    revision = await connection.fetchval("select revision from image where id = 705")

    restored = await shop.call("POST", "/v1/images/705/restore", "editor", json={"revision": revision - 1})
    assert (restored.status, restored.json()["label"], restored.json()["revision"]) == (200, "Old", revision + 1)
    assert (await shop.call("POST", "/v1/images/705/restore", "editor")).code == "conflict"
    held = {"headers": {"If-Match": f'"705-{revision}"'}, "json": {"revision": 0}}
    stale = await shop.call("POST", "/v1/images/705/restore", "editor", **held)
    assert (stale.status, stale.json()["current"]["revision"]) == (412, revision + 1)
    ahead = await shop.call("POST", "/v1/images/705/restore", "editor", json={"revision": 99})
    assert (ahead.status, ahead.mistakes) == (422, [("/revision", "out_of_range")])
    assert (await shop.call("POST", "/v1/images/4711/restore", "editor")).code == "not_found"


async def test_an_order_in_a_store_view_is_taken_back_beside_what_else_is_said_there(shop: Shop) -> None:
    """An image with a label of its own there, and no position, has neither one nor loses the other."""
    path = "/v1/products/dress/images?store=german"
    before = (await shop.get(path)).json()["items"]
    order = [image["id"] for image in reversed(before)]
    put = await shop.call("PUT", "/v1/products/dress/images/order?store=german", json={"images": order})
    assert [image["id"] for image in put.json()["items"]] == order
    change = (await shop.get("/v1/history?kind=gallery.reordered")).json()["items"][0]["id"]

    undone = await shop.call("POST", "/v1/history/undo", json={"change": change})

    assert undone.status == 200, undone.body
    assert [image["stores"] for image in (await shop.get(path)).json()["items"]] == [
        image["stores"] for image in before
    ]


async def test_what_went_with_a_product_that_is_deleted_again_is_a_conflict(shop: Shop) -> None:
    """A batch changed an image and brought its product back, which others had deleted meanwhile: what it did before
    that cannot be taken back once the product is gone."""

    async def say(label: str) -> None:
        said = await shop.call("PATCH", "/v1/images/705", json={"label": label}, headers={"Batch": "b"})
        assert said.status == 200, said.body

    await say("One")
    assert (await shop.call("DELETE", "/v1/products/dress")).status == 204
    assert (await shop.call("POST", "/v1/products/dress/restore", headers={"Batch": "b"})).status == 200
    await say("Two")

    refused = await shop.call("POST", _UNDO, json={"batch": "b"})
    done = await shop.call("POST", _UNDO, json={"batch": "b", "force": True})

    assert (refused.status, refused.json()["images"]) == (409, [705])
    assert (done.status, done.json()["left"]) == (200, [705])
    assert (await shop.get("/v1/products/dress")).status == 404
