"""What happens, told in order: `GET /v1/events` by pages, held back, and as a stream, over real HTTP."""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from app.apis.v1.feed import stream as stream_module
from app.db.connections.connect import Connection
from app.http.drain import DRAIN
from app.service.changes.record import Row, record_rows
from app.service.feed.kinds import TYPES, is_known
from app.service.feed.reader import EventReader, Page
from tests.apis.v1.conftest import Serve, Shop
from tests.apis.v1.gallery import ROWS
from tests.e2e.conftest import eventually

STREAM = {"Accept": "text/event-stream"}


async def label(shop: Shop, text: str, image: int = 705) -> None:
    answer = await shop.call("PATCH", f"/v1/images/{image}", json={"label": text})
    assert answer.status == 200, answer.body


async def items(shop: Shop, query: str = "after=0", key: str = "admin") -> list[dict[str, Any]]:
    answer = await shop.get(f"/v1/events?{query}", key)
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


@dataclass
class Stream:
    """What a client makes of a stream."""

    answer: aiohttp.ClientResponse

    async def event(self, seconds: float = 10) -> dict[str, str]:
        """The next event's fields. TimeoutError; EOFError at the stream's end."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(seconds):
            while "data" not in fields:
                fields = await self._block()
        return fields

    async def _block(self) -> dict[str, str]:
        fields = {}
        while line := (await self.line()).rstrip("\n"):
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        return fields

    async def until(self, beginning: str) -> str:
        """The next line that begins so."""
        while not (line := await self.line()).startswith(beginning):
            pass
        return line

    async def line(self) -> str:
        """EOFError at the stream's end."""
        line = await self.answer.content.readline()
        if not line:
            raise EOFError
        return line.decode()


@asynccontextmanager
async def streamed(shop: Shop, query: str = "", key: str = "admin", **headers: str) -> AsyncIterator[Stream]:
    url = shop.base / "v1/events"
    sent = {**STREAM, "Authorization": f"Bearer {shop.keys[key]}"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    async with shop.session.get(url.with_query(query), headers=sent) as answer:
        assert answer.status == 200, await answer.text()
        yield Stream(answer)


@pytest.fixture(name="shop")
async def _shop(serve: Serve, connection: Connection) -> Shop:
    shop = await serve()
    await connection.execute(ROWS)
    return shop


async def test_a_page_tells_changes_in_order_and_where_to_go_on(shop: Shop) -> None:
    """Each with the thing as it is now, who did it, and a cursor behind which the next page begins."""
    start = (await shop.get("/v1/events")).json()
    assert start["items"] == []
    await label(shop, "One")
    await label(shop, "Two")

    first = (await shop.get(f"/v1/events?after={start['next']}&limit=1&types=image.*")).json()
    [event] = first["items"]
    data = event["data"]
    assert (event["type"], data["changed"], data["via"], data["actor"]) == (
        "image.updated",
        ["label"],
        "v1",
        "the admin",
    )
    assert data["product"] == {"id": 8, "sku": "dress"}
    assert data["image_id"] == data["image"]["id"] == 705
    assert data["image"]["label"] == "Two"
    assert event["timestamp"].endswith("Z")

    second = await items(shop, f"after={first['next']}&types=image.*")
    assert [one["type"] for one in second] == ["image.updated"]
    assert await items(shop, f"after={data['cursor']}&types=image.*") == second
    rest = (await shop.get(f"/v1/events?after={second[0]['data']['cursor']}&types=image.*")).json()
    assert rest["items"] == []
    assert (await items(shop, f"after={rest['next']}")) == []


async def test_a_deleted_image_is_told_without_a_document(shop: Shop) -> None:
    """So is every earlier event about it: what is shown is what there is now."""
    await label(shop, "Last words")
    assert (await shop.call("DELETE", "/v1/images/705")).status == 204
    events = await items(shop, "after=0&types=image.*&limit=200")
    reported = [event for event in events if event["data"]["image_id"] == 705]
    assert [event["type"] for event in reported] == ["image.updated", "image.deleted"]
    assert [event["data"]["image"] for event in reported] == [None, None]


async def test_events_are_chosen_by_type_and_product(shop: Shop) -> None:
    """Exact types, families of types, several of both; and those of products, which leaves out what has none."""
    await label(shop, "Mine")
    await shop.call("PUT", "/v1/products/other", json={"name": "Other"})
    await shop.call("PUT", "/v1/stores/7", json={"code": "polish", "locale": "pl_PL"})

    by = {
        query: {event["type"] for event in await items(shop, f"after=0&{query}")}
        for query in (
            "types=image.updated",
            "types=image.*,catalogue.changed",
            "sku=other",
            "sku=other&sku=dress&types=product.*",
        )
    }
    assert by["types=image.updated"] == {"image.updated"}
    assert by["types=image.*,catalogue.changed"] == {"image.updated", "catalogue.changed"}
    assert by["sku=other"] >= {"product.created"}
    assert "catalogue.changed" not in by["sku=other"]
    assert {event["data"]["product"]["sku"] for event in await items(shop, "after=0&sku=other")} == {"other"}


async def test_what_admins_do_is_told_to_admins(shop: Shop) -> None:
    """Whatever a reader asks for, keys are none of their business; in pages and in streams."""
    await shop.call("POST", "/v1/keys", json={"role": "reader"})
    await label(shop, "Seen by all")

    assert "key.added" in {event["type"] for event in await items(shop, "after=0&limit=200")}
    for query in ("after=0&limit=200", "after=0&types=key.*", "after=0&types=key.added"):
        assert not {event["type"] for event in await items(shop, query, "editor")} & {"key.added"}
    async with streamed(shop, "after=0&types=key.*,image.updated", "reader") as stream:
        assert (await stream.event())["event"] == "image.updated"


@pytest.mark.parametrize(
    ("query", "mistake"),
    [
        ("after=x", ("?after", "wrong_type")),
        ("after=-1", ("?after", "wrong_type")),
        ("after=1.0", ("?after", "wrong_type")),
        ("types=image.painted", ("?types", "out_of_range")),
        ("types=", ("?types", "out_of_range")),
        ("types=imag*", ("?types", "out_of_range")),
        ("wait=61", ("?wait", "out_of_range")),
        ("limit=201", ("?limit", "out_of_range")),
        ("since=1", ("?since", "unknown")),
    ],
)
async def test_a_query_that_cannot_be_is_refused(shop: Shop, query: str, mistake: tuple[str, str]) -> None:
    """422, also of a stream, before it begins."""
    for headers in ({}, STREAM):
        answer = await shop.call("GET", f"/v1/events?{query}", headers=headers)
        assert (answer.status, answer.mistakes) == (422, [mistake])


async def test_a_place_out_of_the_log_is_gone(shop: Shop, connection: Connection) -> None:
    """One that was tidied away, or that was never given: 410, also of a stream."""
    await label(shop, "Old")
    await connection.execute("update change_tidying set forgotten_to = 3")
    for headers, query in (({}, "after=1"), (STREAM, "after=999999"), (STREAM, "after=3.1"), ({}, "after=999999.1")):
        answer = await shop.call("GET", f"/v1/events?{query}", headers=headers)
        assert (answer.status, answer.code) == (410, "gone"), query
    answer = await shop.call("GET", "/v1/events", headers={**STREAM, "Last-Event-ID": "1"})
    assert answer.status == 410
    answer = await shop.call("GET", "/v1/events", headers={**STREAM, "Last-Event-ID": "?"})
    assert answer.mistakes == [("?Last-Event-ID", "wrong_type")]


async def test_a_page_is_held_back_until_something_happens(shop: Shop) -> None:
    """The answer comes with the event, not when the time is over; what is not asked for holds it back further."""
    waiting = asyncio.create_task(items(shop, "wait=60&types=image.updated"))
    await eventually(lambda: _followed(shop))
    await shop.call("PUT", "/v1/products/other", json={"name": "Other"})
    await label(shop, "There it is")
    async with asyncio.timeout(10):
        [event] = await waiting
    assert event["data"]["image"]["label"] == "There it is"
    assert await items(shop, "wait=0") == []


async def test_ids_without_a_row_hold_nobody_up(shop: Shop, connection: Connection) -> None:
    """Behind a transaction that was rolled back a page waits, a stream follows, and both get what comes next."""
    await connection.fetchval("select nextval('change_id_seq')")
    before = await shop.get("/v1/events?after=0")
    await connection.fetchval("select nextval('change_id_seq')")
    async with streamed(shop, f"after={before.json()['next']}&types=image.*") as stream:
        waiting = asyncio.create_task(items(shop, f"wait=60&types=image.*&after={before.json()['next']}"))
        await eventually(lambda: _followed(shop, 2))
        assert not waiting.done()
        await label(shop, "Behind a gap")
        async with asyncio.timeout(10):
            assert len(await waiting) == 1
            assert (await stream.event())["event"] == "image.updated"


async def _followed(shop: Shop, count: int = 1) -> bool:
    metrics = (await shop.get("/metrics", None)).body.decode()
    return f'slots_taken{{work="stream"}} {count}' in metrics


async def test_a_stream_tells_each_change_as_a_page_does(shop: Shop) -> None:
    """One line of data, equal to the page's entry; the type, and a cursor as id."""
    async with streamed(shop, "types=image.*") as stream:
        await label(shop, "Streamed\nin two lines")
        event = await stream.event()
        [reported] = await items(shop, "after=0&types=image.updated")
        assert json.loads(event["data"]) == reported
        assert (event["event"], event["id"]) == ("image.updated", reported["data"]["cursor"])
        assert stream.answer.headers["Content-Type"].startswith("text/event-stream")
        assert stream.answer.headers["Cache-Control"] == "no-store"
        assert stream.answer.headers["X-Request-Id"]


async def test_a_stream_goes_on_behind_the_last_event_seen(shop: Shop) -> None:
    """`Last-Event-ID` wins over the query; nothing is missed and nothing comes twice."""
    for number in range(5):
        await label(shop, f"Number {number}")
    seen = []
    async with streamed(shop, "after=0&types=image.updated") as stream:
        seen += [(await stream.event())["id"] for _ in range(2)]
    async with streamed(shop, "after=0&types=image.updated", Last_Event_ID=seen[-1]) as stream:
        await label(shop, "Number 5")
        seen += [(await stream.event())["id"] for _ in range(4)]
    assert seen == [event["data"]["cursor"] for event in await items(shop, "after=0&types=image.updated")]
    assert len(set(seen)) == 6


async def test_streams_share_what_is_read_at_the_head(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten that follow, and one who waits for a page, cost one reading of each change, and each gets it."""
    pages = list[Page]()

    def noting(read: Callable[..., Awaitable[Page]]) -> Callable[..., Awaitable[Page]]:
        async def noted(*args: Any) -> Page:
            pages.append(await read(*args))
            return pages[-1]

        return noted

    async with _opened(shop, 10) as streams:
        waiting = asyncio.create_task(items(shop, "wait=60&types=image.*"))
        await eventually(lambda: _followed(shop, 11))
        await label(shop, "Before, so that all are at the head")
        assert len({(await stream.event())["id"] for stream in streams} | {(await waiting)[0]["data"]["cursor"]}) == 1
        for name in ("read", "page"):
            monkeypatch.setattr(EventReader, name, noting(getattr(EventReader, name)))
        await label(shop, "For all")
        events = [await stream.event() for stream in streams]
    assert len({event["id"] for event in events}) == 1
    assert [event.type for page in pages for event in page.events].count("image.updated") == 1


async def test_very_many_urls_are_several_events(serve: Serve, connection: Connection) -> None:
    """A thousand each at most, on all hosts together; a reader may stop between any two of them."""
    shop = await serve(purge_hosts=("https://cdn.example",))
    said = {
        "hash": "ab" * 32, "format": "jpeg", "marks": "", "names": [f"{n}.jpg" for n in range(500)], "pictures": [],
        "paths": [], "slugs": ["large-1"], "recipes": ["1"],
    }  # fmt: skip
    insert = "insert into change (kind, actor_kind, via, after) values ('picture.swept', 'command', 'command', $1)"
    await connection.execute(insert, json.dumps(said))
    events = await items(shop, "after=0&types=media.withdrawn&limit=200")
    counts = [len(event["data"]["urls"]) for event in events]
    urls = {url for event in events for url in event["data"]["urls"]}
    assert max(counts) <= 1000
    assert len(urls) == sum(counts)
    assert len({url.partition("/media/")[2] for url in urls}) == 500 * 3
    assert sum(url.startswith("https://cdn.example/") for url in urls) == 500 * 3
    found, place = list[dict[str, Any]](), "0"
    for _ in events:
        page = (await shop.get(f"/v1/events?after={place}&types=media.withdrawn&limit=1")).json()
        found, place = [*found, *page["items"]], page["next"]
    assert found == events


@asynccontextmanager
async def _opened(shop: Shop, count: int) -> AsyncIterator[list[Stream]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(streamed(shop, "types=image.*")) for _ in range(count)]


async def test_one_stream_too_many_is_sent_away(serve: Serve) -> None:
    """503 with `Retry-After`, before it begins; so is who would have to wait."""
    shop = await serve(max_streams=1)
    async with streamed(shop):
        for headers, query in ((STREAM, ""), ({}, "?wait=1")):
            answer = await shop.call("GET", f"/v1/events{query}", headers=headers)
            assert (answer.status, answer.code) == (503, "busy")
            assert answer.headers["Retry-After"]
        assert (await shop.get("/v1/events?wait=0")).status == 200
    await eventually(lambda: _followed(shop, 0), seconds=10)  # he has left, which no event had to tell


async def test_a_stream_ends_with_its_key(shop: Shop) -> None:
    """Who is let in no more gets no further event."""
    made = (await shop.call("POST", "/v1/keys", json={"role": "reader"})).json()
    shop.keys["guest"] = made["key"]
    async with streamed(shop, "types=image.*", "guest") as stream:
        await label(shop, "Before")
        await stream.event()
        assert (await shop.call("DELETE", f"/v1/keys/{made['id']}")).status == 204
        await label(shop, "After")
        with pytest.raises(EOFError):
            while True:
                await stream.event()


async def test_who_waits_is_sent_away_when_his_key_ends(shop: Shop) -> None:
    """A page that is held back, and a silent stream: within moments, though nothing happens that either asked for."""
    made = (await shop.call("POST", "/v1/keys", json={"role": "reader"})).json()
    shop.keys["guest"] = made["key"]
    async with streamed(shop, "types=image.*", "guest") as stream:
        waiting = asyncio.create_task(shop.get("/v1/events?wait=60&types=image.*", "guest"))
        await eventually(lambda: _followed(shop, 2))
        assert (await shop.call("DELETE", f"/v1/keys/{made['id']}")).status == 204
        async with asyncio.timeout(10):
            assert (await waiting).status == 401
            with pytest.raises(EOFError):
                while True:
                    await stream.event()


async def test_a_silent_stream_is_kept_open_until_the_process_drains(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Comments come while nothing does, with the place where it has passed over what was not asked for; at a drain it
    ends, and so does a page that is held back, with what there is."""
    monkeypatch.setattr(stream_module, "_SILENT_SECONDS", 0.05)
    async with streamed(shop, "types=image.*") as stream:
        assert [await stream.line() for _ in range(3)] == ["retry: 1000\n", "\n", ":\n"]
        await shop.call("PUT", "/v1/products/other", json={"name": "Other"})
        place = await stream.until("id: ")
        await label(shop, "Behind it")
        event = await stream.event()
        assert int(place.partition(": ")[2]) < int(event["id"].partition(".")[0])

        waiting = asyncio.create_task(shop.get("/v1/events?wait=60&types=image.failed"))
        await eventually(lambda: _followed(shop, 2))
        shop.app[DRAIN].begin()
        async with asyncio.timeout(10):
            assert (await waiting).json()["items"] == []
            with pytest.raises(EOFError):
                await stream.until("never")


async def test_who_does_not_read_is_cut_off_and_goes_on_without_a_gap(serve: Serve, connection: Connection) -> None:
    """What he was not given the service does not hold for him: it is read anew when he comes back."""
    shop = await serve(send_seconds=1)
    await connection.execute(ROWS)
    await connection.execute("update image set label = repeat('x', 60000) where id = 705")
    async with shop.database.transaction() as tx:
        await record_rows(tx, [Row("image.updated", 8, 705)] * 200)
    client = await _connected(shop)
    found = await _beginning(client)
    await eventually(lambda: _cut_off(shop), seconds=20)
    assert await _followed(shop, 0)

    found += _rest(client)
    seen = re.findall(rb"^id: (\S+)$", found[: found.rfind(b"\nid: ")], re.MULTILINE)  # the last one may be cut
    assert 0 < len(seen) < 200
    async with streamed(shop, "after=0&types=image.updated", Last_Event_ID=seen[-1].decode()) as stream:
        rest = [(await stream.event())["id"] for _ in range(200 - len(seen))]
    assert len({*map(bytes.decode, seen), *rest}) == 200


async def _connected(shop: Shop) -> socket.socket:
    """With hardly any room."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, (shop.base.host, shop.base.port))
    head = "GET /v1/events?after=0&types=image.updated HTTP/1.1\r\nHost: shop\r\nAccept: text/event-stream\r\n"
    await loop.sock_sendall(client, f"{head}Authorization: Bearer {shop.keys['admin']}\r\n\r\n".encode())
    return client


async def _beginning(client: socket.socket) -> bytes:
    """Some events."""
    found = b""
    while found.count(b"\nid: ") < 3:
        found += await asyncio.get_running_loop().sock_recv(client, 65536)
    return found


def _rest(client: socket.socket) -> bytes:
    """What the system has taken for him."""
    found = bytearray()
    with client, suppress(OSError):
        while piece := client.recv(65536):
            found += piece
    return bytes(found)


async def _cut_off(shop: Shop) -> bool:
    return b'event="request_refused",what="not_read"} 1' in (await shop.get("/metrics", None)).body


async def test_rows_of_a_transaction_under_way_come_in_their_order(shop: Shop) -> None:
    """A stream waits for a writer who drew his place earlier, and tells both then."""
    async with streamed(shop, "types=product.*") as stream:
        async with shop.database.transaction() as late:
            await record_rows(late, [Row("product.updated", 8)])
            async with shop.database.transaction() as quick:
                await record_rows(quick, [Row("product.deleted", 9)])
            with pytest.raises(TimeoutError):
                await stream.event(0.3)
        kinds = [(await stream.event())["event"] for _ in range(2)]
    assert kinds[0] == "product.updated"


def test_types_are_known_by_name_and_family() -> None:
    """Every type, every family of types, and all."""
    assert all(map(is_known, TYPES))
    assert is_known("*")
    assert is_known("image.*")
    assert not any(map(is_known, ("", ".*", "image", "image.", "images.*", "*.created", "**")))
