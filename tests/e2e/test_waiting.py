"""`Prefer: wait` of the native API. Source: native.md 3."""

import asyncio

from app.db.connections.connect import Connection
from tests.e2e.conftest import Answer, Serve, Shop, eventually
from tests.e2e.test_idempotency import openmage


async def show(shop: Shop, image: int, **headers: str) -> Answer:
    return await shop.get(f"/v1/images/{image}", Authorization=f"Bearer {shop.api_key}", **headers)


async def test_an_answer_waits_until_the_picture_is_decided(serve: Serve, connection: Connection) -> None:
    """It is held back while the picture is in process, and tells what became of it; what is decided already, and what
    is not waited for, is answered at once."""
    shop = await serve(run_worker=False)
    image = int((await openmage(shop, "a")).headers["Location"].rpartition("/")[2])
    assert (await show(shop, image)).json()["state"] == "processing"
    short = await show(shop, image, Prefer="wait=1")
    assert (short.json()["state"], short.headers["Preference-Applied"]) == ("processing", "wait=1")
    waiting = asyncio.create_task(show(shop, image, Prefer="wait=90"))

    async def waits() -> bool:
        return 'slots_taken{work="waiter"} 1' in (await shop.get("/metrics")).body.decode()

    await eventually(waits, seconds=40)
    await connection.execute("update blob set state = 'ready'")
    answer = await waiting
    assert (answer.json()["state"], answer.headers["Preference-Applied"]) == ("ready", "wait=50")
    for headers in ({"Prefer": "wait=50"}, {"Prefer": "wait=50"}):
        assert (await show(shop, image, **headers)).headers["Preference-Applied"] == "wait=50"
    assert "Preference-Applied" not in (await show(shop, image, Prefer="wait=soon")).headers
    assert (await show(shop, 99, Prefer="wait=50")).status == 404


async def test_one_too_many_is_answered_at_once(serve: Serve) -> None:
    """Where as many wait as may, the answer does not claim that it waited."""
    shop = await serve(run_worker=False, max_waiters=0)
    image = int((await openmage(shop, "a")).headers["Location"].rpartition("/")[2])
    answer = await show(shop, image, Prefer="wait=50")
    assert (answer.json()["state"], "Preference-Applied" in answer.headers) == ("processing", False)
