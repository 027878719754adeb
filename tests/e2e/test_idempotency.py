"""Retries that cannot duplicate, through each API. Source: native.md 4."""

import asyncio
import base64
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

from app.access.secrets import SecretBox
from app.db.connections.connect import Connection
from app.db.pool import Database
from app.service.catalogue.keys import KeyOptions, put_key
from app.service.catalogue.oauth import TokenOptions, put_token
from tests.e2e.conftest import SECRET_KEY, Answer, Serve, Shop, eventually
from tests.e2e.test_crashes import environment
from tests.pictures import encoded, picture
from tests.postgres_proxy import Proxy, proxied
from tests.processes import serving

OPENMAGE: Final = "/api/rest/products/dress/images"
SPREE: Final = "/api/v1/products/a-dress/images"
NATIVE: Final = "/v1/products/dress/images"
PICTURE: Final = encoded(picture(120, 80))
OTHER: Final = encoded(picture(120, 80, seed=2))
_KEEPS: Final = b"insert into kept_answer"
COUNT: Final = "select count(*) from image"


async def openmage(
    shop: Shop, key: str, data: bytes = PICTURE, method: str = "POST", path: str = OPENMAGE, **fields: Any
) -> Answer:
    body = {"file_mime_type": "image/jpeg", "file_content": base64.b64encode(data).decode(), **fields}
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    return await shop.signed(method, path, data=json.dumps(body), headers=headers)


def form(data: bytes = PICTURE, **fields: str) -> aiohttp.FormData:
    """With a boundary of its own each time."""
    parts = aiohttp.FormData()
    for name, value in fields.items():
        parts.add_field(name, value)
    parts.add_field("image[attachment]", data, filename="front.jpg", content_type="image/jpeg")
    return parts


async def spree(shop: Shop, key: str, data: bytes = PICTURE, path: str = SPREE, **fields: str) -> Answer:
    headers = {"X-Spree-Token": shop.api_key, "Idempotency-Key": key}
    return await shop.call("POST", path, headers=headers, data=form(data, **fields))


async def native(shop: Shop, key: str, data: bytes = PICTURE, path: str = NATIVE, **fields: str) -> Answer:
    parts = aiohttp.FormData()
    for name, value in fields.items():
        parts.add_field(name, value)
    parts.add_field("file", data, filename="front.jpg", content_type="image/jpeg")
    headers = {"Authorization": f"Bearer {shop.api_key}", "Idempotency-Key": key}
    return await shop.call("POST", path, headers=headers, data=parts)


Upload = Callable[..., Awaitable[Answer]]
UPLOADS: Final[tuple[Upload, ...]] = (openmage, spree, native)
EACH: Final = pytest.mark.parametrize("upload", UPLOADS)


def reported(answer: Answer) -> tuple[int, bytes, dict[str, str]]:
    """All of an answer that a replay repeats."""
    changing = {"date", "x-request-id", "x-runtime", "idempotency-replayed"}
    headers = {name: value for name, value in answer.headers.items() if name.lower() not in changing}
    return answer.status, answer.body, headers


def is_replayed(answer: Answer) -> bool:
    return answer.headers.get("Idempotency-Replayed") == "true"


@EACH
async def test_a_retry_gets_the_same_answer_and_changes_nothing(
    serve: Serve, connection: Connection, upload: Upload
) -> None:
    """Byte for byte, however often; the picture is not looked into again. A key of its own is a change of its own."""
    shop = await serve(run_worker=False)
    first = await upload(shop, "a")
    assert first.status in {200, 201}
    assert not is_replayed(first)
    await connection.execute("delete from blob_claim")
    for _ in range(2):
        again = await upload(shop, "a")
        assert is_replayed(again)
        assert reported(again) == reported(first)
    assert await connection.fetchval(COUNT) == 1
    assert await connection.fetchval("select count(*) from blob_claim") == 0
    assert not is_replayed(await upload(shop, '"b"'))
    assert is_replayed(await upload(shop, "b"))
    assert await connection.fetchval(COUNT) == 2


async def test_what_was_uploaded_with_a_key_is_listed_at_once(serve: Serve) -> None:
    """Lists that are kept in memory are dropped once it is committed."""
    shop = await serve(run_worker=False)
    for count, upload in enumerate(UPLOADS, 1):
        await shop.signed("GET", OPENMAGE)
        await upload(shop, "a")
        assert len((await shop.signed("GET", OPENMAGE)).json()) == count


async def test_a_replayed_update_takes_nothing_back(serve: Serve, connection: Connection) -> None:
    """What others have changed since stays."""
    shop = await serve(run_worker=False)
    place = (await openmage(shop, "a")).headers["Location"]

    async def relabel(label: str, key: str) -> Answer:
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        return await shop.signed("PUT", place, data=json.dumps({"label": label}), headers=headers)

    first = await relabel("One", "b")
    assert (first.status, (await relabel("Two", "c")).status) == (200, 200)
    again = await relabel("One", "b")
    assert is_replayed(again)
    assert reported(again) == reported(first)
    assert await connection.fetchval("select label from image") == "Two"


async def test_a_key_of_spree_s_may_come_wherever_its_token_does(serve: Serve, connection: Connection) -> None:
    """In the header, the query or the body: it is the same caller, and the token is no part of the request."""
    shop = await serve(run_worker=False)
    headers = {"Idempotency-Key": "a"}
    tried = [
        await spree(shop, "a"),
        await shop.call("POST", f"{SPREE}?token={shop.api_key}", headers=headers, data=form()),
    ]
    assert [is_replayed(answer) for answer in tried] == [False, True]
    inside = [
        await shop.call("POST", SPREE, headers={"Idempotency-Key": "b"}, data=form(token=shop.api_key))
        for _ in range(2)
    ]
    assert [is_replayed(answer) for answer in inside] == [False, True]
    assert await connection.fetchval(COUNT) == 2


async def test_another_request_with_the_same_key_is_refused(serve: Serve, connection: Connection) -> None:
    """In the words of the API: other bytes, another field, another path, or another format of the answer."""
    shop = await serve(run_worker=False)
    await openmage(shop, "a")
    await spree(shop, "a")
    others = [
        await openmage(shop, "a", OTHER),
        await openmage(shop, "a", label="Front"),
        await openmage(shop, "a", path="/api/rest/products/dress-red/images"),
    ]
    text = "Idempotency key was used for another request"
    document = {"messages": {"error": [{"code": 422, "message": text}]}}
    assert [(answer.status, answer.json()) for answer in others] == [(422, document)] * 3
    headers = {"Content-Type": "application/json", "Idempotency-Key": "a", "Accept": "text/xml"}
    body = json.dumps({"file_mime_type": "image/jpeg", "file_content": base64.b64encode(PICTURE).decode()})
    assert (await shop.signed("POST", OPENMAGE, data=body, headers=headers)).status == 422
    for answer in (await spree(shop, "a", OTHER), await spree(shop, "a", **{"image[alt]": "Front"})):
        assert (answer.status, answer.json()) == (422, {"exception": text})
    await native(shop, "b")
    for answer in (await native(shop, "b", OTHER), await native(shop, "b", label="Front")):
        assert (answer.status, answer.json()["code"]) == (422, "key_reused")
    assert await connection.fetchval(COUNT) == 3


async def test_a_key_is_its_credential_s_alone(serve: Serve, connection: Connection, database: Database) -> None:
    """Another credential with the same key makes a change of its own."""
    shop = await serve(run_worker=False)
    async with database.transaction() as tx:
        token = await put_token(tx, SecretBox(SECRET_KEY), TokenOptions("admin"))
    _, key = await put_key(database, KeyOptions("admin", ["spree", "v1"]))
    for one in (shop, replace(shop, admin=token, api_key=key)):
        assert not is_replayed(await openmage(one, "a"))
        assert not is_replayed(await spree(one, "a"))
        assert not is_replayed(await native(one, "a"))
    assert await connection.fetchval(COUNT) == 6


@pytest.mark.parametrize("key", ["", '""', "a" * 256, "caf\u00e9", 'a"b', '"a'])
async def test_a_key_that_is_none_is_refused(serve: Serve, connection: Connection, key: str) -> None:
    """Empty, too long or not ASCII: a 400 of the API, and nothing is done."""
    shop = await serve(run_worker=False)
    for upload in UPLOADS:
        assert (await upload(shop, key)).status == 400
    assert await connection.fetchval(COUNT) == 0


async def test_refusals_of_the_body_are_kept(serve: Serve) -> None:
    """What the same bytes would meet again is not looked at again."""
    shop = await serve(run_worker=False)
    text = {"Content-Type": "application/json", "Idempotency-Key": "c"}
    for tries in (
        [await openmage(shop, "a", b"no picture") for _ in range(2)],
        [await spree(shop, "a", b"no picture") for _ in range(2)],
        [await native(shop, "d", b"no picture") for _ in range(2)],
        [await openmage(shop, "b", file_content="*") for _ in range(2)],
        [await shop.signed("POST", OPENMAGE, data=b'{"file_content": ', headers=text) for _ in range(2)],
        [await shop.call("POST", SPREE, data=b"{", headers=text | {"X-Spree-Token": shop.api_key}) for _ in range(2)],
    ):
        assert 400 <= tries[0].status < 500
        assert [is_replayed(answer) for answer in tries] == [False, True]
        assert reported(tries[0]) == reported(tries[1])
    assert (await openmage(shop, "a")).status == 422


async def test_other_refusals_are_not_kept(serve: Serve, connection: Connection) -> None:
    """A product that is not there may come, a rate and a right may change: the same key tries again."""
    shop = await serve(run_worker=False)
    path = {"openmage": "/api/rest/products/dress/images", "spree": SPREE}
    await connection.execute("update product set deleted_at = now() where id = 8")
    assert (await openmage(shop, "a", path=path["openmage"])).status == 404
    assert (await spree(shop, "a", path=path["spree"])).status == 404
    await connection.execute("update product set deleted_at = null where id = 8")
    for answer in (await openmage(shop, "a"), await spree(shop, "a")):
        assert answer.status in {200, 201}
        assert not is_replayed(answer)


async def test_nobody_is_given_another_s_answer(serve: Serve) -> None:
    """Who has no right to ask is told so, whatever key he knows."""
    shop = await serve(run_worker=False)
    await spree(shop, "a")
    assert (await spree(replace(shop, api_key="unknown"), "a")).status == 401
    assert (await spree(replace(shop, api_key=""), "a")).status == 401


@pytest.mark.timeout(300)  # a program that starts, on a machine that may be busy
@EACH
async def test_a_commit_whose_answer_is_lost_is_not_made_again(
    serve: Serve, connection: Connection, upload: Upload
) -> None:
    """The client hears nothing of a change that was made; its retry gets the answer."""
    shop = await serve(run_worker=False)
    async with proxied(shop.settings.database_url) as proxy:
        behind = await serve_over(proxy.dsn, shop)
        async with behind as (base, _):
            there = replace(shop, url=shop.url.with_port(int(base.rpartition(":")[2])))
            proxy.loses_commits = 2  # of the claim of the bytes, too
            lost = [await upload(there, "a") for _ in range(3)]
    assert {answer.status for answer in lost} <= {200, 201, 503}
    assert await connection.fetchval(COUNT) == 1
    assert is_replayed(await upload(shop, "a"))
    assert await connection.fetchval(COUNT) == 1


@pytest.mark.timeout(300)  # a program that starts, on a machine that may be busy
@pytest.mark.parametrize("is_committed", [False, True])
async def test_a_process_that_is_killed_leaves_its_change_with_its_answer(
    serve: Serve, connection: Connection, is_committed: bool
) -> None:
    """Killed while its change is made, the retry makes it; killed between commit and answer, the retry is answered with
    what was kept. In all APIs, by another process."""
    shop = await serve(run_worker=False)
    for made, upload in enumerate(UPLOADS):
        async with (
            proxied(shop.settings.database_url) as proxy,
            await serve_over(proxy.dsn, shop) as (base, process),
        ):
            there = replace(shop, url=shop.url.with_port(int(base.rpartition(":")[2])))
            proxy.last_words, proxy.words_before = (b"COMMIT", _KEEPS) if is_committed else (_KEEPS, b"")
            asking = asyncio.create_task(upload(there, "a"))
            await eventually(lambda: fell_silent(proxy), seconds=60)
            process.kill()
            with pytest.raises(aiohttp.ClientError):
                await asking
        assert await connection.fetchval(COUNT) == made + is_committed
        again = await upload(shop, "a")
        assert (again.status in {200, 201}, is_replayed(again)) == (True, is_committed), again
        assert await connection.fetchval(COUNT) == made + 1


async def fell_silent(proxy: Proxy) -> bool:
    """And what the last words do is done: as far as it could be, where the link is not answered."""
    await asyncio.sleep(0.1)
    return proxy.has_silent


async def serve_over(dsn: str, shop: Shop) -> Any:
    """Another process that serves the same shop, its database behind a proxy."""
    return serving(**environment(dsn, shop.settings.data_dir), RUN_WORKER="false")


@EACH
async def test_an_answer_is_kept_for_a_day(serve: Serve, connection: Connection, upload: Upload) -> None:
    """After that the same key makes another change, whether or not the worker has come by; which forgets it."""
    shop = await serve()
    old = "update kept_answer set kept_at = now() - interval '24 hours 1 minute'"
    await upload(shop, "a")
    assert await connection.execute(old) == "UPDATE 1"
    assert not is_replayed(await upload(shop, "a", OTHER))
    assert is_replayed(await upload(shop, "a", OTHER))
    assert await connection.fetchval(COUNT) == 2


async def test_an_answer_that_was_kept_before_is_given_again(serve: Serve, connection: Connection) -> None:
    """Requests were told apart by SHA-256 then: the first retry that meets such an answer is told to wait, the next one
    gets it, and so does every other; another request is refused as ever, and new answers are kept as they are now."""
    shop = await serve(run_worker=False)
    for key in "ab":
        await openmage(shop, key)
    body = json.dumps({"file_mime_type": "image/jpeg", "file_content": base64.b64encode(PICTURE).decode()}).encode()
    words = (b"POST", OPENMAGE.encode(), b"", b"application/json", b"json")
    digest = sha256(b"".join(b"%d:%b" % (len(word), word) for word in words) + body).digest()
    await connection.execute("update kept_answer set request = $1", digest)
    first = await openmage(shop, "a")
    assert (first.status, first.headers["Retry-After"]) == (409, "1")
    assert [is_replayed(await openmage(shop, key)) for key in "ab"] == [True, True]
    assert (await openmage(shop, "a", OTHER)).status == 422
    assert [is_replayed(await openmage(shop, "c")) for _ in range(2)] == [False, True]
    assert await connection.fetchval("select count(*) from kept_answer where request = $1", digest) == 2
    assert await connection.fetchval(COUNT) == 3


async def test_what_a_purge_erases_no_retry_is_told(serve: Serve, connection: Connection) -> None:
    """Kept answers that tell of its image are withheld: their retry is told to look; others are not."""
    shop = await serve(run_worker=False)
    for upload in (openmage, spree):
        await upload(shop, "a")
    first = await connection.fetchval("select min(id) from image")
    await shop.database.execute("withhold_kept_answers", [first])
    assert (await openmage(shop, "a")).status == 409
    assert is_replayed(await spree(shop, "a"))
    await connection.execute("update kept_answer set images = null")
    await shop.database.execute("withhold_kept_answers", [first])
    assert (await spree(shop, "a")).status == 409, "of what it tells nobody knows"
    assert await connection.fetchval(COUNT) == 2


@EACH
async def test_many_at_once_make_one_image(serve: Serve, connection: Connection, upload: Upload) -> None:
    """Two hundred with one key: one does the work, the others are told to wait or get its answer."""
    shop = await serve(run_worker=False)
    answers = await asyncio.gather(*(upload(shop, "a") for _ in range(200)))
    done = {answer.status for answer in answers} - {409}
    assert len(done) == 1
    assert done <= {200, 201}
    for answer in answers:
        if answer.status == 409:
            assert answer.headers["Retry-After"] == "1"
    assert sum(answer.status in done and not is_replayed(answer) for answer in answers) == 1
    assert await connection.fetchval(COUNT) == 1
    assert is_replayed(await upload(shop, "a"))


@pytest.mark.timeout(300)  # two programs that start, on a machine that may be busy
async def test_many_at_once_over_two_processes_make_one_image(
    serve: Serve, connection: Connection, tmp_path: Path
) -> None:
    """What one process does not see of another the database refuses, or ends with the kept answer."""
    shop = await serve(run_worker=False)
    place = environment(shop.settings.database_url, shop.settings.data_dir) | {"RUN_WORKER": "false"}
    async with serving(**place) as (one, _), serving(**place) as (two, _):
        shops = [replace(shop, url=shop.url.with_port(int(base.rpartition(":")[2]))) for base in (one, two)]
        for key, upload in zip("abc", UPLOADS, strict=True):
            answers = await asyncio.gather(*(upload(shops[n % 2], key) for n in range(200)))
            statuses = Counter(answer.status for answer in answers)
            assert set(statuses) <= {200, 201, 409}
            assert sum(answer.status < 400 and not is_replayed(answer) for answer in answers) == 1
        assert await connection.fetchval(COUNT) == 3


async def test_the_native_api_keeps_answers_too(serve: Serve) -> None:
    """A retry gets the 201 of the first try, also where it would now be a 200; problems are reported as ever."""
    shop = await serve(run_worker=False)

    async def put(rank: int, key: str) -> Answer:
        headers = {
            "Authorization": f"Bearer {shop.api_key}",
            "Idempotency-Key": key,
            "Content-Type": "application/json",
        }
        return await shop.call("PUT", "/v1/image-types/swatch", headers=headers, data=json.dumps({"rank": rank}))

    first, again, other, none = [await put(*words) for words in ((9, "a"), (9, "a"), (8, "a"), (9, ""))]
    assert (first.status, is_replayed(again), reported(again)) == (201, True, reported(first))
    assert [(answer.status, answer.json()["code"]) for answer in (other, none)] == [
        (422, "key_reused"),
        (400, "malformed"),
    ]
    wrong = [await put(-1, "b") for _ in range(2)]
    assert [is_replayed(answer) for answer in wrong] == [False, True]
    assert reported(wrong[0]) == reported(wrong[1])
