"""Keys, OAuth, image types, jobs, doctor, status: over real HTTP."""

import base64
import json
from dataclasses import asdict
from typing import Any

import pytest

from app.access.uses import Uses
from app.db.connections.connect import Connection
from app.db.pool import Database
from app.db.queue.jobs import Job, enqueue
from app.service.upkeep.census import Census
from tests.apis.v1.conftest import Shop


async def test_a_key_is_told_once(shop: Shop) -> None:
    """POST answers with the key, which works; no list has it."""
    made = (await shop.call("POST", "/v1/keys", json={"role": "editor", "name": "pipeline"})).json()
    listed = await shop.get("/v1/keys")

    assert (made["role"], made["name"], made["audiences"]) == ("editor", "pipeline", ["v1"])
    assert (await shop.get("/v1/stores", made["key"])).status == 200
    assert made["key"] not in listed.body.decode()
    shown = [key for key in listed.json()["items"] if key["id"] == made["id"]]
    assert shown == [{name: value for name, value in made.items() if name != "key"}]


@pytest.mark.parametrize(
    ("body", "mistakes"),
    [
        ({}, [("/role", "required")]),
        ({"role": "owner"}, [("/role", "out_of_range")]),
        ({"role": "reader", "name": ""}, [("/name", "out_of_range")]),
        ({"role": "reader", "name": "a\nb"}, [("/name", "out_of_range")]),
        ({"role": "reader", "name": "x" * 256}, [("/name", "too_long")]),
        ({"role": "reader", "audiences": ["spree"]}, [("/audiences/0", "out_of_range")]),
        ({"role": "customer", "audiences": ["spree", "v1"]}, [("/audiences/1", "out_of_range")]),
        ({"role": "admin", "audiences": ["glue"]}, [("/audiences/0", "out_of_range")]),
        ({"role": "admin", "audiences": ["v1", "v1"]}, [("/audiences", "out_of_range")]),
        ({"role": "admin", "audiences": []}, [("/audiences", "out_of_range")]),
        ({"role": None, "audiences": "v1", "key": "x" * 30}, None),
    ],
)
async def test_keys_that_cannot_be_are_refused(
    shop: Shop, body: dict[str, Any], mistakes: list[tuple[str, str]] | None
) -> None:
    """Each value in its place; a key's text cannot be chosen here."""
    answer = await shop.call("POST", "/v1/keys", json=body)
    wanted = mistakes or [("/audiences", "wrong_type"), ("/key", "unknown"), ("/role", "wrong_type")]
    assert (answer.status, sorted(answer.mistakes)) == (422, wanted)
    assert len((await shop.get("/v1/keys")).json()["items"]) == 3


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/keys", {"role": "reader"}),
        ("/v1/oauth/consumers", {"name": "PIM"}),
        ("/v1/oauth/tokens", {"user_type": "admin"}),
    ],
)
async def test_an_answer_with_a_secret_is_not_kept(shop: Shop, path: str, body: dict[str, str]) -> None:
    """A retry makes no second credential, and hears 409: the first answer is nowhere."""
    headers = {"Idempotency-Key": "once"}
    made = await shop.call("POST", path, json=body, headers=headers)
    again = await shop.call("POST", path, json=body, headers=headers)

    assert (made.status, again.status, again.code) == (201, 409, "conflict")
    number = len((await shop.get(path)).json()["items"])
    assert number == (4 if path == "/v1/keys" else 1)


@pytest.mark.parametrize("path", ["/v1/keys/999", "/v1/keys/x", "/v1/keys/0", f"/v1/keys/{'9' * 30}"])
async def test_a_key_that_is_none_is_not_revoked(shop: Shop, path: str) -> None:
    """404, and it says what is missing."""
    answer = await shop.call("DELETE", path)
    assert (answer.status, answer.json()["detail"]) == (404, "There is no such key.")


async def test_lists_are_read_page_by_page(shop: Shop) -> None:
    """Each item once, in order, by the cursor or by `Link`; what comes meanwhile does not move the others."""
    for number in range(5):
        await shop.call("POST", "/v1/keys", json={"role": "reader", "name": f"{number}"})
    whole = [key["id"] for key in (await shop.get("/v1/keys")).json()["items"]]
    seen, path = [], "/v1/keys?limit=3"
    while path:
        answer = await shop.get(path)
        document = answer.json()
        seen += [key["id"] for key in document["items"]]
        link = answer.headers.get("Link")
        assert (document["next"] is None) == (link is None)
        path = link.partition(">")[0][1:] if link else ""
        if len(seen) == 3:
            await shop.call("POST", "/v1/keys", json={"role": "reader", "name": "later"})
            assert link == f'</v1/keys?limit=3&after={document["next"]}>; rel="next"'

    assert seen == [*whole, max(whole) + 1]


async def test_oauth_credentials_are_told_once(shop: Shop) -> None:
    """A token comes with its consumer; lists have no secret; a removed consumer takes its tokens along."""
    consumer = (await shop.call("POST", "/v1/oauth/consumers", json={"name": "PIM"})).json()
    body = {"user_type": "admin", "consumer_key": consumer["key"], "privileges": ["update", "retrieve"]}
    token = (await shop.call("POST", "/v1/oauth/tokens", json=body)).json()
    alone = (await shop.call("POST", "/v1/oauth/tokens", json={"user_type": "customer"})).json()
    consumers, tokens = await shop.get("/v1/oauth/consumers"), await shop.get("/v1/oauth/tokens")

    assert (token["consumer_key"], token["consumer_secret"]) == (consumer["key"], None)
    assert alone["consumer_secret"]
    for secret in (consumer["secret"], token["secret"], alone["secret"], alone["consumer_secret"]):
        assert secret not in consumers.body.decode() + tokens.body.decode()
    assert [(one["name"], one["tokens"]) for one in consumers.json()["items"]] == [("PIM", 1), (None, 1)]
    first, second = tokens.json()["items"]
    assert (first["token"], first["privileges"], first["user_type"]) == (
        token["token"],
        ["retrieve", "update"],
        "admin",
    )
    assert (second["privileges"], second["has_role"]) == (None, True)

    assert (await shop.call("DELETE", f"/v1/oauth/tokens/{alone['token']}")).status == 204
    assert (await shop.call("DELETE", f"/v1/oauth/consumers/{consumer['key']}")).status == 204
    [left] = (await shop.get("/v1/oauth/tokens")).json()["items"]
    assert (left["token"], left["revoked_at"] is None) == (alone["token"], False)
    for path in ("/v1/oauth/consumers/x", "/v1/oauth/tokens/x"):
        assert (await shop.call("DELETE", path)).status == 404


async def test_oauth_lists_page_in_the_order_of_making(shop: Shop) -> None:
    """Cursors of moments and names; those of another list are none."""
    made = [(await shop.call("POST", "/v1/oauth/consumers")).json()["key"] for _ in range(3)]
    first = (await shop.get("/v1/oauth/consumers?limit=2")).json()
    second = (await shop.get(f"/v1/oauth/consumers?limit=2&after={first['next']}")).json()
    keys = (await shop.get("/v1/keys?limit=1")).json()["next"]

    assert [one["key"] for one in first["items"] + second["items"]] == made
    assert second["next"] is None
    assert (await shop.get(f"/v1/oauth/tokens?after={keys}")).mistakes == [("?after", "wrong_type")]
    assert (await shop.get(f"/v1/keys?after={first['next']}")).mistakes == [("?after", "wrong_type")]


@pytest.mark.parametrize(
    ("body", "mistakes"),
    [
        ({}, [("/user_type", "required")]),
        ({"user_type": "admin", "consumer_key": "x" * 32}, [("/consumer_key", "not_found")]),
        ({"user_type": "admin", "privileges": ["all"]}, [("/privileges/0", "out_of_range")]),
        ({"user_type": "admin", "token": "t" * 32}, [("/token", "unknown")]),
        ({"user_type": "admin", "has_role": "yes"}, [("/has_role", "wrong_type")]),
    ],
)
async def test_tokens_that_cannot_be_are_refused(
    shop: Shop, body: dict[str, Any], mistakes: list[tuple[str, str]]
) -> None:
    """Each value in its place, and no consumer is made for a token that is not."""
    answer = await shop.call("POST", "/v1/oauth/tokens", json=body)
    assert (answer.status, answer.mistakes) == (422, mistakes)
    assert (await shop.get("/v1/oauth/consumers")).json()["items"] == []


async def test_image_types_are_made_and_moved(shop: Shop) -> None:
    """201 for a new one, the last by default; 200 for one that exists; 409 for a rank that is taken."""
    made = await shop.call("PUT", "/v1/image-types/swatch", json={})
    moved = await shop.call("PUT", "/v1/image-types/swatch", json={"rank": 9, "code": "swatch", "custom": True})
    taken = await shop.call("PUT", "/v1/image-types/swatch", json={"rank": 1})
    strange = await shop.call("PUT", "/v1/image-types/swatch", json={"code": "image", "custom": False, "rank": 0})
    listed = (await shop.get("/v1/image-types", "reader")).json()["items"]

    assert (made.status, made.json()) == (201, {"code": "swatch", "rank": 4, "custom": True})
    assert (moved.status, moved.json()["rank"]) == (200, 9)
    assert (taken.status, taken.code) == (409, "conflict")
    assert strange.status == 422
    assert listed == [
        {"code": "image", "rank": 1, "custom": False},
        {"code": "small_image", "rank": 2, "custom": False},
        {"code": "swatch", "rank": 9, "custom": True},
        {"code": "thumbnail", "rank": 3, "custom": False},
    ]
    assert (await shop.call("PUT", "/v1/image-types/%C3%9C", json={})).status == 422


async def test_jobs_are_listed_and_tried_again(shop: Shop, connection: Connection) -> None:
    """With what they are about and, where they failed for good, why; `state` chooses; retry brings them back."""
    async with shop.database.transaction() as tx:
        await enqueue(tx, [Job("render", b"\x01" * 32), Job("sweep", b"2")])
    await connection.execute("update pgqueuer set status = 'failed', attempts = 3 where entrypoint = 'render'")
    await connection.execute(
        """insert into pgqueuer_log (job_id, status, entrypoint, priority, traceback)
        select id, 'failed', entrypoint, 0, $1::jsonb from pgqueuer where entrypoint = 'render'""",
        json.dumps({"exception_type": "ValueError", "exception_message": "no picture"}),
    )
    both = (await shop.get("/v1/jobs", "reader")).json()["items"]
    [failed] = (await shop.get("/v1/jobs?state=failed", "reader")).json()["items"]
    [waiting] = (await shop.get("/v1/jobs?state=waiting", "reader")).json()["items"]

    assert both == [failed, waiting]
    assert {name: failed[name] for name in ("kind", "state", "sha256", "images", "attempts", "failure")} == {
        "kind": "render",
        "state": "failed",
        "sha256": "01" * 32,
        "images": [],
        "attempts": 3,
        "failure": {"code": "ValueError", "detail": "no picture"},
    }
    assert (waiting["kind"], waiting["sha256"], waiting["failure"]) == ("sweep", None, None)
    assert (await shop.get("/v1/jobs?state=lost")).mistakes == [("?state", "out_of_range")]
    status = (await shop.get("/v1/status", "reader")).json()
    assert status["failures"] == [{"reason": "ValueError: no picture", "count": 1}]
    assert {kind: depth["failed"] for kind, depth in status["queue"].items()} == {"render": 1, "sweep": 0}
    assert (await shop.call("POST", "/v1/jobs/retry", json={"kind": "none"})).json() == {"retried": 0}
    assert (await shop.call("POST", "/v1/jobs/retry")).json() == {"retried": 1}
    assert (await shop.get("/v1/jobs?state=failed")).json()["items"] == []


async def test_doctor_speaks_of_this_process(shop: Shop) -> None:
    """The checks of the command, and none of them tells a secret."""
    answer = await shop.get("/v1/doctor")
    document = answer.json()

    assert [check["name"] for check in document["checks"]] == [
        "settings",
        "database",
        "schema",
        "secrets",
        "feed",
        "store",
        "clock",
        "originals",
        "codecs",
        "walls",
    ]
    assert document["ok"] is True, document
    assert document["limits"]["MAX_BODY_BYTES"] == shop.settings.max_body_bytes
    for secret in (shop.settings.secret_key, *shop.keys.values()):
        assert secret not in answer.body.decode()


async def test_status_tells_how_much_there_is(shop: Shop) -> None:
    """Counts, queue, failures, samples, and how database and store fare."""
    status = (await shop.get("/v1/status", "reader")).json()

    assert status["counts"] == {
        "products": 3,
        "without_picture": 3,
        "images": 0,
        "pictures": 0,
        "bytes": 0,
        "approximate": False,
    }
    assert status["states"] == {"ready": 0, "processing": 0, "failed": 0, "external": 0}
    assert (status["database"], status["store"], status["failures"]) == ("ok", "ok", [])
    assert status["version"]
    assert status["feed"]["delay_seconds"] == 0
    assert int(status["feed"]["cursor"]) > 0


async def test_who_holds_up_the_feed_is_named(shop: Shop, connection: Connection) -> None:
    """While a transaction that has written is open, what others write behind it is held up: status, metrics and doctor
    say for how long, and doctor by whom."""
    holder = await connection.fetchval("select pg_backend_pid()")
    fill = "insert into change (kind, actor_kind, via) select 'key.added', 'system', 'v1' from generate_series(1, 40)"
    async with connection.transaction():
        await connection.execute(fill)
        assert (await shop.call("POST", "/v1/keys", json={"role": "reader"})).status == 201
        status = (await shop.get("/v1/status")).json()["feed"]
        [feed] = [one for one in (await shop.get("/v1/doctor")).json()["checks"] if one["name"] == "feed"]
        assert b"product_images_feed_delay_seconds 0.0" not in (await shop.get("/metrics", None)).body

    assert status["delay_seconds"] > 0
    assert f"process {holder} of Postgres" in feed["detail"]
    later = (await shop.get("/v1/status")).json()["feed"]
    assert later["delay_seconds"] == 0
    assert int(later["cursor"]) > int(status["cursor"])


async def test_counts_are_estimated_beyond_their_bound(database: Database, connection: Connection) -> None:
    """What is more than the bound is reckoned by Postgres, and said to be; parts are as large as among those looked
    at. All is remembered for a minute."""
    await connection.execute(
        "insert into product (sku, sku_key, slug, supports_images) "
        "select n::text, n::text, n::text, n % 2 = 0 from generate_series(1, 400) n"
    )
    await connection.execute("analyze product")
    now = [0.0]
    few, all_of_them = Census(database, exact=100, clock=lambda: now[0]), Census(database, exact=1000)
    estimated, exact = (await few.figures()).counts, (await all_of_them.figures()).counts
    await connection.execute("delete from product")

    assert (exact.products, exact.without_picture, exact.approximate) == (400, 200, False)
    assert (estimated.products, estimated.approximate) == (400, True)
    assert estimated.without_picture == pytest.approx(200, rel=0.1)
    now[0] = 59
    assert (await few.figures()).counts.products == 400
    now[0] = 61
    assert (await few.figures()).counts.products == 0


async def test_images_are_counted_by_state(database: Database, connection: Connection) -> None:
    """Each gallery entry in the state of its picture; one that has only URLs is external, deleted ones are nobody's."""
    await connection.execute(
        """
        insert into product (id, sku, sku_key, slug) values (1, 'a', 'a', 'a');
        insert into blob (hash, size, format, width, height, state, failure_code) values
            (sha256('r'), 10, 'png', 1, 1, 'ready', null), (sha256('f'), 5, 'png', 1, 1, 'failed', 'damaged'),
            (sha256('p'), 1, 'png', 1, 1, 'processing', null);
        insert into picture (id, blob_hash, url_large) values
            (1, sha256('r'), null), (2, sha256('f'), null), (3, sha256('p'), null), (4, null, 'https://else.where/a.png');
        insert into image (product_id, picture_id, deleted_at) values
            (1, 1, null), (1, 1, null), (1, 2, null), (1, 3, null), (1, 4, null), (1, 3, now());
        """
    )
    figures = await Census(database).figures()

    assert asdict(figures.states) == {"ready": 2, "processing": 1, "failed": 1, "external": 1}
    assert (figures.counts.images, figures.counts.pictures, figures.counts.bytes) == (5, 3, 16)


async def test_the_hour_of_use_is_kept_once(database: Database, connection: Connection) -> None:
    """One statement for all, and none again within the hour; when it has ended whoever remembers asks anew."""
    await connection.execute(
        "insert into api_key (key_hash, role) values (sha256('a'), 'admin'), (sha256('b'), 'admin')"
    )
    first, second = [row["id"] for row in await connection.fetch("select id from api_key order by id")]
    now, turns = [3600.0 * 1000], []
    uses = Uses(database, clock=lambda: now[0])
    uses.on_turn = lambda: turns.append(now[0])
    for _ in range(3):
        uses.key(first)
    await uses.write()
    used = await connection.fetch("select id, last_used_at = date_trunc('hour', now()) as now from api_key order by id")
    assert [(row["id"], row["now"]) for row in used] == [(first, True), (second, None)]
    await connection.execute("update api_key set last_used_at = null")

    uses.key(first)
    await uses.write()
    assert await connection.fetchval("select count(last_used_at) from api_key") == 0
    now[0] += 3600
    await uses.write()
    uses.key(first)
    await uses.write()
    assert await connection.fetchval("select count(last_used_at) from api_key") == 1
    assert turns == [now[0]]


async def test_what_the_database_does_not_take_is_kept_later(database: Database, connection: Connection) -> None:
    """A use that was noted while the database was away is not forgotten."""
    await connection.execute("insert into api_key (key_hash, role) values (sha256('a'), 'admin')")
    uses = Uses(database)
    uses.key(await connection.fetchval("select id from api_key"))
    await connection.execute("alter table api_key rename to mislaid")
    with pytest.raises(Exception, match="api_key"):
        await uses.write()
    await connection.execute("alter table mislaid rename to api_key")
    await uses.write()
    assert await connection.fetchval("select count(last_used_at) from api_key") == 1


async def test_the_last_rank_has_none_behind_it(shop: Shop) -> None:
    """A type that is given none then is told so."""
    assert (await shop.call("PUT", "/v1/image-types/last", json={"rank": 2**31 - 1})).status == 201
    answer = await shop.call("PUT", "/v1/image-types/later", json={})
    assert (answer.status, answer.code) == (409, "conflict")


async def test_a_cursor_beyond_all_numbers_ends_the_list(shop: Shop) -> None:
    """Of every list that pages by numbers, whatever its column holds."""
    cursor = base64.urlsafe_b64encode(b"[9223372036854775807]").decode()
    for path in ("stores", "keys", "images", "webhooks", "jobs"):
        answer = await shop.get(f"/v1/{path}?after={cursor}")
        assert (answer.status, answer.json()) == (200, {"items": [], "next": None}), path
