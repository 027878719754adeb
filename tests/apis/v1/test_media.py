"""What products show a storefront: `GET /v1/media`. Source: native.md, sections 9 and 13."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from app.db.connections.connect import Connection
from tests.apis.v1.conftest import Answer, Serve, Shop
from tests.apis.v1.gallery import ROWS
from tests.apis.v1.test_reads import pretty
from tests.e2e.conftest import eventually

_GOLDEN: Final = Path(__file__).parent / "golden"
_READY: Final = hashlib.sha256(b"ready").hexdigest()
_MORE: Final = """
    insert into blob (hash, size, format, width, height, frames, state, marks) values
        (sha256('wide'), 9, 'jpeg', 5000, 4000, 1, 'ready', ''), (sha256('sign'), 9, 'png', 900, 600, 1, 'ready', ''),
        (sha256('film'), 9, 'gif', 500, 400, 12, 'ready', ''), (sha256('thin'), 9, 'webp', 320, 1, 1, 'ready', '');
    insert into picture (id, blob_hash) values
        (11, sha256('wide')), (12, sha256('sign')), (13, sha256('film')), (14, sha256('thin'));
    insert into image (id, product_id, picture_id, file_name, label, position) values
        (801, 9, 11, 'a.jpg', 'Wide', 2), (802, 9, 12, 'b.png', null, 1), (803, 9, 13, 'c.gif', 'Film', null),
        (804, 9, 14, 'd.webp', 'Thin', 0);
"""


@pytest.fixture(name="shop")
async def _shop(serve: Serve, connection: Connection) -> Shop:
    shop = await serve(public_url="https://shop.example")
    await connection.execute(ROWS)
    return shop


async def media(shop: Shop, query: str, **headers: str) -> Answer:
    answer = await shop.get(f"/v1/media?{query}", None, **headers)
    assert answer.status == 200, answer.body
    return answer


async def shown(shop: Shop, query: str) -> list[dict[str, Any]]:
    """The products of an answer."""
    products: list[dict[str, Any]] = (await media(shop, query)).json()["products"]
    return products


async def ids(shop: Shop, query: str) -> list[list[int]]:
    """The images of each product."""
    return [[image["id"] for image in product["images"]] for product in await shown(shop, query)]


async def test_an_answer_has_every_member(shop: Shop) -> None:
    """Of a product with a picture, an external one and an excluded one, as a store view shows it; and one unknown."""
    answer = await media(shop, "sku=dress&sku=nothing&store=german")
    assert pretty(answer.body) == (_GOLDEN / "media.json").read_bytes()
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "public, max-age=60, stale-while-revalidate=600"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Timing-Allow-Origin"] == "*"


async def test_the_order_is_that_of_the_question(shop: Shop, connection: Connection) -> None:
    """A SKU twice counts once, spelling counts, and what is not public is unknown."""
    await connection.execute(_MORE)
    answer = (await media(shop, "sku=dress-red&sku=Dress&sku=dress&sku=dress-red&sku=b")).json()
    assert [product["sku"] for product in answer["products"]] == ["dress-red", "dress"]
    assert answer["unknown"] == ["Dress", "b"]


_PUBLIC: Final = (
    ("product set visible = {} where id in (9, 10)", "false", "true", ["dress", "dress-red"]),
    ("product set visible = {} where id = 8", "false", "true", []),
    ("product set enabled = {} where id = 8", "false", "true", []),
    ("product set enabled = {} where id = 9", "false", "true", ["dress"]),
    ("product_website set product_id = {} where product_id in (8, 11)", "11", "8", []),
    ("product_website set product_id = {} where product_id in (9, 11)", "11", "9", ["dress"]),
    ("product set deleted_at = {} where id = 9", "now()", "null", ["dress"]),
    ("product set sku = {} where id = 8", "'gown'", "'dress'", ["dress-red"]),
)
"""What is changed, how, and back; and what is public meanwhile."""


async def test_only_what_is_public_is_shown(shop: Shop, connection: Connection) -> None:
    """Enabled, in a website and visible; a variant needs no visibility of its own, and a public parent. What becomes
    public or ceases to be is seen within a second, whoever writes it."""
    await connection.execute("insert into product (id, sku, sku_key, slug, enabled) values (11, 'x', 'x', 'x', false)")

    async def known() -> list[str]:
        return [product["sku"] for product in await shown(shop, "sku=dress&sku=dress-red")]

    await eventually(lambda: _costs_nothing(shop, "sku=dress&sku=dress-red"))
    for change, value, former, expected in _PUBLIC:
        await connection.execute(f"update {change.format(value)}")
        await becomes(known, expected)
        await connection.execute(f"update {change.format(former)}")
        await becomes(known, ["dress", "dress-red"])


async def becomes(read: Callable[[], Awaitable[Any]], expected: Any) -> None:
    """Within a second."""

    async def is_so() -> bool:
        return bool(await read() == expected)

    await eventually(is_so, 1)


async def test_a_variant_without_pictures_shows_its_parents(shop: Shop, connection: Connection) -> None:
    """And none of them once it shows one of its own; what is left out everywhere counts as none."""
    [variant] = await shown(shop, "sku=dress-red")
    assert (variant["inherited"], [image["id"] for image in variant["images"]]) == (True, [705, 707])
    assert variant["images"][0]["types"] == ["image", "thumbnail"]
    await connection.execute("insert into image (id, product_id, picture_id, excluded) values (800, 9, 1, true)")
    await becomes(lambda: ids(shop, "sku=dress-red"), [[705, 707]])
    await connection.execute("update image set excluded = false where id = 800")
    await becomes(lambda: ids(shop, "sku=dress-red"), [[800]])
    assert not (await shown(shop, "sku=dress-red"))[0]["inherited"]
    await connection.execute("update image_type_assignment set image_id = null; update image set deleted_at = now()")
    nothing = [{"sku": "dress-red", "inherited": False, "images": []}]
    await becomes(lambda: shown(shop, "sku=dress-red"), nothing)


async def test_a_store_view_orders_and_hides(shop: Shop, connection: Connection) -> None:
    """Excluded and hidden ones are left out in the scope that is read; what has no position is last."""
    await connection.execute("update image_store set excluded = false, position = null where image_id = 706")
    await connection.execute("update image set position = 3 where id = 706")
    for query, order in (("", [705, 707]), ("&store=german", [705, 706, 707]), ("&store=french", [705])):
        assert await ids(shop, f"sku=dress{query}") == [order]


_TEXTS: Final = (
    ("select", "Front", "Kleid von vorn"),
    ("update picture_text set large = null, small = 'Klein'", "Front", "Klein"),
    ("delete from picture_text", "Front", "Vorne"),
    ("update image set label = null", None, "Vorne"),
    ("delete from image_store", None, None),
    ("update image set label = 'Front'", "Front", "Front"),
    ("insert into image_store (image_id, store_view_id, label) values (705, 2, '')", "Front", ""),
)


async def test_the_alternative_text_is_the_nearest(shop: Shop, connection: Connection) -> None:
    """The global label where no store view is asked for; else the picture's text for its locale, its label, the global
    one, and null where there is none."""

    async def texts() -> list[str | None]:
        return [(await shown(shop, query))[0]["images"][0]["alt"] for query in ("sku=dress", "sku=dress&store=german")]

    for change, alt, local in _TEXTS:
        await connection.execute(change)
        await becomes(texts, [alt, local])


async def test_types_are_those_that_an_image_holds_there(shop: Shop, connection: Connection) -> None:
    """Of a store view its own assignments, where it has any, else the global ones; "none" is none."""
    await connection.execute(
        "insert into image_type_assignment (product_id, store_view_id, type_code, image_id)"
        " values (8, 2, 'thumbnail', null), (8, 2, 'small_image', 707)"
    )
    assert [image["types"] for image in (await shown(shop, "sku=dress"))[0]["images"]] == [["image", "thumbnail"], []]
    local = (await shown(shop, "sku=dress&store=german"))[0]["images"]
    assert [image["types"] for image in local] == [["image"], ["small_image"]]


def ladders(image: dict[str, Any]) -> dict[str, list[tuple[str, int, int]]]:
    """By format: name of the recipe, width, height."""
    return {
        fmt: [(re.search("renditions/(w[0-9]+)-", one["url"])[1], one["width"], one["height"]) for one in offers]  # type: ignore[index]
        for fmt, offers in image["srcset"].items()
    }


async def test_widths_go_up_to_the_pictures_own(shop: Shop, connection: Connection) -> None:
    """All that are narrower, then the next one, which shows it as wide as it is; of one that is wider than all, all. In
    its own format, WebP and AVIF; a moving picture in those that move."""
    await connection.execute(_MORE)
    thin, sign, wide, film = (await shown(shop, "sku=dress-red"))[0]["images"]
    heights = [(320, 256), (480, 384), (640, 512), (828, 662), (1080, 864), (1500, 1200), (2048, 1638)]
    assert ladders(wide)["jpeg"] == [(f"w{width}", width, height) for width, height in heights]
    assert list(ladders(wide)) == ["jpeg", "webp", "avif"]
    own = [("w320", 320, 213), ("w480", 480, 320), ("w640", 640, 427), ("w828", 828, 552), ("w1080", 900, 600)]
    assert ladders(sign) == {"png": own, "webp": own, "avif": own}
    moving = [("w320", 320, 256), ("w480", 480, 384), ("w640", 500, 400)]
    assert ladders(film) == {"gif": moving, "webp": moving}
    assert ladders(thin) == {"webp": [("w320", 320, 1)], "avif": [("w320", 320, 1)]}
    assert "/large-" in wide["src"]
    assert wide["src"].endswith("/a.jpg")


async def test_a_turned_picture_is_as_it_is_seen(shop: Shop) -> None:
    """Its sides and those of its widths, after the orientation."""
    image = (await shown(shop, "sku=dress"))[0]["images"][0]
    assert (image["width"], image["height"]) == (2000, 3000)
    assert ladders(image)["jpeg"][0] == ("w320", 320, 480)
    assert f"/{_READY}/" in image["srcset"]["avif"][0]["url"]


_MISTAKEN: Final = {
    "": [("?sku", "required")],
    "?store=german": [("?sku", "required")],
    "?sku=a&store=italian": [("?store", "not_found")],
    "?sku=dress&sku=b&store=": [("?store", "not_found")],
    "?sku=a&store=german&store=french": [("?store", "wrong_type")],
    "?sku=a&skus=b&limit=2": [("?limit", "unknown"), ("?skus", "unknown")],
    "?" + "&".join(f"sku={number}" for number in range(51)): [("?sku", "out_of_range")],
    "?sku=%00": [("?sku", "out_of_range")],
}


async def test_what_is_no_question_is_refused(shop: Shop) -> None:
    """With all that is wrong, for pages of other origins to read, too."""
    for query, mistakes in _MISTAKEN.items():
        answer = await shop.get(f"/v1/media{query}", None)
        assert (answer.status, sorted(answer.mistakes)) == (422, mistakes)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cache-Control"] == "no-store"


async def test_fifty_are_not_too_many(shop: Shop) -> None:
    """However often each is named."""
    query = "&".join(f"sku={number % 50}" for number in range(90))
    assert len((await media(shop, query)).json()["unknown"]) == 50


async def test_who_holds_an_answer_is_told_so(shop: Shop) -> None:
    """By its tag, which is another one once something in it is."""
    for query in ("sku=dress", "sku=dress&sku=dress-red&store=german", "sku=nothing"):
        first = await media(shop, query)
        held = await shop.get(f"/v1/media?{query}", None, If_None_Match=first.headers["ETag"])
        assert (held.status, held.body) == (304, b"")
        for name in ("ETag", "Cache-Control", "Access-Control-Allow-Origin"):
            assert held.headers[name] == first.headers[name]
        assert (await shop.get(f"/v1/media?{query}", None, If_None_Match='"other"')).body == first.body
        other = await media(shop, f"{query}&sku=another")
        assert other.headers["ETag"] != first.headers["ETag"]


async def test_no_key_is_asked_for_and_none_is_read(shop: Shop) -> None:
    """A wrong one does no harm; other methods are not there; a preflight is let through."""
    answer = await shop.get("/v1/media?sku=dress", "x" * 48)
    assert answer.status == 200
    assert (await shop.call("HEAD", "/v1/media?sku=dress", None)).status == 200
    refused = await shop.call("POST", "/v1/media?sku=dress", None)
    assert (refused.status, refused.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    asked = {"Origin": "https://a.example", "Access-Control-Request-Headers": "if-none-match"}
    preflight = await shop.call("OPTIONS", "/v1/media", None, headers=asked)
    assert (preflight.status, preflight.headers["Access-Control-Allow-Headers"]) == (204, "*")
    assert "Access-Control-Allow-Origin" not in (await shop.call("OPTIONS", "/v1/images", None)).headers


async def _figure(shop: Shop, name: str) -> float:
    figures = (await shop.get("/metrics", None)).body.decode()
    found = re.search(rf"^product_images_{name} (\S+)", figures, re.MULTILINE)
    return float(found[1]) if found else 0.0


async def statements(shop: Shop) -> float:
    return await _figure(shop, 'database_statement_seconds_count{query="shown_media"}')


async def _costs_nothing(shop: Shop, query: str) -> bool:
    before = await statements(shop)
    await media(shop, query)
    return await statements(shop) == before


async def test_what_is_missing_comes_by_one_statement(shop: Shop, connection: Connection) -> None:
    """However many SKUs, and nothing once they are there, in whatever company; one that was dropped is read alone."""
    await eventually(lambda: _costs_nothing(shop, "sku=dress"))  # changes are heard of
    before = await statements(shop)
    await media(shop, "&".join(f"sku={sku}" for sku in ("dress", "dress-red", "dress/blue", *range(47))))
    assert await statements(shop) == before + 1
    for query in ("sku=dress-red", "sku=46", "sku=dress/blue&sku=3&sku=dress", "sku=3&sku=dress"):
        assert await _costs_nothing(shop, query)
    assert not await _costs_nothing(shop, "sku=dress&store=german")
    bodies = [(await media(shop, f"sku={sku}")).body for sku in ("dress", "3")]
    joined = (await media(shop, "sku=dress&sku=3")).body
    assert orjson.loads(joined) == {
        "products": orjson.loads(bodies[0])["products"],
        "unknown": orjson.loads(bodies[1])["unknown"],
    }


async def test_answers_of_several_are_not_kept(shop: Shop) -> None:
    """Only what each product shows is, so that nobody drives out others by asking for them in all orders."""
    await eventually(lambda: _costs_nothing(shop, "sku=dress&sku=dress-red&sku=a"))
    before = await _figure(shop, 'cache_bytes{cache="shown"}')
    for query in ("sku=a&sku=dress", "sku=dress-red&sku=dress", "sku=a&sku=dress-red&sku=dress"):
        assert await _costs_nothing(shop, query)
    assert await _figure(shop, 'cache_bytes{cache="shown"}') == before


_CHANGES: Final = (
    ("update image set label = 'Side' where id = 705", "sku=dress", ("images", 0, "alt"), "Side"),
    ("update image set label = 'Back' where id = 705", "sku=dress-red", ("images", 0, "alt"), "Back"),
    ("update picture_text set large = 'Neu'", "sku=dress&store=german", ("images", 0, "alt"), "Neu"),
    ("update image_store set excluded = true where image_id = 705", "sku=dress&store=german", ("images", 0, "id"), 707),
    ("update blob set thumbhash = 'AAAAAAAA'", "sku=dress", ("images", 0, "thumbhash"), "AAAAAAAA"),
    ("update blob set color = '#010203'", "sku=dress-red", ("images", 0, "color"), "#010203"),
    ("update image_type_assignment set image_id = null", "sku=dress", ("images", 0, "types"), []),
    ("update picture set url_large = 'https://b' where id = 4", "sku=dress", ("images", 1, "src"), "https://b"),
    ("update image set position = 0 where id = 707", "sku=dress", ("images", 0, "id"), 707),
    ("insert into image (id, product_id, picture_id) values (900, 9, 1)", "sku=dress-red", ("inherited",), False),
    ("update product set parent_id = null where id = 10", "sku=dress%2Fblue", ("images",), []),
)


async def test_what_changes_is_seen(shop: Shop, connection: Connection) -> None:
    """Whoever writes, by plain SQL, too: the product's fragment goes, alone and in company, within a second."""
    for statement, query, pointer, value in _CHANGES:
        company = f"{query}&sku=nothing"
        await eventually(lambda query=query: _costs_nothing(shop, query))
        await eventually(lambda company=company: _costs_nothing(shop, company))
        assert await _pointed(shop, query, pointer) != value
        await connection.execute(statement)
        for asked in (query, company):
            await becomes(lambda asked=asked, pointer=pointer: _pointed(shop, asked, pointer), value)


async def _pointed(shop: Shop, query: str, pointer: tuple[Any, ...]) -> Any:
    found: Any = (await shown(shop, query))[0]
    for step in pointer:
        found = found[step]
    return found


async def test_a_store_view_that_is_gone_is_unknown_at_once(shop: Shop, connection: Connection) -> None:
    """What was kept of it is not shown any more."""
    query = "sku=dress&store=french"
    await eventually(lambda: _costs_nothing(shop, query))
    await connection.execute("update store_view set code = 'breton' where id = 3")

    async def is_refused() -> bool:
        return (await shop.get(f"/v1/media?{query}", None)).status == 422

    await eventually(is_refused, 1)
