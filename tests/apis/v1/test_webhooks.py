"""Webhooks as administrators keep them: over real HTTP."""

from typing import Any

import pytest

from app.db.connections.connect import Connection
from tests.apis.v1.conftest import Serve, Shop

URL = "https://shop.example/hook"


@pytest.fixture(name="shop")
async def _shop(serve: Serve) -> Shop:
    return await serve(public_url="https://images.example")


async def made(shop: Shop, **said: Any) -> dict[str, Any]:
    answer = await shop.call("POST", "/v1/webhooks", json={"url": URL} | said)
    assert answer.status == 201, answer.body
    found: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == f"/v1/webhooks/{found['id']}"
    return found


async def test_a_webhook_is_kept_changed_and_removed(shop: Shop) -> None:
    """Its secret stands in the answer that made it and nowhere else; each act is in the log, without the address."""
    hook = await made(shop, types=["image.*"], sku_prefix="dr", description="A cache")
    shown = {name: value for name, value in hook.items() if name != "secret"}
    assert hook["secret"].startswith("whsec_")
    assert (await shop.get("/v1/webhooks")).json() == {"items": [shown], "next": None}
    path = f"/v1/webhooks/{hook['id']}"
    assert (await shop.get(path)).json() == shown

    patched = await shop.call("PATCH", path, json={"sku_prefix": None, "types": ["*"], "enabled": False})
    assert (patched.json()["sku_prefix"], patched.json()["types"], patched.json()["enabled"]) == (None, ["*"], False)
    assert patched.json()["disabled_reason"] == "asked"
    assert (await shop.call("PATCH", path, json={"enabled": True})).json()["disabled_reason"] is None
    rotated = (await shop.call("POST", f"{path}/rotate")).json()
    assert rotated["secret"] != hook["secret"]
    assert (await shop.call("DELETE", path)).status == 204
    assert (await shop.get(path)).status == 404

    events = await shop.get("/v1/events?after=0&types=webhook.*&limit=200")
    kinds = [event["type"].removeprefix("webhook.") for event in events.json()["items"]]
    assert kinds == ["added", "changed", "changed", "rotated", "removed"]
    assert URL not in events.body.decode()
    assert "whsec_" not in events.body.decode()


@pytest.mark.parametrize(
    ("said", "mistakes"),
    [
        ({}, [("/url", "required")]),
        ({"url": "ftp://a.example/"}, [("/url", "out_of_range")]),
        ({"url": "nonsense"}, [("/url", "out_of_range")]),
        ({"url": "https://me:secret@a.example/"}, [("/url", "out_of_range")]),
        ({"url": "http://127.0.0.1/"}, [("/url", "out_of_range")]),
        ({"url": "http://127.0.0.1./"}, [("/url", "out_of_range")]),
        ({"url": "http://127.1/"}, [("/url", "out_of_range")]),
        ({"url": "http://2130706433/"}, [("/url", "out_of_range")]),
        ({"url": "http://0x7f.0.0.1/"}, [("/url", "out_of_range")]),
        ({"url": "http://0177.1/"}, [("/url", "out_of_range")]),
        ({"url": "https://xn--.example/"}, [("/url", "out_of_range")]),
        ({"url": "https://a.example:0/"}, [("/url", "out_of_range")]),
        (
            {"url": "http://10.1.1.1/", "types": ["zip", 5], "description": 1},
            [
                ("/types/1", "wrong_type"),
                ("/description", "wrong_type"),
                ("/types/0", "out_of_range"),
                ("/url", "out_of_range"),
            ],
        ),
        ({"url": "http://[::ffff:10.0.0.1]/"}, [("/url", "out_of_range")]),
        ({"url": "http://a.example:99999/"}, [("/url", "out_of_range")]),
        ({"url": "https://a.example/" + "x" * 2000}, [("/url", "too_long")]),
        ({"url": URL, "types": ["image.painted"]}, [("/types/0", "out_of_range")]),
        ({"url": URL, "types": []}, [("/types", "out_of_range")]),
        ({"url": URL, "types": ["\ud800"]}, [("/types/0", "out_of_range")] * 2),
        ({"url": "http://1\0/"}, [("/url", "out_of_range")]),
        ({"url": URL, "secret": "mine"}, [("/secret", "unknown")]),
    ],
)
async def test_what_cannot_be_is_refused(shop: Shop, said: dict[str, Any], mistakes: list[tuple[str, str]]) -> None:
    """Each value in its place, when it is made and when it is changed."""
    answer = await shop.call("POST", "/v1/webhooks", json=said)
    assert (answer.status, answer.mistakes) == (422, mistakes)
    if said:
        hook = await made(shop)
        changed = await shop.call("PATCH", f"/v1/webhooks/{hook['id']}", json=said)
        assert (changed.status, changed.mistakes) == (422, mistakes)


async def test_without_an_address_of_its_own_the_service_has_none(serve: Serve) -> None:
    """Events name whole addresses: 409 until somebody says which."""
    shop = await serve(database_url="postgresql://elsewhere/shop")
    answer = await shop.call("POST", "/v1/webhooks", json={"url": URL})
    assert (answer.status, answer.code) == (409, "conflict")
    assert "PUBLIC_URL" in answer.json()["detail"]


async def test_secrets_are_not_kept_for_retries(shop: Shop) -> None:
    """A retry makes no second webhook, and no third secret."""
    hook = await made(shop)
    for path, body in (("/v1/webhooks", {"url": URL}), (f"/v1/webhooks/{hook['id']}/rotate", None)):
        headers = {"Idempotency-Key": path}
        first, again = [await shop.call("POST", path, json=body, headers=headers) for _ in range(2)]
        assert (first.status // 100, again.status, again.code) == (2, 409, "conflict")


async def test_a_test_is_sent_whatever_the_webhook_is_told(shop: Shop, connection: Connection) -> None:
    """202, also while it is disabled; it stands among the deliveries, and may be sent again. One that the version
    before has sent, which counts none, takes no other's place."""
    hook = await made(shop, types=["image.*"])
    path = f"/v1/webhooks/{hook['id']}"
    await shop.call("PATCH", path, json={"enabled": False})
    sent = await shop.call("POST", f"{path}/test")
    assert (sent.status, sent.json()["id"]) == (202, f"wh{hook['id']}_test_1")

    [delivery] = (await shop.get(f"{path}/deliveries?state=pending")).json()["items"]
    assert (delivery["type"], delivery["state"], delivery["tries"]) == ("webhook.test", "pending", [])
    assert (await shop.get(f"{path}/deliveries?state=done")).json()["items"] == []
    again = await shop.call("POST", f"{path}/deliveries/{delivery['id']}/resend")
    assert (again.status, again.json()["id"]) == (202, delivery["id"])
    assert (await shop.call("POST", f"{path}/deliveries/other/resend")).status == 404
    await connection.execute("update webhook set tests = 0")
    await shop.call("POST", f"{path}/test")
    pages = [(await shop.get(f"{path}/deliveries?limit=1")).json()]
    pages.append((await shop.get(f"{path}/deliveries?limit=1&after={pages[0]['next']}")).json())
    assert [page["items"][0]["id"][-1] for page in pages] == ["2", "1"]
    assert pages[1]["next"] is None


@pytest.mark.parametrize("path", ["", "/rotate", "/test", "/deliveries"])
async def test_what_is_not_there_is_told(shop: Shop, path: str) -> None:
    """404, and it says what is missing."""
    answer = await shop.call("POST" if path in ("/rotate", "/test") else "GET", f"/v1/webhooks/9{path}")
    assert (answer.status, answer.json()["detail"]) == (404, "There is no such webhook.")
