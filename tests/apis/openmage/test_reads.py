"""What a read costs, and how soon a change is seen by whom."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

from tests.apis.openmage.conftest import Open
from tests.apis.openmage.shop import ACCEPTS, IMAGES, Api, User, open_api, serve_api, upload

SECONDS: Final = 1.0
"""How long another process may take to show a change."""


@pytest.fixture(name="statements")
def _statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that a pool opened from now on is asked to carry out."""
    seen: list[str] = []

    async def listen_in(connection: Any) -> None:
        connection.add_query_logger(lambda record: seen.append(record.query))

    monkeypatch.setattr(asyncpg, "create_pool", partial(asyncpg.create_pool, init=listen_in))
    return seen


@pytest.mark.parametrize("user", ["admin", "customer", "guest"])
async def test_a_read_is_one_statement_and_none_the_second_time(
    statements: list[str], open_own: Open, user: User
) -> None:
    """The first read of a document is one statement; from then on it is none, until something changes."""
    api = await open_own()
    image = await api.create(label="A")
    assert (await api.call(user, "GET", "/api/rest/products/23/images")).status == 200
    await has_heard_all(api)
    for form in ACCEPTS.values():
        for path in (IMAGES, f"{IMAGES}/{image}", f"{IMAGES}/store/french", "/api/rest/products/nothing/images"):
            for expected in (1, 0, 0):
                statements.clear()
                await api.call(user, "GET", path, accept=form)
                assert len(statements) == expected, (path, statements)
    await api.put(f"{IMAGES}/{image}", label="B")
    statements.clear()
    assert (await api.get(IMAGES, user))[0]["label"] == "B"
    assert len(statements) == 1


async def has_heard_all(api: Api) -> None:
    """Waits until the service has heard of every change so far, its own included: changes are told in their order."""
    disabled = "/api/rest/products/20/images"
    assert (await api.call("guest", "GET", disabled)).status == 404
    await api.sql("update product set enabled = true where id = 20 returning id")
    async with asyncio.timeout(10):
        while (await api.call("guest", "GET", disabled)).status != 200:
            pass


async def test_a_read_needs_no_object_store(open_own: Open) -> None:
    """Lists and entities are answered while the store is away, cached or not."""
    api = await open_own()
    image = await api.create()
    objects = api.settings.data_dir / "objects"
    objects.rename(objects.with_name("away"))
    for path in (IMAGES, f"{IMAGES}/{image}"):
        assert (await api.call("guest", "GET", path)).status == 200


async def test_uploads_are_counted(open_own: Open) -> None:
    """What came in, and what was turned away and why, is told to whoever watches the service."""
    api = await open_own()
    await api.create()
    assert (await api.post(IMAGES, upload(b"no image"))).status == 400
    reported = (await api.call("guest", "GET", "/metrics", accept="*/*")).body.decode()
    counted = [line for line in reported.splitlines() if "upload" in line and not line.startswith("#")]
    assert any('room="openmage"' in line for line in counted)
    assert any("upload_rejected" in line and "FormatNotAllowed" in line for line in counted), counted


@pytest.fixture(name="apis")
async def _apis(dsn: str, tmp_path: Path) -> AsyncIterator[tuple[Api, Api]]:
    """Two servers over one database."""
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(open_api(dsn, tmp_path))
        yield one, await serve_api(stack, one.database, one.accounts, tmp_path)


async def until_same(one: Api, other: Api, path: str) -> None:
    """That the other shows what the one shows, soon."""
    asked = [(user, form) for user in ("admin", "guest") for form in ACCEPTS.values()]
    expected = [(await one.call(user, "GET", path, accept=form)).body for user, form in asked]  # type: ignore[arg-type]
    started = time.monotonic()
    async with asyncio.timeout(SECONDS):
        while [(await other.call(user, "GET", path, accept=form)).body for user, form in asked] != expected:  # type: ignore[arg-type]
            pass
    assert time.monotonic() - started < SECONDS


async def test_a_change_is_seen_by_its_own_process_at_once_and_by_others_soon(apis: tuple[Api, Api]) -> None:
    """Who commits a change reads it at once; another process shows it within a second."""
    one, other = apis
    image = await one.create(label="A", types=["image"])
    paths = (IMAGES, f"{IMAGES}/{image}", f"{IMAGES}/store/french")
    for path in paths:
        await until_same(one, other, path)
    for fields in ({"label": "B"}, {"types": []}, {"exclude": 1}, {"exclude": 0, "position": 9}, upload(file_name="c")):
        assert (await one.put(f"{IMAGES}/{image}", **fields)).status == 200
        read = await one.get(f"{IMAGES}/{image}")
        assert all(read[name] in (value, str(value)) for name, value in fields.items() if name in read)
        for path in paths:
            await until_same(one, other, path)
    assert (await other.put(f"{IMAGES}/{image}/store/3", label="C")).status == 200
    assert (await other.get(f"{IMAGES}/{image}/store/3"))["label"] == "C"
    await until_same(other, one, paths[2])
    assert (await other.delete(f"{IMAGES}/{image}")).status == 200
    assert await other.get(IMAGES) == []
    for path in paths:
        await until_same(other, one, path)


async def test_a_revoked_token_is_refused_everywhere_soon(apis: tuple[Api, Api]) -> None:
    """A token that is revoked is let in by no process for longer than a second."""
    for api in apis:
        await api.get(IMAGES)
    token = apis[0].accounts["admin"].token
    await apis[0].sql("update oauth_token set revoked_at = now() where token = $1 returning token", token)
    async with asyncio.timeout(SECONDS):
        for api in apis:
            while (await api.call("admin", "GET", IMAGES)).status != 401:
                pass


async def test_a_write_is_not_played_again_to_another_process(apis: tuple[Api, Api]) -> None:
    """A write that one process has seen is refused by every other."""
    one, other = apis
    image = await one.create()
    path = f"{IMAGES}/{image}"
    headers = {**one.signed("admin", "DELETE", path, "http://shop.example"), "Host": "shop.example"}
    sent = {name: value for name, value in headers.items() if value} | {"Accept": "application/json"}
    assert (await one.raw("DELETE", path, None, sent)).status == 200
    again = await other.raw("DELETE", path, None, sent)
    assert again.json()["messages"]["error"][0]["message"] == "oauth_problem=nonce_used"
