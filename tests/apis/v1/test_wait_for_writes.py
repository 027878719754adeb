"""`Prefer: wait` on uploads, replacements and restores; and `Link` on the writes of dialects."""

import asyncio
import base64
from typing import Any, Final

import aiohttp
import pytest

from app.db.connections.connect import Connection
from tests.apis.v1.conftest import Answer, Serve, Shop
from tests.apis.v1.test_previews import credentials
from tests.apis.v1.test_uploads import as_form
from tests.e2e.conftest import eventually
from tests.pictures import encoded, picture

_IMAGES: Final = "/v1/products/dress/images"
_JPEG: Final = encoded(picture(60, 40))
_OTHER: Final = encoded(picture(50, 40), "PNG")


async def waits(shop: Shop) -> bool:
    return b'slots_taken{work="waiter"} 1' in (await shop.get("/metrics", None)).body


async def decided(shop: Shop, connection: Connection, asking: "asyncio.Task[Answer]", state: str) -> Answer:
    """The answer, once who asks waits and the picture is decided. While he waits nothing is held."""
    await eventually(lambda: waits(shop), seconds=20)
    figures = (await shop.get("/metrics", None)).body
    assert b'slots_taken{work="upload"} 0' in figures
    assert b'database_connections{state="in_use"} 0' in figures
    why = "damaged" if state == "failed" else None
    await connection.execute("update blob set state = $1, failure_code = $2, failure_detail = $2", state, why)
    return await asking


def ask(shop: Shop, method: str, path: str, wait: int = 50, **options: Any) -> "asyncio.Task[Answer]":
    headers = {"Prefer": f"wait={wait}", **options.pop("headers", {})}
    return asyncio.create_task(shop.call(method, path, "editor", headers=headers, **options))


async def test_the_answer_to_a_write_waits_until_the_picture_is_decided(shop: Shop, connection: Connection) -> None:
    """Of an upload, of another file, of a restore: the ordinary answer with what became of it. A retry hears what was
    said at the commit, at once; a refusal never waits."""
    key = {"Idempotency-Key": "once"}
    made = await decided(shop, connection, ask(shop, "POST", _IMAGES, headers=key, **as_form(_JPEG, "a.jpg")), "ready")
    assert (made.status, made.json()["state"]) == (201, "ready")
    image = f"/v1/images/{made.json()['id']}"
    assert (made.headers["Preference-Applied"], made.headers["Location"]) == ("wait=50", image)
    assert made.headers["ETag"] == (await shop.get(image)).headers["ETag"]
    again = await ask(shop, "POST", _IMAGES, headers=key, **as_form(_JPEG, "a.jpg"))
    assert (again.headers["Idempotency-Replayed"], again.json()["state"]) == ("true", "processing")
    assert "Preference-Applied" not in again.headers

    other = ask(shop, "PUT", f"{image}/file", **as_form(_OTHER, "a.png"))
    assert (await decided(shop, connection, other, "failed")).json()["state"] == "failed"
    await shop.call("DELETE", image, "editor")
    await connection.execute("update blob set state = 'processing', failure_code = null, failure_detail = null")
    restored = await decided(shop, connection, ask(shop, "POST", f"{image}/restore"), "ready")
    assert (restored.status, restored.json()["state"]) == (200, "ready")

    refused = await ask(shop, "POST", _IMAGES, **as_form(b"no picture", "a.jpg"))
    assert (refused.status, "Preference-Applied" in refused.headers) == (422, False)


async def test_who_has_waited_long_enough_is_answered(serve: Serve) -> None:
    """By the ordinary answer; where nobody may wait, at once and without a claim."""
    shop = await serve()
    late = await ask(shop, "POST", _IMAGES, 1, **as_form(_JPEG, "a.jpg"))
    assert (late.json()["state"], late.headers["Preference-Applied"]) == ("processing", "wait=1")
    full = await serve(max_waiters=0)
    at_once = await ask(full, "POST", _IMAGES, **as_form(_JPEG, "a.jpg"))
    assert (at_once.status, "Preference-Applied" in at_once.headers) == (201, False)


@pytest.mark.parametrize("is_on", [False, True])
async def test_dialects_lead_to_the_native_document(serve: Serve, is_on: bool) -> None:
    """Where that is switched on every write of Spree's and OpenMage's says where the image is described; else none. As
    what a file was declared there, by a part or by a name, is told where it is something else."""
    shop = await serve(described_by=is_on)
    given = await credentials(shop)
    spree, openmage = given["spree", "admin"], given["openmage", "admin"]
    images = "/api/v1/products/a-dress/images"
    form = aiohttp.FormData()
    form.add_field("image[attachment]", _JPEG, filename="a.jpg", content_type="image/png")
    made = await shop.call("POST", images, None, data=form, headers=spree)
    number = made.json()["id"]
    said = {"file_mime_type": "image/png", "file_content": base64.b64encode(_JPEG).decode(), "file_name": "b"}
    other = await shop.call("POST", "/api/rest/products/8/images", None, json=said, headers=openmage)
    notes = [
        [one for one in (await shop.get(path)).json()["picture"]["notes"] if one["code"] == "name_differs"]
        for path in (f"/v1/images/{number}", f"/v1/images/{other.headers['Location'].rpartition('/')[2]}")
    ]
    assert [one["measured"] for of_image in notes for one in of_image] == ["image/png", ".png"]
    answers = [
        made,
        await shop.call("PUT", f"{images}/{number}", None, data={"image[alt]": "x"}, headers=spree),
        await shop.call("PUT", f"/api/rest/products/8/images/{number}", None, json={"label": "y"}, headers=openmage),
        await shop.call("DELETE", f"/api/rest/products/8/images/{number}", None, headers=openmage),
    ]
    link = f'</v1/images/{number}>; rel="describedby"'
    assert [answer.status for answer in answers] == [201, 200, 200, 200]
    assert [answer.headers.get("Link") for answer in answers] == [link if is_on else None] * 4
    assert (await shop.get(f"/v1/images/{number}")).json()["state"] == "deleted"
