"""Who is let in, where, and as what: native.md, section 1."""

import asyncio
import re
from typing import Any, Final

import pytest
import pytest_asyncio

from app.apis.v1.auth import RANKS
from app.apis.v1.call import Row
from app.apis.v1.operations import ROWS
from app.db.connections.connect import Connection
from app.db.pool import Database
from app.service.catalogue.keys import KeyOptions, grant_key, put_key
from tests.apis.v1.conftest import ROLES, Serve, Shop
from tests.e2e.conftest import eventually

SPREE: Final = "/api/v1/products/a-dress/images"
shared = pytest.mark.asyncio(loop_scope="session")
by_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.pattern}")


def address(row: Row) -> str:
    """One that names nothing that is there."""
    return re.sub(r"\{\w+\}", "999", row.pattern)


@pytest_asyncio.fixture(name="shop_of_all", scope="module", loop_scope="session")
async def _shop_of_all(serve_all: Serve) -> Shop:
    return await serve_all()


@shared
@by_row
async def test_each_operation_is_for_its_role_and_those_above(shop_of_all: Shop, row: Row) -> None:
    """Without a key, or with an unknown one: 401. Of the roles those from its own on are let in, all others get 403."""
    for key in (None, "x" * 48):
        answer = await shop_of_all.call(row.method, address(row), key)
        assert answer.status == (401 if row.role else answer.status), row
        assert row.role is None or answer.headers["WWW-Authenticate"] == "Bearer"
    for role in ROLES:
        answer = await shop_of_all.call(row.method, address(row), role)
        is_let = row.role is None or RANKS[role] >= RANKS[row.role]
        assert (answer.status in (401, 403)) != is_let, (role, answer)
        assert is_let or answer.code == "forbidden"


@shared
@by_row
async def test_every_answer_has_the_headers_of_the_api(shop_of_all: Shop, row: Row) -> None:
    """An id of the request, nothing to keep, no guessing of types, nothing for pages of other origins."""
    for key in (None, "reader", "admin"):
        answer = await shop_of_all.call(row.method, address(row), key, headers={"Origin": "https://else.where"})
        assert answer.headers["X-Request-Id"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert row.role is None or answer.headers["Cache-Control"] == "no-store"
        assert row.role is None or "Access-Control-Allow-Origin" not in answer.headers


@shared
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Bearer {key}"}, 200),
        ({"Authorization": "bearer  {key} "}, 200),
        ({"Authorization": "Basic {key}"}, 401),
        ({"Authorization": "{key}"}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({"Authorization": "Bearer {key} {key}"}, 401),
        ({"Authorization": "Bearer {key}ü"}, 401),
        ({"X-Spree-Token": "{key}"}, 401),
        ({"X-Api-Key": "{key}"}, 401),
        ({}, 401),
    ],
)
async def test_a_key_stands_in_one_place(shop_of_all: Shop, headers: dict[str, str], status: int) -> None:
    """`Authorization: Bearer KEY`, whatever the scheme's case, and nowhere else."""
    given = {name: value.format(key=shop_of_all.keys["reader"]) for name, value in headers.items()}
    assert (await shop_of_all.call("GET", "/v1/stores", None, headers=given)).status == status


@shared
@pytest.mark.parametrize("name", ["token", "key", "api_key", "access_token", "bearer_token"])
async def test_a_key_in_the_query_is_never_accepted(shop_of_all: Shop, name: str) -> None:
    """It lets nobody in, and beside a good header it is an unknown parameter."""
    path = f"/v1/stores?{name}={shop_of_all.keys['admin']}"
    assert (await shop_of_all.call("GET", path, None)).status == 401
    assert (await shop_of_all.call("GET", path, "reader")).mistakes == [(f"?{name}", "unknown")]


@pytest.mark.parametrize(
    ("role", "audiences", "native", "spree"),
    [
        ("admin", ["v1"], 200, 401),
        ("admin", ["spree"], 401, 200),
        ("admin", ["spree", "v1"], 200, 200),
        ("editor", ["v1"], 200, 401),
        ("reader", ["v1"], 200, 401),
        ("customer", ["spree"], 401, 200),
        ("admin", [], 401, 200),
        ("editor", [], 200, 401),
        ("customer", [], 401, 200),
    ],
)
async def test_a_key_is_unknown_to_an_api_that_it_was_not_made_for(
    shop: Shop, role: Any, audiences: list[Any], native: int, spree: int
) -> None:
    """To the other it is as if it did not exist, whatever its role; without a word it is for the API of its role."""
    _, key = await put_key(shop.database, KeyOptions(role, audiences))

    assert (await shop.call("GET", "/v1/stores", key)).status == native
    answer = await shop.call("GET", SPREE, None, headers={"X-Spree-Token": key})
    assert answer.status == spree
    assert spree == 200 or f"Invalid API key ({key}) specified." in answer.body.decode()


async def test_keys_made_before_are_of_spree_alone(shop: Shop, connection: Connection) -> None:
    """A row of the version before has no audiences, and its key opens what it has opened."""
    _, key = await put_key(shop.database, KeyOptions("admin"))
    await connection.execute("delete from api_key where role = 'admin' and audiences = array['spree']")
    await connection.execute(
        "insert into api_key (key_hash, role) values (sha256(convert_to($1, 'UTF8')), 'admin')", key
    )

    assert (await shop.call("GET", "/v1/stores", key)).status == 401
    assert (await shop.call("GET", SPREE, None, headers={"X-Spree-Token": key})).status == 200


async def test_a_key_is_granted_a_further_api(serve: Serve) -> None:
    """From then on both know it, in every process."""
    shop, other = await serve(), await serve()
    row, key = await put_key(shop.database, KeyOptions("admin"))
    for one in (shop, other):
        assert (await one.call("GET", SPREE, None, headers={"X-Spree-Token": key})).status == 200
    await grant_key(shop.database, str(row["id"]), ["v1"])

    for one in (shop, other):

        async def is_known(one: Shop = one) -> bool:
            return (await one.call("GET", "/v1/stores", key)).status == 200

        await eventually(is_known)
        assert (await one.call("GET", SPREE, None, headers={"X-Spree-Token": key})).status == 200


async def test_a_revoked_key_is_refused_in_every_process(serve: Serve) -> None:
    """Whoever knew it hears that it is known no more."""
    shop, other = await serve(), await serve()
    row, key = await put_key(shop.database, KeyOptions("editor"))
    for one in (shop, other):
        assert (await one.call("GET", "/v1/stores", key)).status == 200
    assert (await shop.call("DELETE", f"/v1/keys/{row['id']}")).status == 204

    for one in (shop, other):

        async def is_refused(one: Shop = one) -> bool:
            return (await one.call("GET", "/v1/stores", key)).status == 401

        await eventually(is_refused)


async def test_a_key_that_is_used_all_the_time_costs_no_statement(shop: Shop, connection: Connection) -> None:
    """A thousandth request is let in from memory; in which hour a key was used is kept now and then, for all at once,
    and that makes nobody forget what is remembered."""

    async def twenty_cost_none() -> bool:  # where a busy process does not hear of changes in time, each is asked for
        before = await statements(shop)
        for _ in range(20):
            await shop.call("GET", "/v1/nothing", "reader")
        known = await statements(shop)
        return known.get("api_key", 0) == before.get("api_key", 0)

    await eventually(twenty_cost_none)
    assert (await statements(shop)).get("note_use_of_keys", 0) <= 1


async def statements(shop: Shop) -> dict[str, int]:
    """How often each has been made."""
    text = (await shop.call("GET", "/metrics", None)).body.decode()
    found = re.findall(
        r'^product_images_database_statement_seconds_count\{[^}]*query="(\w+)"[^}]*\} (\S+)', text, re.MULTILINE
    )
    return {name: int(float(count)) for name, count in found}


async def test_writes_are_counted_by_key(serve: Serve) -> None:
    """Beyond the rate: 429, and when to come back. Reads are not counted, nor are others' writes."""
    shop = await serve(write_rate_per_key="2/hour")
    path = "/v1/image-types/image"
    for _ in range(2):
        assert (await shop.call("PUT", path, json={})).status == 200
    refused = await shop.call("PUT", path, json={})
    _, key = await put_key(shop.database, KeyOptions("admin", ["v1"]))

    assert (refused.status, refused.code) == (429, "too_many_requests")
    assert int(refused.headers["Retry-After"]) > 0
    assert (await shop.get("/v1/stores")).status == 200
    assert (await shop.call("PUT", path, key, json={})).status == 200


async def test_who_is_let_in_is_asked_once(database: Database, serve: Serve) -> None:
    """Forty first requests at once, and all are let in."""
    shop = await serve()
    answers = await asyncio.gather(*(shop.get("/v1/stores", "reader") for _ in range(40)))
    assert {answer.status for answer in answers} == {200}


async def test_the_last_admin_goes_only_on_purpose(shop: Shop) -> None:
    """409 for the last key of an admin of this API, whatever admins Spree has; `?last=true` says that it is meant."""
    await put_key(shop.database, KeyOptions("admin"))
    [own] = [key for key in (await shop.get("/v1/keys")).json()["items"] if key["name"] == "the admin"]
    refused = await shop.call("DELETE", f"/v1/keys/{own['id']}")
    second, _ = await put_key(shop.database, KeyOptions("admin", ["v1"]))
    first = await shop.call("DELETE", f"/v1/keys/{second['id']}")

    assert (refused.status, refused.code, first.status) == (409, "conflict", 204)
    assert (await shop.call("DELETE", f"/v1/keys/{own['id']}?last=true")).status == 204
