"""Every event reaches every webhook that wants it, at least once, whatever receivers do. Time is the test's."""

import base64
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from aiohttp import web
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from app.db.connections.connect import Connection
from app.db.pool import Database
from app.db.queries import Statement
from app.service.webhooks import queueing
from app.service.webhooks.deliveries import Deliveries
from app.traces import Kind, Note, Trace, Unrecorded, within
from tests.service.webhooks.conftest import Post, Received, Receiver, answering, forever, posting, taken


async def test_events_are_delivered_signed_and_once(post: Post, receiver: Receiver) -> None:
    """Standard Webhooks' own package verifies what comes, its body is the event, and nothing comes twice."""
    one = await post.hook(receiver)
    await post.happen(3)
    await post.turn(one)
    await post.turn(one)

    assert len(receiver.ids) == len(set(receiver.ids)) == 3
    for came in receiver.received:
        assert came.headers["content-type"] == "application/json"
        assert "." not in came.id
        assert await _is_signed(post, came)
        assert came.event["type"] == "product.updated"
        assert came.event["data"]["actor"] == "a person"
    assert set((await post.states()).values()) == {"done"}


async def _is_signed(post: Post, came: Received, secret: str = "") -> bool:
    """By the package's own verification, but for the age, which is the test's clock's."""
    at = int(came.headers["webhook-timestamp"])
    expected = Verifier(secret or post.secret).sign(
        came.id, post.now.fromtimestamp(at, post.now.tzinfo), came.body.decode()
    )
    return expected in came.headers["webhook-signature"].split(" ")


async def test_the_package_verifies_what_is_sent_now(database: Database, receiver: Receiver) -> None:
    """With the clock of the machine, as a receiver would; one letter changed, and it does not."""
    async with posting(database) as post:
        post.now = post.now.now(post.now.tzinfo)
        one = await post.hook(receiver)
        await post.happen()
        await post.turn(one)
    [came] = receiver.received
    assert Verifier(post.secret).verify(came.body, came.headers)["type"] == "product.updated"
    with pytest.raises(WebhookVerificationError):
        Verifier(post.secret).verify(came.body + b" ", came.headers)


async def test_a_receiver_down_for_an_hour_misses_nothing(post: Post, receiver: Receiver) -> None:
    """Meanwhile it is asked at least every ten minutes and seldom more, with its oldest delivery; at the first success
    all others follow at once."""
    one = await post.hook(receiver)
    receiver.answer = answering(503)
    await post.happen(5)
    await post.turn(one)
    assert len(set(receiver.ids)) == 5
    receiver.received.clear()
    for _ in range(12):
        await post.happen(20)
        await post.pass_time(one, 300, 30)
    assert 5 <= len(receiver.ids) <= 12
    assert len(set(receiver.ids)) <= 2

    receiver.answer = taken
    receiver.received.clear()
    await post.pass_time(one, 12 * 60, 60)
    began = post.now
    await post.pass_time(one, 60, 10)
    assert post.now - began <= timedelta(minutes=1)
    assert len(set(receiver.ids)) == 5 + 12 * 20
    assert set((await post.states()).values()) == {"done"}


async def test_one_event_that_is_refused_climbs_the_ladder(post: Post, receiver: Receiver) -> None:
    """While others pass it is tried seven times, with the pauses that are promised, a fifth more or less; then it has
    failed, and the webhook has not."""
    one = await post.hook(receiver)
    tries = []

    async def picky(came: Received) -> web.StreamResponse | None:
        if came.event["type"] == "product.deleted":
            tries.append(post.now)
            return web.Response(status=422, text="x" * 3000)
        return web.Response()

    receiver.answer = picky
    await post.happen(kind="product.deleted")
    await post.happen()
    await post.turn(one)
    await post.happen()
    for seconds, step in ((20, 1), (180, 5), (1800, 60), (9000, 300), (36_000, 1800), (120_000, 3600)):
        await post.happen()
        await post.pass_time(one, seconds, step)

    pauses = [(later - earlier).total_seconds() for earlier, later in pairwise(tries)]
    for pause, wanted in zip(pauses, (5, 60, 600, 3600, 21_600, 86_400), strict=True):
        assert 0.8 * wanted <= pause <= 1.2 * wanted + 3600 * (wanted > 20_000) + wanted * 0.1 + 5
    rows = await post.keeper.deliveries(post.id, "failed", None, 10)
    assert [row["type"] for row in rows] == ["product.deleted"]
    assert (await post.keeper.webhook(post.id)).disabled_at is None
    assert max(len(str(row["tries"])) for row in rows) < 7 * 1500


async def test_a_receiver_that_is_gone_is_told_no_more(post: Post, receiver: Receiver) -> None:
    """410 disables at once, which is an event itself."""
    one = await post.hook(receiver)
    receiver.answer = answering(410)
    await post.happen()
    await post.turn(one)
    await post.happen()
    await post.pass_time(one, 3600)

    hook = await post.keeper.webhook(post.id)
    assert (hook.disabled_reason, len(receiver.ids)) == ("gone", 1)
    rows = await post.database.fetch("changes_behind", 0, 2**40, 1000)
    assert [row["kind"] for row in rows if row["kind"].startswith("webhook.d")] == ["webhook.disabled"]

    receiver.answer = taken
    assert (await post.keeper.change(post.id, {"enabled": True})).disabled_at is None
    await post.happen(kind="product.deleted")
    await post.turn(one)
    assert [came.event["type"] for came in receiver.received[1:]] == ["webhook.changed", "product.deleted"]


async def test_a_receiver_that_fails_for_five_days_is_told_no_more(post: Post, receiver: Receiver) -> None:
    """Not earlier; its last try is no older than ten minutes then."""
    one = await post.hook(receiver)
    receiver.answer = answering(500)
    await post.happen(10)
    await post.turn(one)
    post.now += timedelta(days=4, hours=23)
    await post.turn(one)
    assert (await post.keeper.webhook(post.id)).disabled_at is None
    await post.pass_time(one, 2 * 3600, 600)
    assert (await post.keeper.webhook(post.id)).disabled_reason == "failing"
    assert set((await post.states()).values()) == {"failed"}


async def test_a_test_is_of_nobodys_trace_and_outcomes_tell_no_url(
    post: Post, receiver: Receiver, connection: Connection
) -> None:
    """Though it has the place of the last change in the log. A URL may hold a secret, which errors repeat."""
    trace, noted = Trace("ab" * 16, "cd" * 8, is_sampled=True), list[object]()

    class Noting(Unrecorded):
        @contextmanager
        def span(self, _name: str, _kind: Kind, parent: Trace | None) -> Iterator[Note]:
            with within(parent):
                yield lambda name, value: noted.append(value) if name == "webhook.outcome" else None

    one = await post.hook(receiver)
    one = Deliveries(replace(post.desk, spans=Noting()), post.id)
    with within(trace):
        await post.happen()
    test = await post.keeper.test(post.id)
    await post.turn(one)
    assert {came.id == test: came.headers.get("traceparent") for came in receiver.received} == {
        True: None,
        False: trace.header,
    }
    receiver.answer = answering(500)
    await post.keeper.test(post.id)
    await post.turn(one)
    await connection.execute("update webhook set url = 'http://shop.example:99999/secret'")
    await post.keeper.test(post.id)
    await post.turn(one)
    assert noted[:3] == ["taken", "taken", "500"]
    assert "secret" not in str(noted[3:])


@pytest.mark.parametrize("how", ["redirect", "cut", "slow", "huge", "lying"])
async def test_whatever_is_no_success_is_tried_again(database: Database, receiver: Receiver, how: str) -> None:
    """Redirects are not followed, slow ones not waited for, of huge ones a little is read; a kilobyte is kept."""

    async def huge(came: Received) -> web.StreamResponse | None:
        response = web.StreamResponse(status=500)
        await response.prepare(came.request)
        try:
            while True:
                await response.write(b"x" * 65_536)
        except ConnectionError:
            return response

    async def lying(came: Received) -> web.StreamResponse | None:
        assert came.request.transport is not None
        came.request.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n")
        return None

    async def cut(_: Received) -> web.StreamResponse | None:
        return None

    async def redirect(_: Received) -> web.StreamResponse | None:
        return web.Response(status=302, headers={"Location": receiver.url})

    async with posting(database, webhook_seconds=1) as post:
        one = await post.hook(receiver)
        receiver.answer = {"redirect": redirect, "cut": cut, "slow": forever, "huge": huge, "lying": lying}[how]
        await post.happen()
        await post.turn(one)
        [row] = await post.keeper.deliveries(post.id, "pending", None, 10)
        assert len(receiver.ids) == 1
        assert len(row["tries"]) < 2000
        receiver.answer = taken
        await post.pass_time(one, 10, 5)
        assert set((await post.states()).values()) == {"done"}
    assert len({came.body for came in receiver.received}) == 1


async def test_private_addresses_are_not_reached(database: Database, receiver: Receiver) -> None:
    """Named by a name or not, unless they are allowed; and nothing of what they answer is told."""
    async with posting(database) as post:
        one = await post.hook(receiver)
    async with posting(database, fetch_allowed_networks=()) as post:
        post.id = 1
        strict = Deliveries(post.desk, 1)
        await post.happen()
        await post.turn(strict)
        [row] = await post.keeper.deliveries(1, None, None, 10)
    assert receiver.ids == []
    assert '"error": "not a public address"' in row["tries"].replace('":"', '": "')
    assert one is not strict


async def test_a_body_is_made_once(post: Post, receiver: Receiver, connection: Connection) -> None:
    """Retries and resends send the bytes of the first try, under its id, whatever has changed since."""
    one = await post.hook(receiver, types=("image.*",))
    await connection.execute(
        "insert into product (id, sku, sku_key, slug) values (8, 'dress', 'dress', 'dress');"
        "insert into picture (id, url_large) values (1, 'https://img.example/1.jpg');"
        "insert into image (id, product_id, picture_id, label) values (5, 8, 1, 'before');"
        "insert into change (kind, image_id, product_id, actor_kind, via) values ('image.updated', 5, 8, 'key', 'v1')"
    )
    receiver.answer = answering(500)
    await post.turn(one)
    await connection.execute("update image set label = 'after'")
    receiver.answer = taken
    await post.pass_time(one, 10, 5)
    await post.keeper.resend(post.id, receiver.ids[0])
    await post.turn(one)
    assert len(receiver.received) == 3
    assert len({(came.id, came.body) for came in receiver.received}) == 1
    assert receiver.received[0].event["data"]["image"]["label"] == "before"


async def test_secrets_are_rotated_while_events_are_sent(post: Post, receiver: Receiver) -> None:
    """For a day both sign; a third one ends the first."""
    one = await post.hook(receiver)
    first = post.secret
    await post.happen()
    await post.turn(one)
    second = await post.keeper.rotate(post.id)
    await post.happen(20)
    await post.turn(one)
    third = await post.keeper.rotate(post.id)
    await post.happen()
    await post.turn(one)
    post.now += timedelta(hours=25)
    await post.happen()
    await post.turn(one)

    keys = (("1", first), ("2", second), ("3", third))
    signers = [
        "".join([name for name, key in keys if await _is_signed(post, came, key)])
        for came in receiver.received
        if came.event["type"] == "product.updated"
    ]
    assert signers == ["1", *["12"] * 20, "23", "3"]
    assert all(len(base64.b64decode(key.removeprefix("whsec_"))) == 32 for key in (first, second, third))


async def test_types_and_prefixes_choose(post: Post, receiver: Receiver, connection: Connection) -> None:
    """What is not asked for is passed over."""
    await connection.execute(
        "insert into product (id, sku, sku_key, slug)"
        " values (8, 'dress', 'dress', 'dress'), (9, 'lamp', 'lamp', 'lamp')"
    )
    one = await post.hook(receiver, types=("product.updated", "key.*"), sku_prefix="dr")
    await connection.execute(
        "insert into change (kind, product_id, actor_kind, via) values"
        " ('product.updated', 8, 'key', 'v1'), ('product.updated', 9, 'key', 'v1'), ('product.deleted', 8, 'key', 'v1')"
    )
    await post.turn(one)
    assert [came.event["data"]["product"] for came in receiver.received] == [{"id": 8, "sku": "dress"}]


async def test_a_dead_receiver_delays_no_other(database: Database, receiver: Receiver, second: Receiver) -> None:
    """The other one has everything while the first keeps all its deliveries waiting: a hundred and no more."""
    async with posting(database, webhook_seconds=60) as post:
        dead = await post.hook(receiver)
        live = await post.hook(second)
        receiver.answer = forever
        await post.happen(150)
        settled = (await post.reader.log.horizon()).settled
        await dead.step(settled)
        while await post.turn(live):
            pass
        assert 50 < len(receiver.events) <= 100
        assert await dead.step(settled)
        assert len([event for event in second.events if event["type"] == "product.updated"]) == 150
        await dead.close()


async def test_an_import_does_not_delay_what_people_do(
    post: Post, receiver: Receiver, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind very many changes of an import that are all to be told comes an upload: it is told in the next turn. Of a
    large batch the first thousand are told one by one, then only what ends it.

    How many turns the way through the log takes is a matter of the machine, and the bench's: here one is enough."""
    monkeypatch.setattr(queueing, "_PASS_SECONDS", 600.0)
    one = await post.hook(receiver)
    count = 100_000 if os.environ.get("TEST_LENGTH") == "long" else 5_000
    await connection.execute(
        "insert into change (kind, product_id, actor_kind, via, batch, closes)"
        " select 'image.created', null, 'command', 'import', 'b', false from generate_series(1, $1)",
        count,
    )
    await post.turn(one)
    await post.happen(kind="image.created")
    await post.turn(one)
    assert [event["data"]["via"] for event in receiver.events].count("v1") == 1

    await post.happen(kind="batch.finished", via="import", batch="b")
    while await post.turn(one):
        pass
    told = Counter(event["type"] for event in receiver.events)
    assert told["image.created"] == 1001
    assert told["batch.finished"] == 1


async def test_ids_without_a_row_hold_nothing_up(post: Post, receiver: Receiver, connection: Connection) -> None:
    """Behind a transaction that was rolled back there is nothing left to be read, and what comes next is told."""
    one = await post.hook(receiver, types=("product.*",))
    await connection.fetchval("select nextval('change_id_seq')")
    assert not await post.turn(one)
    await post.happen()
    await connection.fetchval("select nextval('change_id_seq')")
    await post.turn(one)
    assert len(receiver.ids) == 1
    assert not await post.turn(one)


async def test_what_is_queued_goes_out_before_a_long_log_is_read(
    post: Post, receiver: Receiver, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much of it is not for the webhook: each turn reads on for a moment alone."""
    monkeypatch.setattr(queueing, "_PASS_SECONDS", 0.001)
    one = await post.hook(receiver, types=("product.*",))
    await post.happen(kind="product.updated")
    await connection.execute(
        "insert into change (kind, actor_kind, via, closes)"
        " select 'image.created', 'command', 'import', false from generate_series(1, 12000)"
    )
    assert await post.turn(one), "there is more"
    assert len(receiver.ids) == 1
    while await post.turn(one):
        pass
    assert (await post.keeper.webhook(post.id)).read_to == (await post.reader.log.horizon()).settled


async def test_what_is_refused_again_and_again_does_not_heap_up(
    post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where most of it is refused, while some is taken, the rest stays in the log; it comes once there is room."""
    monkeypatch.setattr(queueing, "_MOST_REFUSED", 5)

    async def picky(came: Received) -> web.StreamResponse | None:
        return web.Response(status=204 if came.event["type"] == "product.created" else 500)

    one = await post.hook(receiver, types=("product.*",))
    receiver.answer = picky
    for _ in range(10):
        await post.happen(2)
        await post.happen(kind="product.created")
        await post.pass_time(one, 2, 1)
    waiting = list((await post.states()).values()).count("pending")
    assert waiting < 10
    receiver.answer = taken
    await post.pass_time(one, 2000, 100)
    states = await post.states()
    assert (len(states), set(states.values())) == (30, {"done"})


async def test_a_quiet_webhook_outlives_one_refusal(post: Post, receiver: Receiver) -> None:
    """Days after something was given up one that refuses a new event has failed since then, not for all that time."""
    one = await post.hook(receiver)
    receiver.answer = answering(503)
    await post.happen()
    await post.turn(one)
    await post.database.execute("drop_deliveries", list(await post.states()))
    post.now += timedelta(days=6)
    await post.happen()
    await post.turn(one)
    hook = await post.keeper.webhook(post.id)
    assert (hook.disabled_at, hook.failing_since) == (None, post.now)


async def test_own_webhooks_are_held_while_their_rows_are_locked(post: Post, receiver: Receiver) -> None:
    """What administrators do with one for a moment takes it from nobody."""
    await post.hook(receiver)
    held = post.desk.holder, post.now, timedelta(seconds=15)
    async with post.database.transaction() as tx:
        await tx.fetchrow("lock_webhook", post.id)
        assert [row["id"] for row in await post.database.fetch("hold_webhooks", *held)] == [post.id]


@pytest.mark.parametrize("where", ["pass_rows", "queue_deliveries", "keep_bodies", "webhook_secrets", "delivery_done"])
async def test_who_is_killed_loses_nothing_and_invents_nothing(
    post: Post, receiver: Receiver, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken off at any point between the commit of a change and the note that it was told: another process goes on,
    and in the end there is an event for every row, and no other."""
    one = await post.hook(receiver, types=("product.*",))
    await post.happen(10)
    statement = post.database.queries[where]
    monkeypatch.setitem(post.database.queries, where, _broken(statement))  # type: ignore[arg-type]
    with suppress(Exception):
        await post.turn(one)
    await one.close()
    monkeypatch.setitem(post.database.queries, where, statement)  # type: ignore[arg-type]

    another = Deliveries(post.desk, post.id)
    while await post.turn(another):
        post.now += timedelta(seconds=20)
    rows = await post.database.fetch("changes_behind", 0, 2**40, 1000)
    wanted = {f"wh{post.id}_{row['id']}_1" for row in rows if row["kind"] == "product.updated"}
    assert set(receiver.ids) == wanted
    assert set((await post.states()).values()) == {"done"}


def _broken(statement: Statement) -> Statement:
    return replace(statement, sql="this is no statement")
