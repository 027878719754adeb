"""What is refused, in which order, and in which words."""

from typing import Any

import pytest
import pytest_asyncio

from tests.apis.v1.conftest import Answer, Serve, Shop

STORE = {"code": "italian", "locale": "it_IT"}


shared = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(name="shop_of_all", scope="module", loop_scope="session")
async def _shop_of_all(serve_all: Serve) -> Shop:
    """For refusals, which leave it as it was."""
    return await serve_all()


async def put(shop: Shop, path: str = "/v1/stores/4", key: str | None = "admin", **options: Any) -> Answer:
    return await shop.call("PUT", path, key, **options)


async def test_a_store_view_is_made_and_shown(shop: Shop) -> None:
    """PUT makes one, 201, and changes what is given, 200; the list has it."""
    made = await put(shop, json=STORE)
    changed = await put(shop, json={"active": False})
    listed = (await shop.get("/v1/stores", "reader")).json()

    document = {"id": 4, "code": "italian", "locale": "it_IT", "website": "base", "active": True, "default": False}
    assert (made.status, made.json()) == (201, document)
    assert (changed.status, changed.json()) == (200, document | {"active": False})
    assert [one["id"] for one in listed["items"]] == [1, 2, 3, 4]
    assert listed["next"] is None


@pytest.mark.parametrize(
    ("status", "code", "changes"),
    [
        (401, "unauthenticated", {"key": "unknown" * 5, "path": "/v1/nothing"}),
        (404, "not_found", {"key": "reader", "path": "/v1/nothing", "method": "POST"}),
        (405, "method_not_allowed", {"key": "reader", "method": "PATCH", "data": b"x" * 3_000}),
        (403, "forbidden", {"key": "reader", "data": b"x" * 3_000}),
        (413, "too_large", {"data": b"x" * 3_000, "headers": {"Content-Type": "text/plain"}}),
        (415, "unsupported_media_type", {"data": b"{", "headers": {"Content-Type": "text/plain"}}),
        (400, "malformed", {"data": b"{", "path": "/v1/stores/4?strange=1"}),
        (422, "invalid", {"json": {"code": "ü"}, "path": "/v1/stores/nothing"}),
        (404, "not_found", {"json": {"code": "german"}, "path": "/v1/stores/nothing"}),
        (409, "conflict", {"json": {"code": "german"}}),
        (201, None, {"json": STORE}),
    ],
)
async def test_refusals_come_in_their_order(
    serve: Serve, status: int, code: str | None, changes: dict[str, Any]
) -> None:
    """Each request is also wrong in what is looked at later, and hears of the first."""
    shop = await serve(max_body_bytes=2_000)
    given: dict[str, Any] = {"method": "PUT", "path": "/v1/stores/4", "key": "admin"} | changes
    headers = {"Content-Type": "application/json"} | given.pop("headers", {})
    method, path, key = given.pop("method"), given.pop("path"), given.pop("key")
    answer = await shop.call(method, path, key, headers=headers, **given)

    assert answer.status == status, answer.body
    assert code is None or answer.code == code


@shared
async def test_all_mistakes_are_told_at_once(shop_of_all: Shop) -> None:
    """Those of the query and those of the body, each with its place."""
    body = {"code": "Ü", "locale": "x" * 256, "active": 1, "id": True, "strange/~": None, "website": "a\0"}
    answer = await put(shop_of_all, "/v1/stores/4?also=1", json=body)

    assert answer.status == 422
    assert sorted(answer.mistakes) == sorted(
        [
            ("?also", "unknown"),
            ("/code", "out_of_range"),
            ("/locale", "too_long"),
            ("/active", "wrong_type"),
            ("/id", "wrong_type"),
            ("/website", "out_of_range"),
            ("/strange~1~0", "unknown"),
        ]
    )
    [long] = [one for one in answer.json()["errors"] if one["code"] == "too_long"]
    assert (long["limit"], long["measured"]) == (255, 256)


@shared
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"code": "a", "code": "b"}',
        b'{"website": {"a": 1, "a": 2}}',
        "größe".encode("latin-1"),
        b'{"code": NaN}',
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
    ],
    ids=["empty", "open", "twice", "twice inside", "latin", "nan", "mark", "deep"],
)
async def test_what_is_no_json_is_malformed(shop_of_all: Shop, data: bytes) -> None:
    """400, and nothing is kept."""
    answer = await put(shop_of_all, data=data, headers={"Content-Type": "application/json"})
    assert (answer.status, answer.code) == (400, "malformed")
    assert len((await shop_of_all.get("/v1/stores")).json()["items"]) == 3


@shared
@pytest.mark.parametrize("query", ["limit=%ff", "%ff=1", "limit=%ed%a0%80"])
async def test_a_query_that_is_no_text_is_malformed(shop_of_all: Shop, query: str) -> None:
    """400, not U+FFFD."""
    answer = await shop_of_all.get(f"/v1/stores?{query}")
    assert (answer.status, answer.code) == (400, "malformed")


@shared
@pytest.mark.parametrize(
    ("query", "mistakes"),
    [
        ("limit=0", [("?limit", "out_of_range")]),
        ("limit=201", [("?limit", "out_of_range")]),
        ("limit=x", [("?limit", "wrong_type")]),
        ("limit=1&limit=2", [("?limit", "wrong_type")]),
        ("after=x", [("?after", "wrong_type")]),
        ("after=", [("?after", "wrong_type")]),
        ("after=WyJhIl0", [("?after", "wrong_type")]),
        ("after=WzFd&strange=1", [("?strange", "unknown")]),
        ("after=W10&limit=-1&key=x", [("?after", "wrong_type"), ("?key", "unknown"), ("?limit", "out_of_range")]),
    ],
)
async def test_parameters_that_are_none_are_told(
    shop_of_all: Shop, query: str, mistakes: list[tuple[str, str]]
) -> None:
    """Unknown ones, values out of range, cursors of another list or made up: 422, each with its name."""
    answer = await shop_of_all.get(f"/v1/stores?{query}", "reader")
    assert (answer.status, sorted(answer.mistakes)) == (422, mistakes)


@shared
@pytest.mark.parametrize("path", ["/v1/stores/", "/v1//stores", "/v1/stores/4/", "/v1", "/v1/", "/v1/stores/%ff"])
async def test_a_path_that_is_none_is_not_found(shop_of_all: Shop, path: str) -> None:
    """A slash at the end, an empty segment, and bytes that are no text are no address."""
    answer = await shop_of_all.call("GET", path)
    assert (answer.status, answer.code) == (404, "not_found")


@shared
async def test_methods_are_told(shop_of_all: Shop) -> None:
    """OPTIONS needs no key; another method hears which there are; HEAD is where GET is."""
    options = await shop_of_all.call("OPTIONS", "/v1/stores", None)
    other = await shop_of_all.call("PURGE", "/v1/stores")
    head = await shop_of_all.call("HEAD", "/v1/stores")

    assert (options.status, options.body, options.headers["Allow"]) == (204, b"", "GET, HEAD, OPTIONS")
    assert (other.status, other.code, other.headers["Allow"]) == (405, "method_not_allowed", "GET, HEAD, OPTIONS")
    assert (await shop_of_all.call("OPTIONS", "/v1/stores/1", None)).headers["Allow"] == "OPTIONS, PUT"
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len((await shop_of_all.get("/v1/stores")).body))


@shared
async def test_a_byte_order_mark_is_no_json_in_an_upload_either(shop_of_all: Shop) -> None:
    """All operations read the same JSON."""
    headers = {"Content-Type": "application/json"}
    answer = await shop_of_all.call("POST", "/v1/products/dress/images", data=b"\xef\xbb\xbf{}", headers=headers)
    assert (answer.status, answer.code) == (400, "malformed")


@shared
@pytest.mark.parametrize("digits", [20, 400, 5_000, 100_000])
@pytest.mark.parametrize("sign", ["", "-"])
async def test_a_number_is_out_of_range_however_long_it_is(shop_of_all: Shop, digits: int, sign: str) -> None:
    """It is JSON, and no document names what reads it."""
    body = f'{{"rank": {sign}{"9" * digits}}}'
    answer = await put(shop_of_all, "/v1/image-types/zip", data=body, headers={"Content-Type": "application/json"})
    assert (answer.status, answer.mistakes) == (422, [("/rank", "out_of_range")])


@shared
@pytest.mark.parametrize(
    ("path", "body", "mistake"),
    [
        ("/v1/stores/4", {}, ("/code", "required")),
        ("/v1/image-types/Zip", {}, ("/code", "out_of_range")),
        ("/v1/image-types/" + "z" * 33, {}, ("/code", "out_of_range")),
        ("/v1/products/" + "x" * 256, {}, ("/sku", "out_of_range")),
    ],
)
async def test_each_refusal_of_values_names_one(
    shop_of_all: Shop, path: str, body: dict[str, Any], mistake: tuple[str, str]
) -> None:
    """Also what the catalogue finds, and also of what stands in the path."""
    answer = await put(shop_of_all, path, json=body)
    assert (answer.status, answer.mistakes) == (422, [mistake])


@shared
@pytest.mark.parametrize(
    ("path", "mistake"),
    [
        ("/v1/products?missing=label:danish", ("?missing", "not_found")),
        ("/v1/products?missing=type:zip", ("?missing", "not_found")),
        ("/v1/images?missing=label:danish", ("?missing", "not_found")),
        ("/v1/history?kind=image.updatd", ("?kind", "out_of_range")),
        ("/v1/history?kind=images.*", ("?kind", "out_of_range")),
    ],
)
async def test_a_list_is_not_empty_because_of_a_slip(shop_of_all: Shop, path: str, mistake: tuple[str, str]) -> None:
    """What there is not is told, where an empty list would be good news."""
    answer = await shop_of_all.get(path)
    assert (answer.status, answer.mistakes[0][1]) == (422, mistake[1])
    assert answer.mistakes[0][0].startswith(mistake[0])
