"""Products and store views by other spellings than their own, as a web server and a database without case take them."""

import json

import pytest

from app.service.catalogue.plan import ProductOptions
from app.service.catalogue.products import put_product
from app.service.catalogue.stores import StoreOptions, put_store
from tests.apis.openmage.conftest import Open
from tests.apis.openmage.shop import PNG, Api, error_body, upload

SKUS = (
    "Two Words 5", "CaseSku", "both", "BOTH", "plus+sign", "plus sign", "Größe+5", "GRAẞ", "a-b", "A B", 'Q"uote',
    "7e0", "Mixed Up",
)  # fmt: skip


async def stocked(open_own: Open) -> Api:
    api = await open_own()
    async with api.database.transaction() as tx:
        for number, sku in enumerate(SKUS, 100):
            await put_product(tx, ProductOptions(sku, id=number, slug=f"slug-{number}"))
    for number in range(100, 100 + len(SKUS)):
        await api.create(f"/api/rest/products/{number}/images", PNG, label=SKUS[number - 100])
    return api


async def test_a_product_is_found_by_other_spellings(open_own: Open) -> None:
    """The exact spelling goes first; then a plus is a blank; then case does not count, where one product is meant
    and not several that differ in case alone, or that have other quotes and dashes."""
    api = await stocked(open_own)
    found = {
        "Two+Words+5": "Two Words 5",
        "Two%20Words%205": "Two Words 5",
        "two+WORDS+5": "Two Words 5",
        "CASESKU": "CaseSku",
        "casesku": "CaseSku",
        "both": "both",
        "BOTH": "BOTH",
        "plus+sign": "plus+sign",
        "plus%20sign": "plus sign",
        "PLUS+SIGN": "plus+sign",
        "gr%C3%B6%C3%9Fe+5": "Größe+5",
        "a+b": "A B",
        "A-B": "a-b",
        "q%22UOTE": 'Q"uote',
        "7E0": "7e0",
        "mixed+up": "Mixed Up",
        "mixed%20UP": "Mixed Up",
    }
    for spelled, sku in found.items():
        for user in ("admin", "guest"):
            [image] = await api.get(f"/api/rest/products/{spelled}/images", user)  # type: ignore[arg-type]
            assert image["label"] == sku, spelled
        posted = await api.post(f"/api/rest/products/{spelled}/images", upload())
        assert posted.headers["Location"] == f"/api/rest/products/{spelled}/images/{posted.id}"
        assert (await api.delete(posted.headers["Location"])).status == 200
    for spelled in ("Both", "bOTH", "Two-Words-5", "two_words_5", "a'b", "", "%2B", "mixed-up"):
        for user in ("admin", "guest"):
            answer = await api.call(user, "GET", f"/api/rest/products/{spelled}/images")  # type: ignore[arg-type]
            assert (answer.status, answer.body) == (404, error_body("json", (404, "Resource not found"))), spelled


async def test_a_new_exact_spelling_goes_first_at_once(open_own: Open) -> None:
    """Another spelling stops meaning a product when one of that very spelling comes."""
    api = await stocked(open_own)
    path = "/api/rest/products/CASESKU/images"
    assert len(await api.get(path)) == 1
    async with api.database.transaction() as tx:
        await put_product(tx, ProductOptions("CASESKU", id=300, slug="other"))
    for _ in range(200):
        if await api.get(path) == []:
            return
        await api.sql("select pg_sleep(0.01)")
    pytest.fail("the former product is still shown")


async def test_a_store_view_is_found_in_any_case_and_admin_is_the_global_one(open_own: Open) -> None:
    """Codes of store views have no case, and `admin` is the scope that 0 is, for admins and for others."""
    api = await open_own()
    images = await api.product()
    image = await api.create(images, label="all")
    await api.put(f"{images}/{image}/store/GERMAN", label="deutsch")
    await api.put(f"{images}/{image}/store/Admin", position=7)
    for spelled in ("german", "GERMAN", "German", "2", "02"):
        [shown] = await api.get(f"{images}/store/{spelled}")
        assert (shown["label"], shown["position"]) == ("deutsch", "7")
    for spelled in ("admin", "ADMIN", "0", "00"):
        [shown] = await api.get(f"{images}/store/{spelled}")
        assert shown["label"] == "all"
        assert await api.get(f"{images}/store/{spelled}", "guest") == await api.get(f"{images}", "guest")
    answer = await api.call("admin", "GET", f"{images}/store/administrator")
    assert (answer.status, answer.body) == (400, error_body("json", (400, "Requested store is invalid")))


async def test_a_store_view_may_be_called_admin(open_own: Open) -> None:
    """A store view of that very code is what `admin` means."""
    api = await open_own()
    async with api.database.transaction() as tx:
        await put_store(tx, StoreOptions("admin", 13, "de_DE", "base"))
    images = await api.product()
    image = await api.create(images, label="all")
    await api.put(f"{images}/{image}/store/admin", label="own")
    labels = [(await api.get(f"{images}/store/{spelled}"))[0]["label"] for spelled in ("13", "Admin", "0")]
    assert labels == ["own", "own", "all"]


async def test_an_empty_product_is_one_that_is_not_found(open_own: Open) -> None:
    """A path without a product is a route like others: what is asked is looked at in the usual order."""
    api = await open_own()
    not_found, missing = (404, "Resource not found"), (405, "Resource method not implemented yet.")
    for rest, method, reported in [
        ("images", "GET", not_found),
        ("images/1", "GET", not_found),
        ("images/store/2", "GET", not_found),
        ("images", "PUT", missing),
        ("images/1", "PUT", not_found),
        ("images/1/store/2", "DELETE", not_found),
        ("images", "POST", not_found),
    ]:
        body = json.dumps(upload() if method == "POST" else {"label": "x"})
        path = f"/api/rest/products//{rest}"
        answer = await api.call("admin", method, path, body=body, Content_Type="application/json")
        assert (answer.status, answer.body) == (reported[0], error_body("json", reported)), (method, rest)


async def test_a_byte_order_mark_before_json_is_passed_over(open_own: Open) -> None:
    """Writers of Windows put a mark before JSON, which is no part of it."""
    api = await open_own()
    images = await api.product()
    image = await api.create(images)
    body = b'\xef\xbb\xbf{"label": "from PowerShell"}'
    answer = await api.call("admin", "PUT", f"{images}/{image}", body=body, Content_Type="application/json")
    assert (answer.status, answer.body) == (200, b"")
    assert (await api.get(f"{images}/{image}"))["label"] == "from PowerShell"
