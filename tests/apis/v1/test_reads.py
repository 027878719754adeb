"""Products and images as documents: byte for byte, kept ready, dropped when something in them changes."""

import re
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
import pytest_asyncio
from yarl import URL

from app.db.connections.connect import Connection
from tests.apis.v1.conftest import Serve, Shop
from tests.apis.v1.gallery import MANY, ROWS, SMALL
from tests.e2e.conftest import eventually

_GOLDEN: Final = Path(__file__).parent / "golden"
_SLUGS: Final = re.compile(rb"-[0-9a-f]{8}/(?=[0-9a-f]{64}/)")
_KEPT: Final = (
    "/v1/images/705",
    "/v1/products/dress/images",
    "/v1/products/dress/images?store=german",
    "/v1/products/dress",
)


@pytest.fixture(name="shop")
async def _shop(serve: Serve, connection: Connection) -> Shop:
    shop = await serve(public_url="https://shop.example")
    await connection.execute(ROWS)
    return shop


shared = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(name="shop_of_all", scope="module", loop_scope="session")
async def _shop_of_all(serve_all: Serve) -> Shop:
    """The same, for tests that only read."""
    shop = await serve_all(public_url="https://shop.example")
    async with shop.database.transaction() as tx:
        await tx.connection.execute(ROWS)
    return shop


def pretty(body: bytes) -> bytes:
    """One member a line, without the hashes of recipes, which settings make."""
    return orjson.dumps(orjson.loads(_SLUGS.sub(b"-RECIPE/", body)), option=orjson.OPT_INDENT_2) + b"\n"


@shared
@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("image", "/v1/images/705"),
        ("failed", "/v1/images/706"),
        ("external", "/v1/images/707"),
        ("product", "/v1/products/dress"),
        ("variant", "/v1/products/dress%2Fblue"),
    ],
)
async def test_a_document_has_every_member(shop_of_all: Shop, name: str, path: str) -> None:
    """In this order, with null where there is nothing to say."""
    answer = await shop_of_all.get(path, "reader")
    assert answer.status == 200
    assert pretty(answer.body) == (_GOLDEN / f"{name}.json").read_bytes()
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Request-Id"]


@shared
async def test_a_deleted_image_says_so(shop_of_all: Shop) -> None:
    """It is a document like the others, with its time, and in no gallery."""
    image = (await shop_of_all.get("/v1/images/708")).json()
    assert (image["state"], image["original"], image["deleted_at"][-1]) == ("deleted", None, "Z")
    gallery = (await shop_of_all.get("/v1/products/dress/images")).json()
    assert [one["id"] for one in gallery["items"]] == [706, 705, 707]
    assert gallery["next"] is None


@shared
@pytest.mark.parametrize(("store", "order"), [("german", [705, 706, 707]), ("french", [706, 705])])
async def test_a_gallery_stands_as_a_store_view_has_it(shop_of_all: Shop, store: str, order: list[int]) -> None:
    """Its order and what it hides; the documents are the same."""
    gallery = (await shop_of_all.get(f"/v1/products/dress/images?store={store}")).json()["items"]
    assert [one["id"] for one in gallery] == order
    assert (await shop_of_all.get("/v1/images/705")).json() in gallery


@shared
@pytest.mark.parametrize(
    ("path", "status", "mistakes"),
    [
        ("/v1/images/1", 404, []),
        ("/v1/images/x", 404, []),
        ("/v1/images/99999999999999999999", 404, []),
        ("/v1/images/705?x=1", 422, [("?x", "unknown")]),
        ("/v1/products/Dress", 404, []),
        ("/v1/products/Dress/images", 404, []),
        ("/v1/products/dress/images?store=italian", 404, []),
        ("/v1/images?sha256=abc&state=deleted&limit=0", 422, [("?limit", "out_of_range")]),
        ("/v1/images?missing=image", 422, [("?missing", "out_of_range")]),
        ("/v1/images?deleted=1", 422, [("?deleted", "wrong_type")]),
        ("/v1/products?missing=label", 422, [("?missing", "out_of_range")]),
        ("/v1/products?state=ready", 422, [("?state", "out_of_range")]),
        ("/v1/products?after=x", 422, [("?after", "wrong_type")]),
        ("/v1/products?q=a&q=b", 422, [("?q", "wrong_type")]),
    ],
)
async def test_what_is_not_there_and_what_is_no_question(
    shop_of_all: Shop, path: str, status: int, mistakes: list[tuple[str, str]]
) -> None:
    """Unknown things are 404, questions that make no sense 422."""
    answer = await shop_of_all.get(path)
    assert answer.status == status
    assert set(mistakes) <= set(answer.mistakes)


@shared
@pytest.mark.parametrize("path", _KEPT)
async def test_a_document_that_a_client_holds_is_not_sent_again(shop_of_all: Shop, path: str) -> None:
    """Its tag covers all that it says."""
    first = await shop_of_all.get(path)
    held = await shop_of_all.get(path, If_None_Match=first.headers["ETag"])
    other = await shop_of_all.get(path, If_None_Match='"705-12-00000000"')
    assert (held.status, held.body, held.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert (other.status, other.body) == (200, first.body)


@shared
async def test_a_tag_begins_with_id_and_revision(shop_of_all: Shop) -> None:
    """An image's and a product's say which."""
    assert re.fullmatch('"705-12-[0-9a-f]{8}"', (await shop_of_all.get("/v1/images/705")).headers["ETag"])
    assert re.fullmatch('"p8-[0-9]+-[0-9a-f]{8}"', (await shop_of_all.get("/v1/products/dress")).headers["ETag"])


async def _hits(shop: Shop) -> float:
    figures = (await shop.get("/metrics", None)).body
    found = re.search(rb'^product_images_cache_hits_total{cache="documents"} (\S+)', figures, re.MULTILINE)
    return float(found[1]) if found else 0.0


@pytest.mark.parametrize("path", _KEPT)
async def test_a_document_is_kept_and_asks_for_a_key_every_time(shop: Shop, path: str) -> None:
    """Who asks again is answered from memory, who has no key, another API's or a revoked one is not."""
    await eventually(lambda: _is_kept(shop, path))
    assert (await shop.get(path, None)).status == 401
    assert (await shop.get(path, "x" * 48)).status == 401
    before = await _hits(shop)
    assert (await shop.get(path, "reader")).status == 200
    assert await _hits(shop) == before + 1

    made = (await shop.call("POST", "/v1/keys", json={"role": "reader"})).json()
    kept = [(await shop.get(path, made["key"])).status for _ in range(3)]
    twice = [("Authorization", f"Bearer {made['key']}")] * 2
    async with shop.session.get(shop.base.join(URL(path, encoded=True)), headers=twice) as answer:
        assert answer.status == 401
    assert (await shop.call("DELETE", f"/v1/keys/{made['id']}")).status == 204
    assert kept == [200] * 3
    await eventually(lambda: _is_refused(shop, path, made["key"]))


async def _is_refused(shop: Shop, path: str, key: str) -> bool:
    return (await shop.get(path, key)).status == 401


async def _is_kept(shop: Shop, path: str) -> bool:
    """Once changes are heard of, what is read is kept."""
    before = await _hits(shop)
    await shop.get(path)
    return await _hits(shop) > before


@pytest.mark.parametrize(
    ("statement", "path", "pointer", "value"),
    [
        ("update image set label = 'Side', revision = 13 where id = 705", "/v1/images/705", ("label",), "Side"),
        (
            "update blob set state = 'processing' where hash = sha256('ready')",
            "/v1/images/705",
            ("state",),
            "processing",
        ),
        (
            "update blob set notes = '[]' where hash = sha256('ready')",
            "/v1/products/dress/images",
            ("items", 1, "picture", "notes", 1, "code"),
            "duplicate",
        ),
        (
            "insert into rendition_failure (blob_hash, recipe_hash, reason)"
            f" values (sha256('ready'), '{SMALL.hash}', 'none')",
            "/v1/images/705",
            ("renditions", 2, "reason"),
            "none",
        ),
        ("delete from rendition where format = 'jpeg'", "/v1/images/705", ("renditions", 0, "state"), "pending"),
        ("update store_view set code = 'de' where id = 2", "/v1/products/dress", ("missing", 1), "label:de"),
        ("update product set name = 'Gown' where id = 8", "/v1/products/dress", ("name",), "Gown"),
        ("update product set sku = 'red' where id = 9", "/v1/products/dress", ("children", 0), "red"),
        ("update image set deleted_at = now() where id = 706", "/v1/products/dress", ("images", "failed"), 0),
    ],
)
async def test_a_document_follows_what_changes(
    shop: Shop, connection: Connection, statement: str, path: str, pointer: tuple[Any, ...], value: Any
) -> None:
    """Whoever wrote it: the picture's state, notes and renditions, too."""
    if "notes" in pointer:
        await connection.execute("insert into image (id, product_id, picture_id, position) values (710, 8, 1, 20)")
    await eventually(lambda: _is_kept(shop, path))
    await connection.execute(statement)

    async def follows() -> bool:
        found = (await shop.get(path)).json()
        for step in pointer:
            found = found[step]
        return bool(found == value)

    await eventually(follows)


async def test_what_becomes_of_a_picture_drops_no_dialects_documents(shop: Shop, connection: Connection) -> None:
    """A rendition that is recorded changes what the native API shows, and nothing of Glue."""
    glue = "/abstract-products/dress/abstract-product-image-sets"
    for path in (glue, "/v1/images/705"):
        await eventually(lambda path=path: _is_kept(shop, path))  # type: ignore[misc]
    await connection.execute("delete from rendition where format = 'avif'")

    async def follows() -> bool:
        return all(one["format"] == "jpeg" for one in (await shop.get("/v1/images/705")).json()["renditions"])

    await eventually(follows)
    before = await _hits(shop)
    assert (await shop.get(glue, None)).status == 200
    assert await _hits(shop) == before + 1


async def test_lists_page(shop: Shop, connection: Connection) -> None:
    """Products and images, with the way to the next page."""
    await connection.execute(MANY)
    first = await shop.get("/v1/images?product=10&limit=15")
    assert [one["id"] for one in first.json()["items"]] == list(range(1001, 1016))
    assert f"after={first.json()['next']}" in first.headers["Link"]
    last = await shop.get(f"/v1/images?product=10&limit=15&after={first.json()['next']}")
    assert [one["id"] for one in last.json()["items"]] == list(range(1016, 1021))
    assert last.json()["next"] is None

    found = await shop.get("/v1/products?q=DRESS&limit=2")
    rest = await shop.get(f"/v1/products?q=DRESS&limit=2&after={found.json()['next']}")
    skus = [one["sku"] for one in (*found.json()["items"], *rest.json()["items"])]
    assert skus == ["dress", "dress/blue", "dress-red"]
    assert (await shop.get("/v1/products/dress")).json() == found.json()["items"][0]


@pytest.mark.parametrize(
    ("query", "skus"),
    [
        ("sku=dress&sku=none&sku=dress-red", ["dress", "dress-red"]),
        ("parent=dress", ["dress-red", "dress/blue"]),
        ("state=failed", ["dress"]),
        ("missing=image", ["dress-red", "dress/blue"]),
        ("missing=label:german", ["dress"]),
        ("missing=type:image", []),
        ("missing=type:small_image&enabled=true&website=base", ["dress"]),
        ("enabled=false", []),
    ],
)
async def test_products_are_filtered(shop: Shop, query: str, skus: list[str]) -> None:
    """By each parameter, together with others."""
    assert [one["sku"] for one in (await shop.get(f"/v1/products?{query}")).json()["items"]] == skus


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", [705, 706, 707]),
        ("sku=dress&state=external", [707]),
        ("state=failed", [706]),
        ("deleted=true", [708]),
        ("missing=label:german", [707]),
        ("missing=label:french", []),
        ("product=9", []),
    ],
)
async def test_images_are_filtered(shop: Shop, query: str, ids: list[int]) -> None:
    """By each parameter, together with others."""
    assert [one["id"] for one in (await shop.get(f"/v1/images?{query}")).json()["items"]] == ids
