"""What the dialects answer, as `GET /v1/products/{sku}/previews` shows it, is what they answer."""

from typing import Any, Final

import pytest

from app.db.connections.connect import Connection
from app.service.catalogue.keys import KeyOptions, put_key
from tests.apis.v1.conftest import Serve, Shop
from tests.apis.v1.gallery import ROWS

_VARYING: Final = {"Date", "Content-Length", "Server", "X-Request-Id", "X-Request-ID", "X-Runtime"}


async def credentials(shop: Shop) -> dict[tuple[str, str], dict[str, str]]:
    """Headers by API and type of user."""
    _, key = await put_key(shop.database, KeyOptions("admin", ["spree"]))
    found = {("spree", "admin"): {"X-Spree-Token": key}}
    for user in ("admin", "customer"):
        made = (await shop.call("POST", "/v1/oauth/tokens", json={"user_type": user})).json()
        found["openmage", user] = {
            "Authorization": f'OAuth oauth_consumer_key="{made["consumer_key"]}", oauth_token="{made["token"]}", '
            f'oauth_signature_method="PLAINTEXT", oauth_signature="{made["consumer_secret"]}%26{made["secret"]}"'
        }
    return found


@pytest.mark.parametrize(
    ("sku", "options"),
    [
        ("dress", {}),
        ("dress/blue", {"openmage_guest_privileges": (), "spree_requires_authentication": True}),
        ("dress-red", {"openmage_profile": "server", "spree_public_read": False}),
    ],
)
async def test_a_preview_is_what_clients_get(
    serve: Serve, connection: Connection, sku: str, options: dict[str, Any]
) -> None:
    """Status, headers and body, to the byte, of every API, type of user, language, format and store view."""
    shop = await serve(**options)
    await connection.execute(ROWS)
    await connection.execute("insert into product_website select 8, id from website on conflict do nothing")
    previews = (await shop.get(f"/v1/products/{sku.replace('/', '%2F')}/previews", "editor")).json()["items"]
    given = await credentials(shop)

    assert len(previews) == 2 + 4 * 3 * 3 + 2
    for preview in previews:
        headers = dict(given.get((preview["api"], preview["as"]), {}))
        if preview["accept"]:
            headers["Accept-Language" if preview["api"] == "glue" else "Accept"] = preview["accept"]
        answer = await shop.call("GET", preview["path"], None, headers=headers)
        assert (answer.status, answer.body.decode()) == (preview["status"], preview["body"]), preview
        sent = {name: value for name, value in answer.headers.items() if name not in _VARYING}
        assert sent == preview["headers"], preview


async def test_previews_are_narrowed(shop: Shop) -> None:
    """To one API, and to one store view beside none."""
    glue = (await shop.get("/v1/products/dress/previews?api=glue")).json()["items"]
    german = (await shop.get("/v1/products/dress/previews?store=german&api=openmage")).json()["items"]
    assert {one["api"] for one in glue} == {"glue"}
    assert {one["store"] for one in german} == {None, "german"}
    assert (await shop.get("/v1/products/none/previews")).status == 404
    assert (await shop.get("/v1/products/dress/previews?store=danish")).status == 404
    assert (await shop.get("/v1/products/dress/previews?api=v1")).mistakes == [("?api", "out_of_range")]
