"""Every answer says how it may be kept and how browsers are to treat it: all routes × methods × outcomes."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.db.connections.connect import Connection
from app.db.migrate import migrate
from app.db.pool import Database
from app.embedded.cluster import Cluster
from app.http.apis import api_name
from tests.e2e.conftest import Serve, Shop
from tests.e2e.every_answer import UNKEPT, Ask, plain, requests, wrong
from tests.e2e.test_docs import OF_SECTION, shop_with_an_image

LEAST: Mapping[str, set[int]] = {
    "glue": {200, 400, 404, 406, 415, 501},
    "openmage": {200, 400, 401, 403, 404, 405, 406, 413, 417},
    "spree": {200, 206, 304, 400, 401, 404, 406, 412, 413, 415, 416, 422},
    "v1": {200, 204, 400, 401, 404, 405, 413, 415, 417, 422},
    "delivery": {200, 206, 304, 404, 405, 412, 416, 417},
    "service": {200, 404, 417},
}
"""Outcomes that a walk must have met to be worth its name."""


async def known_shop(serve: Serve, **options: Any) -> tuple[Shop, dict[str, str], list[Mapping[str, str]]]:
    shop, known = await shop_with_an_image(serve, max_body_bytes=65_536, **options)
    for values in OF_SECTION.values():
        known = values | known
    plaintext = f"{shop.admin.consumer_secret}%26{shop.admin.token_secret}"
    admin = {
        "X-Spree-Token": shop.api_key,
        "Authorization": f'OAuth oauth_consumer_key="{shop.admin.consumer_key}", oauth_token="{shop.admin.token}", '
        f'oauth_signature_method="PLAINTEXT", oauth_signature="{plaintext}"',
    }
    return shop, known, [admin, {}, {"X-Spree-Token": "wrong", "Authorization": "OAuth oauth_token=wrong"}]


async def walked(shop: Shop, asks: Iterable[Ask]) -> dict[str, set[int]]:
    """The statuses that each API answered with; fails with all answers that lack something."""
    met: dict[str, set[int]] = defaultdict(set)
    lacking = []
    for ask in asks:
        answer = await shop.call(
            ask.method, ask.path, headers=ask.headers, data=ask.data, skip_auto_headers=("Accept",)
        )
        met[api_name(ask.path)].add(answer.status)
        if lacks := wrong(ask, answer.status, answer.headers):
            lacking.append((ask.method, ask.path, answer.status, lacks))
    assert not lacking, f"{len(lacking)} answers: {lacking[:10]}"
    return met


@pytest.mark.timeout(300)  # some thousand requests
async def test_every_answer_says_how_it_may_be_kept_and_shown(serve: Serve) -> None:
    """Whatever is asked, by whomever and with whatever outcome, the answer has the headers of its API."""
    shop, known, callers = await known_shop(serve)
    met = await walked(shop, requests(known, callers))

    assert {api: statuses - met[api] for api, statuses in LEAST.items() if statuses - met[api]} == {}


@pytest.mark.timeout(300)
async def test_so_does_every_answer_while_the_database_is_away(serve: Serve, spare: Cluster) -> None:
    """Where nothing can be read each API tells its 503 with the same headers."""
    await migrate(spare.dsn)
    async with Database(spare.dsn) as database:
        shop, known, callers = await known_shop(serve, database=database)
        await spare.stop()
        met = await walked(shop, plain(known, callers[0]))

    assert [api for api in ("glue", "openmage", "spree", "v1", "delivery", "service") if 503 not in met[api]] == []


@pytest.mark.timeout(300)
async def test_so_does_every_answer_that_tells_a_bug(serve: Serve, connection: Connection) -> None:
    """Where a statement fails as none ought to each API tells its 500 with the same headers."""
    shop, known, callers = await known_shop(serve)
    await connection.execute("alter table product rename to mislaid; alter table file_path rename to lost")
    with capture_logs():  # some hundred tracebacks that nobody reads
        met = await walked(shop, plain(known, callers[0]))

    assert [api for api in ("glue", "openmage", "spree", "v1", "delivery") if 500 not in met[api]] == []


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nBad name: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nA: " + b"x" * 20_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /health/live HTTP/2.0\r\nHost: a\r\n\r\n",
        b"GET /health/live\r\n\r\n",
        b"GET /hea",
    ],
    ids=["line", "version", "header", "value", "target", "two", "nine", "slow"],
)
async def test_what_no_api_answers_is_never_kept(serve: Serve, data: bytes) -> None:
    """What cannot be parsed, is too long or too slow is told in an answer that nothing keeps and no browser shows."""
    shop = await serve(run_worker=False, head_seconds=1)
    async with asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", shop.url.port)
        writer.write(data)
        answer = await reader.read()
        writer.close()
    head = answer.partition(b"\r\n\r\n")[0].decode().splitlines()
    headers = dict(line.split(": ", 1) for line in head[1:])

    assert head[0].split()[1] in {"400", "408", "431", "505"}
    assert head[0].startswith("HTTP/1.")
    assert {name: headers.get(name) for name in UNKEPT} == UNKEPT


def test_the_walk_notices_what_is_missing() -> None:
    """The table tells an answer without a header, and one with the header of another API, from a good one."""
    good = {**{name: str(value) for name, value in UNKEPT.items()}, "Vary": "Accept, Authorization"}
    ask = Ask("GET", "/api/rest/products/dress/images")

    assert wrong(ask, 200, good | {"Cache-Control": "private, no-cache"}) == {}
    assert wrong(ask, 200, good) == {"Cache-Control": "no-store"}
    assert "Vary" in wrong(ask, 404, {})
