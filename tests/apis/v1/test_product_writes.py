"""Products made, changed and deleted by clients of the native API."""

from typing import Any

import pytest

from app.db.connections.connect import Connection
from tests.apis.v1.conftest import Shop


async def _put(shop: Shop, sku: str, /, key: str = "editor", **given: Any) -> Any:
    return await shop.call("PUT", f"/v1/products/{sku}", key, json=given)


async def test_a_product_is_made_and_changed_in_what_is_given(shop: Shop) -> None:
    """What is absent stays; the answer is the document, which whoever asks next sees, too."""
    made = await _put(shop, "hat%2F1", name="Hat", websites=["base", "second"], visible=False, id=77)
    assert (made.status, made.json()["id"], made.json()["slug"]) == (201, 77, "hat")
    changed = await _put(shop, "hat%2F1", slug="a-hat", sku="hat/1")
    assert changed.status == 200
    assert changed.json() == {**made.json(), "slug": "a-hat", "revision": made.json()["revision"] + 1}
    assert (await shop.get("/v1/products/hat%2F1")).json() == changed.json()
    assert [one["sku"] for one in (await shop.get("/v1/products?q=A-H")).json()["items"]] == ["hat/1"]
    glue = await shop.get("/abstract-products/hat%2F1/abstract-product-image-sets", None)
    assert glue.status == 200


async def test_a_variant_becomes_a_product_of_its_own(shop: Shop) -> None:
    """By `parent: null`; absent, the parent stays."""
    assert (await _put(shop, "dress-red", name="Red")).json()["parent"] == "dress"
    assert (await shop.get("/v1/products/dress")).json()["children"] == ["dress-red", "dress/blue"]
    assert (await _put(shop, "dress-red", parent=None)).json()["parent"] is None
    assert (await shop.get("/v1/products/dress")).json()["children"] == ["dress/blue"]
    assert (await _put(shop, "dress-red", parent="dress")).json()["parent"] == "dress"


@pytest.mark.parametrize(
    ("given", "status", "mistakes"),
    [
        ({"sku": "other"}, 422, [("/sku", "out_of_range")]),
        ({"parent": "none", "enabled": 1}, 422, [("/enabled", "wrong_type"), ("/parent", "not_found")]),
        ({"parent": "none", "id": 5}, 422, [("/id", "out_of_range"), ("/parent", "not_found")]),
        ({"parent": "none", "slug": "a-dress"}, 422, [("/parent", "not_found")]),
        ({"name": "a\nb", "websites": ["c\nd"]}, 422, [("/name", "out_of_range"), ("/websites/0", "out_of_range")]),
        ({"id": 9}, 422, [("/id", "out_of_range")]),
        (
            {"slug": "a b", "name": None, "x": 1},
            422,
            [("/slug", "out_of_range"), ("/name", "wrong_type"), ("/x", "unknown")],
        ),
        ({"slug": "dress-red"}, 409, []),
        ({"parent": "none"}, 422, [("/parent", "not_found")]),
        ({"parent": "dress-red"}, 422, [("/parent", "out_of_range")]),
        ({"websites": ["base", "base"]}, 422, [("/websites", "out_of_range")]),
    ],
)
async def test_what_cannot_be_is_refused(
    shop: Shop, given: dict[str, Any], status: int, mistakes: list[tuple[str, str]]
) -> None:
    """With all mistakes of the body, or a conflict; nothing is changed."""
    before = (await shop.get("/v1/products/dress")).json()
    answer = await _put(shop, "dress", **given)
    assert answer.status == status
    assert sorted(answer.mistakes) == sorted(mistakes)
    assert (await shop.get("/v1/products/dress")).json() == before


async def test_many_are_made_at_once(shop: Shop) -> None:
    """In the order given, parents among them; of each it is said what became of it, and one that cannot be costs no
    other."""
    items = [
        {"sku": "shoe", "name": "Shoe"},
        {"sku": "shoe-41", "parent": "shoe"},
        {"sku": "shoe-42", "parent": "none"},
        {"sku": "dress", "enabled": False},
        {"sku": "shoe", "slug": "dress-red"},
        {"name": "Nothing", "id": "x"},
        7,
        {"sku": "dress-red"},
    ]
    reported = (await shop.call("POST", "/v1/products", "editor", json={"items": items})).json()["items"]
    assert [(one["sku"], one["status"]) for one in reported] == [
        ("shoe", 201),
        ("shoe-41", 201),
        ("shoe-42", 422),
        ("dress", 200),
        ("shoe", 409),
        (None, 422),
        (None, 422),
        ("dress-red", 200),
    ]
    assert reported[0]["problem"] is None
    assert reported[4]["problem"]["code"] == "conflict"
    assert {one["pointer"] for one in reported[5]["problem"]["errors"]} == {"/sku", "/id"}
    assert (await shop.get("/v1/products/shoe")).json()["children"] == ["shoe-41"]
    assert (await shop.get("/v1/products/dress")).json()["enabled"] is False


@pytest.mark.parametrize("count", [0, 1001])
async def test_a_bulk_has_one_to_a_thousand(shop: Shop, count: int) -> None:
    """Not more, and not none."""
    answer = await shop.call("POST", "/v1/products", "editor", json={"items": [{"sku": "x"}] * count})
    assert (answer.status, answer.mistakes) == (422, [("/items", "out_of_range")])


async def test_a_deleted_product_is_gone_with_its_variants(shop: Shop) -> None:
    """At once, for whoever asks this process; a second time it is unknown."""
    for sku in ("dress", "dress-red"):
        assert (await shop.get(f"/v1/products/{sku}")).status == 200
    assert (await shop.call("DELETE", "/v1/products/dress", "editor")).status == 204
    for sku in ("dress", "dress-red"):
        assert (await shop.get(f"/v1/products/{sku}")).status == 404
    assert (await shop.call("DELETE", "/v1/products/dress", "editor")).status == 404


async def test_readers_write_nothing(shop: Shop) -> None:
    """Their role does not suffice."""
    assert (await _put(shop, "hat", key="reader", name="Hat")).status == 403
    assert (await shop.call("POST", "/v1/products", "reader", json={"items": []})).status == 403
    assert (await shop.call("DELETE", "/v1/products/dress", "reader")).status == 403


async def test_a_deleted_product_comes_back_with_its_variants(shop: Shop) -> None:
    """With all that it was, unless its SKU or its slug is another product's by now, or it was deleted too long ago."""
    before = [(await shop.get(f"/v1/products/{sku}")).json() for sku in ("dress", "dress-red")]
    assert (await shop.call("DELETE", "/v1/products/dress-red", "editor")).status == 204
    assert (await shop.call("POST", "/v1/products/dress-red/restore", "reader")).status == 403
    assert (await shop.call("POST", "/v1/products/dress-red/restore", "editor")).status == 200
    assert (await shop.call("DELETE", "/v1/products/dress", "editor")).status == 204
    refused = await shop.call("POST", "/v1/products/dress-red/restore", "editor")
    assert (refused.status, refused.json()["products"]) == (409, ["dress-red"]), "its parent is deleted"

    back = await shop.call("POST", "/v1/products/dress/restore", "editor")
    assert back.status == 200
    for former in before:
        product = (await shop.get(f"/v1/products/{former['sku']}")).json()
        assert product.pop("revision") > former.pop("revision")
        assert product == former
    kinds = [row["kind"] for row in (await shop.get("/v1/products/dress/history")).json()["items"]]
    assert kinds[:2] == ["product.restored", "product.deleted"]
    assert (await shop.call("POST", "/v1/products/dress/restore", "editor")).code == "conflict"
    assert (await shop.call("POST", "/v1/products/nothing/restore", "editor")).code == "not_found"


async def test_a_product_whose_names_are_taken_does_not_come_back(shop: Shop, connection: Connection) -> None:
    """The refusal says which product it is; what was deleted longer ago than is kept is gone."""
    assert (await shop.call("DELETE", "/v1/products/dress", "editor")).status == 204
    other = await shop.call("PUT", "/v1/products/other", "editor", json={"slug": "a-dress"})
    assert other.status == 201
    refused = await shop.call("POST", "/v1/products/dress/restore", "editor")
    assert (refused.status, refused.code, refused.json()["products"]) == (409, "conflict", ["dress"])
    assert (await shop.call("DELETE", "/v1/products/other", "editor")).status == 204
    await connection.execute("update product set deleted_at = now() - interval '31 days' where sku like 'dress%'")
    assert (await shop.call("POST", "/v1/products/dress/restore", "editor")).code == "gone"


async def test_a_product_is_written_at_a_revision(shop: Shop) -> None:
    """`If-Match` on PUT and DELETE compares id and revision; the refusal brings along what there is."""
    tag = (await shop.get("/v1/products/dress")).headers["ETag"]
    put = await shop.call("PUT", "/v1/products/dress", "editor", json={"name": "Red"}, headers={"If-Match": tag})
    assert (put.status, put.json()["name"]) == (200, "Red")
    for method, body in (("PUT", {"name": "Blue"}), ("DELETE", None)):
        refused = await shop.call(method, "/v1/products/dress", "editor", json=body, headers={"If-Match": tag})
        assert (refused.status, refused.json()["current"]["name"]) == (412, "Red")
    new = await shop.call("PUT", "/v1/products/new", "editor", json={}, headers={"If-Match": tag})
    assert (new.status, new.json()["current"]) == (412, None)
    assert (await shop.call("DELETE", "/v1/products/none", "editor", headers={"If-Match": tag})).status == 404
    plain = f'"p8-{put.json()["revision"]}"'
    assert (await shop.call("DELETE", "/v1/products/dress", "editor", headers={"If-Match": plain})).status == 204


async def test_a_product_is_made_only_where_there_is_none(shop: Shop) -> None:
    """`If-None-Match: *` overwrites nothing; one that was deleted is none."""
    star = {"If-None-Match": "*"}
    made = await shop.call("PUT", "/v1/products/hat", json={"name": "Hat"}, headers=star)
    refused = await shop.call("PUT", "/v1/products/hat", json={"name": "Other"}, headers=star)
    assert (made.status, refused.status, refused.code) == (201, 412, "precondition_failed")
    assert refused.json()["current"]["name"] == "Hat"
    assert (await shop.call("DELETE", "/v1/products/hat")).status == 204
    assert (await shop.call("PUT", "/v1/products/hat", json={}, headers=star)).status == 201


async def test_the_largest_id_leaves_room_for_others(shop: Shop) -> None:
    """Counting does not go on behind it: the next product's id is one that JSON's readers hold."""
    assert (await _put(shop, "hat", id=2**53 - 1)).status == 201
    number = (await _put(shop, "coat")).json()["id"]
    assert number < 2**32
    assert (await _put(shop, "coat", id=number)).status == 200


async def test_what_is_no_product_costs_no_other(shop: Shop) -> None:
    """Whatever stands in the place of one of many, null, too."""
    answer = await shop.call("POST", "/v1/products", json={"items": [None, 7, {"sku": "a\tb"}, {"sku": "hat"}]})
    assert [one["status"] for one in answer.json()["items"]] == [422, 422, 422, 201]


async def test_a_sku_that_cannot_be_is_told_with_its_place(shop: Shop) -> None:
    """Also where it stands in the path."""
    answer = await _put(shop, "x" * 256)
    assert (answer.status, answer.mistakes) == (422, [("/sku", "out_of_range")])
