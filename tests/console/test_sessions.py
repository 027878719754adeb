"""Sessions of the console: who opens one, what it may, and when it ends. Source: console.md, 1; native.md, 1."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any, Final

import orjson

from app.access.secrets import hash_key
from app.access.sessions import COOKIE, change_token, forget_sessions, is_change_token, make_link
from app.console.attempts import PATIENCE, Attempts
from app.db.connections.connect import Connection
from app.service.catalogue.keys import revoke_key
from tests.apis.v1.conftest import Serve, Shop
from tests.commands.conftest import CommandLine
from tests.console.conftest import SESSION, Browser, given, logged_in
from tests.e2e.conftest import eventually

HAT: Final = "/v1/products/hat"


async def put(shop: Shop, headers: dict[str, str], name: str = "Hat") -> Any:
    return await shop.call("PUT", HAT, None, json={"name": name}, headers=headers)


async def sees(shop: Shop, browser: Browser) -> int:
    return (await shop.call("GET", "/v1/status", None, headers=browser.reads)).status


async def test_a_link_opens_one_session(shop: Shop, connection: Connection) -> None:
    """It is redeemed once and for ten minutes; neither it nor the cookie is kept, only their hashes."""
    link = await make_link(shop.database, "editor")
    browser = await logged_in(shop, link=link)
    assert browser.reported["role"] == "editor"
    assert browser.reported["actor"] == {"kind": "session", "name": "console link"}
    assert await sees(shop, browser) == 200
    assert (await given(shop, link=link)).status == 401
    late = await make_link(shop.database, "editor")
    await connection.execute("update console_link set expires_at = now()")
    assert (await given(shop, link=late)).status == 401
    assert await connection.fetchval("select count(*) from console_link") == 0  # redeeming removes it in any case
    assert await connection.fetchval("select token_hash from console_session") == hash_key(browser.cookie)


async def test_the_cookie_is_for_this_service_alone(serve: Serve) -> None:
    """Out of reach of scripts and of other sites, for twelve hours; over https it never goes without."""
    shop = await serve(trusted_proxies=("127.0.0.1",))
    link = await make_link(shop.database, "reader")
    plain = (await given(shop, link=link)).headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"} <= set(plain.split("; "))
    assert "Secure" not in plain
    secure = await shop.call(
        "POST", SESSION, None, json={"key": shop.keys["reader"]}, headers={"X-Forwarded-Proto": "https"}
    )
    assert "; Secure" in secure.headers["Set-Cookie"]


async def test_only_the_page_changes_something(shop: Shop) -> None:
    """A session reads with its cookie; without its token in the header it changes nothing, whatever sends it."""
    link = await make_link(shop.database, "editor")
    browser = await logged_in(shop, link=link)
    for headers in (browser.reads, browser.reads | {"X-Change-Token": change_token("another")}):
        refused = await put(shop, headers)
        assert (refused.status, refused.code) == (403, "forbidden")
    assert (await shop.get(HAT)).status == 404
    assert (await put(shop, browser.changes)).status == 201
    form = await shop.call("POST", SESSION, None, data={"link": link})
    text = await shop.call("POST", SESSION, None, data='{"key": "x"}', headers={"Content-Type": "text/plain"})
    assert (form.status, text.status) == (415, 415)
    assert (await shop.call("DELETE", SESSION, None, headers=browser.reads)).status == 403
    assert await sees(shop, browser) == 200


async def test_who_has_a_key_is_that_key(shop: Shop, connection: Connection) -> None:
    """Authorization comes before the cookie. The log names the key, or the link, and that they came by the console."""
    link = await logged_in(shop, link=await make_link(shop.database, "editor"))
    key = await logged_in(shop, key=shop.keys["editor"])
    assert (await put(shop, link.changes, "One")).status == 201
    assert (await put(shop, key.changes, "Two")).status == 200
    authorised = {"Authorization": f"Bearer {shop.keys['admin']}"}
    assert (await put(shop, key.reads | authorised, "Three")).status == 200
    rows = await connection.fetch(
        "select actor_kind, actor_name, via from change where kind like 'product%' order by id"
    )
    own = [tuple(row) for row in rows][-3:]
    assert own == [("session", "console link", "console"), ("key", "the editor", "console"), ("key", "the admin", "v1")]


async def test_a_session_may_what_its_role_may(shop: Shop) -> None:
    """A reader's changes nothing, an editor's manages no keys."""
    reader = await logged_in(shop, link=await make_link(shop.database, "reader"))
    assert (await put(shop, reader.changes)).code == "forbidden"
    editor = await logged_in(shop, key=shop.keys["editor"])
    assert (await shop.call("GET", "/v1/keys", None, headers=editor.reads)).code == "forbidden"


async def test_it_ends_with_its_key_in_every_process(serve: Serve) -> None:
    """Within a second after the key is revoked no process knows the session, and what was ready for it is not shown."""
    shop, other = await serve(), await serve()
    browser = await logged_in(shop, key=shop.keys["editor"])
    ready = {"path": "/v1/products/dress", "key": None, "headers": browser.reads}
    for process in (shop, other, shop, other):
        assert (await process.call("GET", **ready)).status == 200
    await revoke_key(shop.database, shop.keys["editor"])

    async def is_out() -> bool:
        return {(await process.call("GET", **ready)).status for process in (shop, other)} == {401}

    began = time.monotonic()
    await eventually(is_out)
    assert time.monotonic() - began < 1
    assert await sees(other, browser) == 401


async def test_logging_out_ends_it_in_every_process(serve: Serve) -> None:
    """The cookie is taken back, and is worth nothing to whoever has kept it."""
    shop, other = await serve(), await serve()
    browser = await logged_in(shop, link=await make_link(shop.database, "admin"))
    assert await sees(other, browser) == 200
    answer = await shop.call("DELETE", SESSION, None, headers=browser.changes)
    assert answer.status == 204
    assert f'{COOKIE}=""' in answer.headers["Set-Cookie"]
    assert await sees(shop, browser) == 401

    async def is_out() -> bool:
        return await sees(other, browser) == 401

    await eventually(is_out, 1)
    assert (await shop.call("GET", SESSION, None, headers=browser.reads)).status == 204
    assert (await shop.call("GET", SESSION, None)).status == 204


async def test_time_ends_it(shop: Shop, connection: Connection) -> None:
    """Twelve hours after the log-in; then it is tidied away."""
    browser = await logged_in(shop, link=await make_link(shop.database, "admin"))
    await connection.execute("update console_session set expires_at = now()")  # all processes hear of it

    async def is_out() -> bool:
        return await sees(shop, browser) == 401

    await eventually(is_out, 1)
    await forget_sessions(shop.database)
    assert await connection.fetchval("select count(*) from console_session") == 0


async def test_guesses_are_answered_late(shop: Shop) -> None:
    """After ten failures of an address each further wrong key takes a second; a right one gets in at once."""
    for _ in range(PATIENCE):
        assert (await given(shop, key="wrong")).status == 401
    began = time.monotonic()
    wrong = asyncio.create_task(given(shop, key="wrong"))
    right = await given(shop, key=shop.keys["reader"])
    assert right.status == 200
    assert time.monotonic() - began < 0.9
    assert (await wrong).status == 401
    assert time.monotonic() - began >= 1


async def test_addresses_are_counted_apart() -> None:
    """One that guesses costs no other anything, and memory is bounded by forgetting the oldest."""
    attempts, began = Attempts(pause=60), time.monotonic()
    for place in range(10_001):
        await attempts.failed(str(place))
    for _ in range(PATIENCE - 1):
        await attempts.failed("1")
    await attempts.failed("0")
    assert time.monotonic() - began < 30


async def test_nonsense_opens_nothing(shop: Shop) -> None:
    """Whatever a body holds that is no link and no key."""
    for body in (b"", b"[]", b"{", b'{"link": 1}', b'{"key": null}', b'{"link": "\\u0000"}', b"x" * 5000):
        answer = await shop.call("POST", SESSION, None, data=body, headers={"Content-Type": "application/json"})
        assert answer.status == 401, body
    odd = {"Cookie": f"{COOKIE}={'x' * 5000}"}
    assert (await shop.call("GET", "/v1/status", None, headers=odd)).status == 401


async def test_a_body_may_arrive_in_parts(shop: Shop) -> None:
    """A key that comes in two packets is the same key; one byte more than a body may have makes it none."""
    whole = orjson.dumps({"key": shop.keys["reader"]})

    async def parts() -> AsyncIterator[bytes]:
        yield whole[:5]
        await asyncio.sleep(0.05)
        yield whole[5:]

    json = {"Content-Type": "application/json"}
    assert (await shop.call("POST", SESSION, None, data=parts(), headers=json)).status == 200
    assert (await shop.call("POST", SESSION, None, data=whole.ljust(1024), headers=json)).status == 200
    assert (await shop.call("POST", SESSION, None, data=whole.ljust(1025), headers=json)).status == 401


def test_a_cookie_of_any_bytes_has_a_token() -> None:
    """Which opens nothing, rather than failing."""
    assert not is_change_token("x", "\udcff")


async def test_tidying_away_what_is_over_tells_nobody(shop: Shop, connection: Connection) -> None:
    """All processes would read all accounts anew; that somebody logs out they hear."""
    heard: list[object] = []
    await connection.add_listener("catalogue_change", lambda *told: heard.append(told[-1]))
    for _ in range(2):
        await logged_in(shop, link=await make_link(shop.database, "reader"))
    await connection.execute(
        "update console_session set expires_at = now() where id = (select min(id) from console_session)"
    )
    assert heard == ["accounts"]
    await forget_sessions(shop.database)
    await forget_sessions(shop.database)
    await connection.execute("select 1")
    assert heard == ["accounts"]
    assert await connection.fetchval("select count(*) from console_session") == 1
    await connection.execute("delete from console_session")
    assert heard == ["accounts", "accounts"]


async def test_commands_give_links_and_end_sessions(shop: Shop, cli: CommandLine) -> None:
    """`console link` prints an address, `list` tells what lasts, `revoke` ends one session, or all and their links."""
    reported = await cli("console", "link", "--role", "admin")
    browser = await logged_in(shop, link=reported["url"].partition("#link=")[2])
    assert (browser.reported["role"], reported["url"].partition("#")[0]) == ("admin", "http://127.0.0.1:8080/console")
    await cli("console", "link")
    listed = (await cli("console", "list"))["sessions"]
    assert [(one["name"], one["role"], one["id"] is None) for one in listed] == [
        ("console link", "admin", False),
        ("console link", "editor", True),
    ]
    assert (await cli("console", "revoke", str(listed[0]["id"]))) == {"ended": 1}
    assert (await cli("console", "revoke")) == {"ended": 1}
    assert (await cli("console", "list"))["sessions"] == []
    assert "switched off" in await cli.fails_with({"CONSOLE": "false"}, "console", "link")
