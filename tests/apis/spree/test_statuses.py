"""Every other status, answer by answer."""

from typing import Any

import pytest
import pytest_asyncio

from .conftest import IMAGES, Serve, Shop, form, png
from .golden import answers

STATUSES = answers("statuses")
MEMBER = f"{IMAGES}/1"
VARIANT = "/api/v1/variants/11/images"
PARTS = {"Content-Type": "multipart/form-data; boundary=b"}

CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "malformed JSON": ("POST", IMAGES, {"data": b"{", "headers": {"Content-Type": "application/json"}}),
    "malformed multipart": ("POST", IMAGES, {"data": b"--b\r\nContent-Disp", "headers": PARTS}),
    "no key": ("GET", IMAGES, {"key": None}),
    "blank key": ("GET", f"{IMAGES}?token=x", {"key": " "}),
    "unknown key": ("GET", IMAGES, {"key": "<wrong>"}),
    "order token": ("GET", IMAGES, {"key": None, "headers": {"X-Spree-Order-Token": "x"}}),
    "unknown product": ("GET", "/api/v1/products/1abc/images", {}),
    "deleted product": ("GET", "/api/v1/products/9/images", {}),
    "unknown variant": ("GET", "/api/v1/variants/abc/images", {}),
    "unknown image": ("GET", f"{IMAGES}/abc", {}),
    "no unscoped images": ("GET", "/api/v1/images", {}),
    "put on the collection": ("PUT", IMAGES, {}),
    "delete on the collection": ("DELETE", IMAGES, {}),
    "options": ("OPTIONS", IMAGES, {}),
    "post on a member": ("POST", MEMBER, {"json": {"_method": "put", "alt": "x"}}),
    "post on a member with an override in the query": ("POST", f"{MEMBER}?_method=delete", {"data": {"a": "b"}}),
    "unknown path": ("GET", "/api/v7/anything", {}),
    "edit": ("GET", f"{MEMBER}/edit", {}),
    "xml list": ("GET", f"{IMAGES}.xml", {}),
    "xml creation": ("POST", f"{IMAGES}.xml", {"data": form(png())}),
    "xml new": ("GET", f"{IMAGES}/new.xml", {}),
    "other suffix": ("GET", f"{MEMBER}.html", {}),
    "body over the limit": ("POST", IMAGES, {"data": {"image[alt]": "x" * 70_000}}),
    "unparsed media type": ("POST", IMAGES, {"data": b"x", "headers": {"Content-Type": "text/plain"}}),
    "image that is no object": ("PUT", MEMBER, {"json": {"image": "foo"}}),
    "attachment that is no file": ("POST", IMAGES, {"json": {"image": {"attachment": 'foo "bar"'}}}),
    "attachment by address": ("POST", IMAGES, {"data": {"image[attachment]": "http://127.0.0.1/a.png"}}),
    "bogus viewable type": ("PUT", MEMBER, {"json": {"viewable_type": "Spree::Bogus"}}),
    "unknown target": ("PUT", MEMBER, {"json": {"viewable_id": 777, "alt": "x"}}),
    "deleted target": ("PUT", MEMBER, {"data": {"image[viewable_id]": "9"}}),
    "null byte": ("PUT", MEMBER, {"json": {"alt": "a\x00b"}}),
}


@pytest_asyncio.fixture(name="shop_of_all", scope="module", loop_scope="session")
async def _shop_of_all(serve_all: Serve) -> Shop:
    """With one image, which every refusal leaves as it was."""
    shop = await serve_all(max_body_bytes=65_536)
    await shop.create(alt="kept")
    return shop


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("title", STATUSES)
async def test_every_refusal_has_its_status_and_words(shop_of_all: Shop, title: str) -> None:
    """Each refusal has its status, its words and no more headers than the original's."""
    shop = shop_of_all
    method, path, options = CALLS[title]
    answer = await shop.call(method, path, **options)
    assert (answer.status, answer.body.decode().rstrip("\n")) == STATUSES[title]
    assert answer.headers["Cache-Control"] == "no-cache"
    assert not {"Allow", "WWW-Authenticate", "ETag", "Etag", "Location"} & answer.headers.keys()
    if answer.body:
        reported = "application/xml" if answer.status == 406 else "application/json; charset=utf-8"
        assert answer.headers["Content-Type"] == reported
    assert (await shop.call("GET", IMAGES)).json["images"][0]["alt"] == "kept"
    assert await shop.positions() == {1: 1}


async def test_every_answer_carries_the_harmless_headers(shop: Shop) -> None:
    """Every answer of the API carries the headers that browsers look for, and says how long it took."""
    for path in (IMAGES, "/api/v1/nothing"):
        headers = (await shop.call("GET", path)).headers
        assert headers["X-Frame-Options"] == "SAMEORIGIN"
        assert headers["X-XSS-Protection"] == "1; mode=block"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert float(headers["X-Runtime"]) >= 0
        assert "X-Request-ID" in headers


async def test_a_client_that_holds_the_document_gets_304(shop: Shop) -> None:
    """A GET or HEAD with the entity tag of the document gets 304 and no body."""
    await shop.create()
    first = await shop.call("GET", IMAGES)
    tag = first.headers["Etag"]
    assert first.headers["Cache-Control"] == "max-age=0, private, must-revalidate"
    assert tag.startswith('W/"')
    assert len(tag) == len('W/""') + 32
    for method, held in (("GET", tag), ("HEAD", f'"other", {tag}'), ("GET", "*")):
        answer = await shop.call(method, IMAGES, headers={"If-None-Match": held})
        assert (answer.status, answer.body, answer.headers["Etag"]) == (304, b"", tag)
    assert (await shop.call("GET", IMAGES, headers={"If-None-Match": '"other"'})).status == 200


async def test_head_answers_as_get_without_a_body(shop: Shop) -> None:
    """HEAD answers as GET does, without the body."""
    await shop.create()
    for path in (IMAGES, f"{IMAGES}/1", f"{IMAGES}/new"):
        got, head = await shop.call("GET", path), await shop.call("HEAD", path)
        assert (head.status, head.body) == (200, b"")
        assert head.headers["Content-Length"] == str(len(got.body))
        assert head.headers["Etag"] == got.headers["Etag"]


@pytest.mark.parametrize(
    "query", ["page=2&per_page=1", "q[id_eq]=9", "ids=7", "callback=x", "format=xml", "show_deleted=1"]
)
async def test_what_is_ignored_changes_nothing(shop: Shop, query: str) -> None:
    """Paging, searches, callbacks and formats in the query change nothing."""
    await shop.create()
    await shop.create()
    plain = await shop.call("GET", IMAGES)
    accept = {"Accept": "application/xml", "X-Api-Version": "1"}
    assert (await shop.call("GET", f"{IMAGES}?{query}", headers=accept)).body == plain.body


@pytest.mark.parametrize(
    ("alias", "path"),
    [
        ("/api/products/a-product/images", IMAGES),
        ("/api/v1/products/1/images.json", IMAGES),
        ("/api/v1/products/a-former-slug/images/", IMAGES),
        ("/api/v1/products/shared/images", IMAGES),
        ("/api/v1/variants/1/images", IMAGES),
        ("/api/v1/variants/1abc/images", IMAGES),
        ("/api/variants/11/images", VARIANT),
        ("/api/v1/products/2/images", "/api/v1/variants/3/images"),
    ],
)
async def test_a_list_has_many_addresses(shop: Shop, alias: str, path: str) -> None:
    """Slug, former slug, id and the master variant lead to one list; a slug of digits beats the id."""
    created = await shop.create(path=alias)
    assert created.status == 201
    assert (await shop.call("GET", alias)).body == (await shop.call("GET", path)).body
    assert list(await shop.positions(path)) == [created.json["id"]]


@pytest.mark.parametrize("path", ["/api/v1/products/11/images", "/api/v1/products/a-variant/images"])
async def test_a_variant_is_no_product(shop: Shop, path: str) -> None:
    """The id or the slug of a variant names no product."""
    assert (await shop.call("GET", path)).status == 404


async def test_a_shown_image_needs_no_parent(shop: Shop) -> None:
    """`show` and `new` never look at the parent; changes find an image only inside its list."""
    created = await shop.create(path=VARIANT)
    elsewhere = "/api/v1/products/none/images"
    assert (await shop.call("GET", f"{elsewhere}/{created.json['id']}xyz")).body == (
        await shop.call("GET", f"{VARIANT}/{created.json['id']}")
    ).body
    assert (await shop.call("GET", f"{elsewhere}/new")).status == 200
    assert (await shop.call("GET", IMAGES)).json == {"images": []}
    assert (await shop.call("PUT", MEMBER, json={"alt": "x"})).status == 404
    assert (await shop.call("DELETE", MEMBER)).status == 404
    assert (await shop.call("DELETE", f"{VARIANT}/{created.json['id']}")).status == 204


async def test_urls_can_be_made_absolute(serve: Serve) -> None:
    """With a prefix, with or without its slash, every listed URL is absolute."""
    shop = await serve(spree_url_prefix="https://cdn.example/")
    created = (await shop.create()).json
    assert created["mini_url"].startswith("https://cdn.example/spree/products/1/mini/cat.png?")
    assert (await shop.call("GET", IMAGES)).json == {"images": [created]}
