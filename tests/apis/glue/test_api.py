"""The API over HTTP: order of checks, headers, oddities, and documents dropped on change."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.typedefs import Handler
from yarl import URL

from app.apis.glue.routes import GlueApi
from app.cache.documents import DocumentCache
from app.db.listen import Hearing
from app.db.pool import Database
from app.service.galleries.glue import ImageSetReader
from app.settings import Settings
from tests.apis.glue.catalogue import Catalogue

SETTINGS = Settings(glue_base_url="http://glue.example.com", public_url="http://shop.example.com")
SETS = "/abstract-products/177/abstract-product-image-sets"
ACCEPT = {"Accept": "*/*"}
COMMON = {
    "Cache-Control": "no-cache, private",
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-XSS-Protection": "1; mode=block",
    "Referrer-Policy": "same-origin",
}


class Shop:
    """A client that sends exactly what it is told, and the cache behind the server."""

    def __init__(self, client: TestClient[web.Request, web.Application], documents: DocumentCache) -> None:
        self._client = client
        self.documents = documents

    async def ask(self, target: str, method: str = "GET", headers: dict[str, str] | None = None) -> ClientResponse:
        url = URL(f"http://{self._client.host}:{self._client.port}{target}", encoded=True)
        session = self._client.session
        skip = ("Accept", "Content-Type", "User-Agent")
        return await session.request(
            method, url, headers=ACCEPT if headers is None else headers, skip_auto_headers=skip
        )

    async def reported(
        self, target: str, method: str = "GET", headers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        response = await self.ask(target, method, headers)
        return response.status, await response.text()


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[Shop]:
    documents = DocumentCache(1_000_000, Hearing(True, True))
    api = GlueApi(SETTINGS, ImageSetReader(database, SETTINGS), documents)

    @web.middleware
    async def tell(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except Exception as error:
            return api.error(request, error)

    app = web.Application(middlewares=[tell])
    app.router.add_route("*", "/{path:.*}", api.handle)
    server = TestServer(app)
    async with TestClient(server) as client:
        yield Shop(client, documents)


@pytest.fixture
async def product(catalogue: Catalogue) -> int:
    product = await catalogue.product("177", await catalogue.website())
    await catalogue.set(product, "default", "de_DE", ("https://u/de.jpg", 0))
    await catalogue.set(product, "default", "en_US", ("https://u/en.jpg", 0))
    return product


async def test_a_document_arrives_with_its_headers(shop: Shop, product: int) -> None:
    """A document arrives in the locale asked for, with exactly the headers of the specification."""
    response = await shop.ask(SETS, headers=ACCEPT | {"Accept-Language": "de-DE,de;q=0.9,en;q=0.5"})
    assert (response.status, response.reason) == (200, "OK")
    assert "https:\\/\\/u\\/de.jpg" in await response.text()
    own = {name: value for name, value in response.headers.items() if name not in ("Date", "Server", "Content-Length")}
    assert own == COMMON | {"Content-Type": "application/vnd.api+json", "Content-Language": "de_DE"}


@pytest.mark.parametrize("path", ["/{}", "//{}//", "/\\{}/"])
async def test_slashes_around_a_path_do_not_count(shop: Shop, product: int, path: str) -> None:
    """Slashes around a path do not count."""
    assert (await shop.reported(path.format(SETS[1:])))[0] == 200


async def test_the_id_is_as_typed(shop: Shop, product: int, catalogue: Catalogue) -> None:
    """The id is the SKU as typed; below a product it is the stored spelling."""
    website = await catalogue.connection.fetchval("select id from website")
    await catalogue.product("A b/ü", website)
    _, sets = await shop.reported("/abstract-products/a%20B%2F%C3%9C/abstract-product-image-sets")
    assert '"id":"a B\\/\\u00dc"' in sets
    assert '"self":"http:\\/\\/glue.example.com\\/abstract-products\\/a%20B%2F%C3%9C\\/abstract-' in sets
    _, product = await shop.reported("/abstract-products/a%20B%2F%C3%9C?include=abstract-product-image-sets")
    assert product.count('"id":"A b\\/\\u00fc"') == 3


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("/abstract-products/nope/abstract-product-image-sets", 404, "303"),
        ("/concrete-products/177/concrete-product-image-sets", 404, "304"),
        ("/abstract-products//abstract-product-image-sets", 404, "301"),
        ("/abstract-products/0/abstract-product-image-sets", 404, "301"),
        ("/concrete-product-image-sets/x", 404, "302"),
        ("/abstract-products/nope", 404, "301"),
        ("/concrete-products/~!@", 404, "302"),
        ("/abstract-products", 400, "311"),
        ("/concrete-products/0", 400, "312"),
        ("/abstract-products/%00", 404, "301"),
        ("/abstract-products/%FF%FE", 404, "301"),
    ],
)
async def test_what_is_not_there_is_told_by_code(shop: Shop, product: int, target: str, status: int, code: str) -> None:
    """What is not there is reported by its code, cached or not."""
    for _ in range(2):
        response = await shop.ask(target)
        assert (response.status, response.headers["Content-Language"]) == (status, "en_US")
        assert f'"code":"{code}","status":{status},' in await response.text()


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE", "TRACE"])
async def test_other_methods_are_not_found(shop: Shop, product: int, method: str) -> None:
    """Other methods are not found, never not allowed."""
    response = await shop.ask(SETS, method)
    assert (response.status, response.reason, "Allow" in response.headers) == (404, "Not Found", False)
    assert await response.text() == '{"errors":[{"status":404,"detail":"Not Found"}]}'


async def test_head_is_not_found(shop: Shop, product: int) -> None:
    """HEAD is not found either, and has no body."""
    assert await shop.reported(SETS, "HEAD") == (404, "")


async def test_a_version_is_not_found(shop: Shop, product: int) -> None:
    """A media type with a version asks for a route that does not exist; version=1 is not recognised."""
    versioned = {**ACCEPT, "Content-Type": "application/vnd.api+json; version=1.0"}
    assert (await shop.reported(SETS, headers=versioned))[0] == 404
    assert (await shop.reported(SETS, headers=versioned | {"Content-Type": "application/vnd.api+json; version=1"}))[
        0
    ] == 200


async def test_the_format_of_the_request_is_mirrored(shop: Shop, product: int) -> None:
    """The format in the request's Content-Type is mirrored, also by errors and from the cache."""
    for target in (SETS, SETS, "/nothing"):
        response = await shop.ask(target, headers={**ACCEPT, "Content-Type": "application/vnd.api+foo"})
        assert response.headers["Content-Type"] == "application/vnd.api+foo"
    assert (await shop.ask(SETS)).headers["Content-Type"] == "application/vnd.api+json"


@pytest.mark.parametrize(
    ("target", "headers", "status", "text"),
    [
        ("/nothing", {}, 406, "Not acceptable."),
        ("/nothing", {"Accept": "*/*", "Content-Type": " "}, 415, "Unsupported media type."),
        ("/nothing?page[limit]=0", {}, 400, "Pagination parameters are invalid."),
        (SETS, {"Access-Control-Request-Method": "POST"}, 403, "Not allowed."),
    ],
)
async def test_refusals_are_plain_text(
    shop: Shop, target: str, headers: dict[str, str], status: int, text: str
) -> None:
    """Refusals are plain text, on unknown routes too, and carry no language."""
    response = await shop.ask(target, headers=headers)
    assert (response.status, await response.text()) == (status, text)
    assert response.headers["Content-Type"] == "text/html; charset=UTF-8"
    assert "Content-Language" not in response.headers
    assert COMMON.items() <= dict(response.headers).items()


@pytest.mark.parametrize("target", [SETS, "/nothing"])
async def test_a_format_without_encoder_is_refused_in_the_dress_of_a_document(shop: Shop, target: str) -> None:
    """A format that cannot be written is refused in text, but with a document's headers."""
    response = await shop.ask(target, headers={"Accept": "application/vnd.api+xml"})
    assert (response.status, await response.text()) == (415, "Unsupported Media Type")
    assert response.headers["Content-Type"] == "application/vnd.api+json"
    assert response.headers["Content-Language"] == "en_US"


async def test_a_preflight_is_answered(shop: Shop) -> None:
    """A complete preflight is answered with what is allowed; an unknown resource allows nothing."""
    headers = {
        **ACCEPT,
        "Origin": "http://x",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "accept",
    }
    response = await shop.ask(SETS, "OPTIONS", headers)
    assert (response.status, await response.text()) == (200, '{"data":[],"links":[]}')
    assert response.headers["access-control-allow-methods"] == "GET, OPTIONS"
    assert response.headers["Content-Type"] == "application/vnd.api+json"
    assert await shop.reported("/nothing", "OPTIONS", headers) == (403, "Not allowed.")
    assert (await shop.reported(SETS, "OPTIONS"))[0] == 501


async def test_a_change_is_seen_once_its_family_is_dropped(shop: Shop, product: int, catalogue: Catalogue) -> None:
    """A document is served from memory until its family is dropped."""
    before = await shop.reported(SETS)
    await catalogue.connection.execute("update picture set url_large = 'https://u/new.jpg'")
    assert await shop.reported(SETS) == before
    shop.documents.drop_families([product])
    assert "new.jpg" in (await shop.reported(SETS))[1]


async def test_documents_differ_by_language(shop: Shop, product: int) -> None:
    """One address has a document per language."""
    texts = [(await shop.reported(SETS, headers=ACCEPT | {"Accept-Language": tag}))[1] for tag in ("de", "en", "de")]
    assert ["de.jpg" in text for text in texts] == [True, False, True]
